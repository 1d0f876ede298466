from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from pulumi_vmimport import ImportBucket, ImportImage, WorkspaceBundle
from pulumi_vmimport.aws.ec2.import_options import LicenseType
from pulumi_vmimport.lifecycle.program_arguments import program_arguments

DISKS: Any = [{"url": "s3://images/web.raw"}]
OPTS = pulumi.ResourceOptions(protect=True)


@pytest.mark.parametrize(
    ("args", "opts", "keywords"),
    [
        pytest.param({"platform": "Linux"}, OPTS, {}, id="dictionary"),
        pytest.param(None, OPTS, {"platform": "Linux"}, id="keywords"),
        pytest.param(OPTS, None, {"platform": "Linux"}, id="options-in-second-position"),
    ],
)
def test_arguments_are_a_dictionary_or_keywords(args: Any, opts: Any, keywords: Any) -> None:
    assert program_arguments("ImportImage web", args, opts, keywords) == ({"platform": "Linux"}, OPTS)


@pytest.mark.parametrize(
    ("args", "opts", "keywords", "names"),
    [
        pytest.param(
            {"platform": "Linux"}, None, {"platform": "Windows", "tags": {}}, "platform given both", id="twice"
        ),
        pytest.param({"platform": "Linux"}, None, {"tags": {}}, "tags given in addition to a dictionary", id="mixed"),
        pytest.param(OPTS, OPTS, {}, "opts is given twice", id="options-twice"),
        pytest.param("Linux", None, {}, "got 'Linux'", id="no-dictionary"),
    ],
)
def test_fails_on_arguments_in_two_forms(args: Any, opts: Any, keywords: Any, names: str) -> None:
    with pytest.raises(TypeError, match=rf"^ImportImage web: .*{names}"):
        program_arguments("ImportImage web", args, opts, keywords)


def test_a_resource_accepts_either_form(world: Any) -> None:
    def program() -> list[pulumi.Output[str]]:
        by_keyword = ImportImage("a", disk_containers=DISKS, license_type="BYOL", opts=pulumi.ResourceOptions())
        by_dictionary = ImportImage("b", {"disk_containers": DISKS, "license_type": LicenseType.BYOL})  # type: ignore[call-overload]
        return [by_keyword.license_type, by_dictionary.license_type]  # type: ignore[attr-defined] # inputs are attributes

    assert world.deploy(program) == ["BYOL", "BYOL"]


@pytest.mark.parametrize(
    "declare",
    [
        pytest.param(lambda: ImportImage("web", {"disk_containers": DISKS}, platform="Linux"), id="resource"),  # type: ignore[call-overload]
        pytest.param(lambda: ImportBucket("web", {"bucket": "images"}, tags={}), id="component"),  # type: ignore[call-overload]
    ],
)
def test_fails_where_a_class_is_given_both_forms(world: Any, declare: Callable[[], Any]) -> None:
    with pytest.raises(TypeError, match="given in addition to a dictionary"):
        world.deploy(declare)


def test_fails_on_an_unknown_keyword_as_on_an_unknown_key(world: Any) -> None:
    by_keyword = world.problems(lambda: ImportBucket("web", buckett="images"))  # type: ignore[call-overload]
    by_key = world.problems(lambda: ImportBucket("web", {"buckett": "images"}))  # type: ignore[call-overload]
    assert by_keyword == by_key
    assert "did you mean bucket?" in by_keyword["buckett"]


def test_an_unknown_keyword_reaches_the_check_of_a_resource(world: Any) -> None:
    world.deploy(lambda: WorkspaceBundle("desk", bundle_nam="desk"))  # type: ignore[call-overload]
    assert [resource.inputs["bundleNam"] for resource in world.resources] == ["desk"]


def test_get_reads_an_existing_thing_under_no_identity_of_this_stack(world: Any) -> None:
    world.deploy(lambda: WorkspaceBundle.get("desk", "wsb-0123456ab", region="us-west-2"))
    (read,) = world.resources
    assert read.resource_id == "wsb-0123456ab"
    assert {k: v for k, v in read.inputs.items() if v is not None and k != "__provider"} == {"region": "us-west-2"}
