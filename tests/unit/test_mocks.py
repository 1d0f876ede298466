import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime import MockCallArgs, MockResourceArgs

from pulumi_vmimport.functions.catalog import FUNCTIONS, FunctionEntry, function_of
from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.lifecycle.schema import camel_case, field_types
from pulumi_vmimport.resources.catalog import RESOURCES, lifecycle_of
from pulumi_vmimport.testing import VmimportMocks

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "unit_test.py"


def registered(resource: str, mocks: VmimportMocks, **inputs: Any) -> dict[str, Any]:
    """The outputs that a resource has under mocks."""
    token = f"pulumi-python:dynamic/vmimport:{resource}"
    _, outputs = mocks.new_resource(MockResourceArgs(typ=token, name="web", inputs=inputs, custom=True))
    return outputs


@pytest.mark.parametrize("resource", [entry.name for entry in RESOURCES])
def test_every_output_of_every_resource_has_a_value(resource: str) -> None:
    lifecycle = lifecycle_of(resource)
    names = field_types(lifecycle.state_type).keys() - field_types(lifecycle.inputs_type).keys()
    outputs = registered(resource, VmimportMocks(), **dict.fromkeys(map(camel_case, names)))
    assert {camel_case(name) for name in names} == {name for name, value in outputs.items() if value is not None}


def test_outputs_can_be_overridden_and_inputs_stay() -> None:
    mocks = VmimportMocks(outputs={"ImportImage": {"image_id": "ami-1", "snapshot_ids": ["snap-1"]}})
    outputs = registered("ImportImage", mocks, platform="Windows", imageId=None)
    assert (outputs["imageId"], outputs["snapshotIds"], outputs["platform"]) == ("ami-1", ["snap-1"], "Windows")
    assert [resource.name for resource in mocks.resources] == ["web"]


def test_fails_for_an_unknown_resource_or_output() -> None:
    with pytest.raises(ValueError, match="no resource ImportVolume"):
        VmimportMocks(outputs={"ImportVolume": {}})
    with pytest.raises(ValueError, match="ImportImage has no output ami_id"):
        registered("ImportImage", VmimportMocks(outputs={"ImportImage": {"ami_id": "ami-1"}}))


def test_provider_functions_return_the_given_results() -> None:
    token = "aws:ec2/getAmi:getAmi"
    mocks = VmimportMocks(calls={token: {"id": "ami-1"}})
    assert mocks.call(MockCallArgs(token=token, args={"owners": ["self"]}, provider="")) == {
        "owners": ["self"],
        "id": "ami-1",
    }
    region = MockCallArgs(token="aws:index/getRegion:getRegion", args={}, provider="")
    assert mocks.call(region)["region"] == "eu-west-1"


@pytest.mark.parametrize("entry", FUNCTIONS, ids=lambda entry: entry.name)
def test_every_function_has_a_sample_of_its_result(entry: FunctionEntry) -> None:
    result_type = function_of(entry.name).result_type
    bag = VmimportMocks().call(MockCallArgs(token=entry.token, args={"region": "eu-west-1"}, provider=""))
    _, problems = read_bag(result_type, bag)
    assert problems == []


def test_the_result_of_a_function_can_be_set() -> None:
    token = "vmimport:index:getInspection"
    mocks = VmimportMocks(calls={token: {"hasErrors": False}})
    found = mocks.call(MockCallArgs(token=token, args={"imageProfile": "snapshot", "bucket": "b"}, provider=""))
    assert (found["hasErrors"], found["imageProfile"], found.get("bucket")) == (False, "snapshot", None)


def test_resources_of_other_packages_have_their_inputs_as_outputs() -> None:
    bucket = MockResourceArgs(typ="aws:s3/bucket:Bucket", name="web", inputs={"bucket": "images"}, custom=True)
    assert VmimportMocks().new_resource(bucket) == ("web-id", {"bucket": "images"})


def test_the_example_of_the_docs_passes_and_is_shown_in_them() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLE)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    assert EXAMPLE.read_text(encoding="utf-8") in (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")


def test_a_component_runs_under_the_mocks() -> None:
    code = (
        "import pulumi\n"
        "from pulumi_vmimport.testing import VmimportMocks\n"
        "mocks = VmimportMocks()\n"
        "pulumi.runtime.set_mocks(mocks)\n"
        "from pulumi_vmimport import ByolWorkspaceImage\n"
        "@pulumi.runtime.test\n"
        "def run():\n"
        "    image = ByolWorkspaceImage('d', image_name='d', image_description='d', ingestion_process='BYOL_REGULAR_WSP',\n"
        "        ec2_image_id='ami-1')\n"
        "    return image.image_id.apply(print)\n"
        "run()\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.stdout.strip() == "d-image-imageId", ended.stderr
