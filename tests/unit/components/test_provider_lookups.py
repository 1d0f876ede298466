from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws
import pytest

from pulumi_vmimport.components.export_bucket import ExportBucket
from pulumi_vmimport.components.import_bucket import ImportBucket
from pulumi_vmimport.components.provider_lookups import ProviderLookupError
from pulumi_vmimport.components.vmimport_role import VmimportRole

WORDS = "No valid credential sources found. Please see https://www.pulumi.com/registry/packages/aws/"


@pytest.mark.parametrize(
    ("function", "what", "declare"),
    [
        pytest.param("getRegion:getRegion", "Region", lambda: ImportBucket("b", {}).region, id="import-bucket"),
        pytest.param("getRegion:getRegion", "Region", lambda: ExportBucket("b", {}).region, id="export-bucket"),
        pytest.param(
            "getCallerIdentity:getCallerIdentity",
            "account",
            lambda: VmimportRole("b", {"import_buckets": ["images"]}).role_name,
            id="role",
        ),
    ],
)
def test_fails_in_one_line_when_the_provider_has_no_credentials(
    world: Any, function: str, what: str, declare: Callable[[], pulumi.Output[Any]]
) -> None:
    world.answers["aws:s3/getCanonicalUserId:getCanonicalUserId"] = {"id": "c" * 64}
    world.answers[f"aws:index/{function}"] = f"invocation of {function} returned an error:\n  {WORDS}"
    with pytest.raises(ProviderLookupError) as failure:
        world.deploy(declare)
    line = str(failure.value)
    assert f" b: cannot look up the {what}: " in line
    assert WORDS in line
    assert "\n" not in line
    assert isinstance(failure.value, pulumi.RunError)


def test_components_of_one_provider_share_a_look_up_and_those_of_another_provider_do_not(world: Any) -> None:
    def program() -> pulumi.Output[Any]:
        other = pulumi.ResourceOptions(provider=pulumi_aws.Provider("other", region="us-east-1"))
        buckets = [
            ImportBucket("a", {}),
            ImportBucket("b", {}),
            ImportBucket("c", {}, other),
            ImportBucket("d", {}, other),
        ]
        return pulumi.Output.all(*(bucket.bucket for bucket in buckets))

    world.deploy(program)
    providers = [call.provider for call in world.calls if call.token == "aws:index/getCallerIdentity:getCallerIdentity"]
    assert len(providers) == 2
    assert [bool(provider) for provider in providers] == [False, True]


def test_programs_do_not_share_look_ups(world: Any) -> None:
    for region in ("eu-west-1", "us-east-1"):
        world.region = region
        assert world.deploy(lambda: ImportBucket("a", {}).region) == region
