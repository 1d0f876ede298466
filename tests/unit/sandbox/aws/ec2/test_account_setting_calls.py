"""The Regions of an account, and block public access for AMIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account

    from pulumi_vmimport_sandbox.aws import AwsSandbox

HERE, THERE = "eu-west-1", "us-west-2"


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("ec2", "describe_images", "AuthFailure"),
        ("kms", "list_keys", "UnrecognizedClientException"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
    ],
)
def test_a_disabled_region_rejects_the_credentials_of_its_account_only(
    aws: AwsSandbox, service: str, call: str, code: str
) -> None:
    aws.account(aws.account_id).disable_region(THERE)
    with pytest.raises(ClientError) as caught:
        getattr(aws.client(service, THERE), call)()
    assert caught.value.response["Error"]["Code"] == code
    getattr(aws.second_account().client(service, THERE), call)()
    getattr(aws.client(service, HERE), call)()


def test_a_region_that_does_not_exist_rejects_every_account(aws: AwsSandbox) -> None:
    with pytest.raises(ClientError) as caught:
        aws.client("ec2", "eu-west-9").get_ebs_encryption_by_default()
    assert caught.value.response["Error"]["Code"] == "AuthFailure"


def test_a_disabled_region_is_listed_with_all_regions_only(aws: AwsSandbox) -> None:
    ec2 = aws.client("ec2", HERE)
    assert THERE in {region["RegionName"] for region in ec2.describe_regions()["Regions"]}
    aws.account(aws.account_id).disable_region(THERE)
    assert THERE not in {region["RegionName"] for region in ec2.describe_regions()["Regions"]}
    found = {region["RegionName"]: region["OptInStatus"] for region in ec2.describe_regions(AllRegions=True)["Regions"]}
    assert (found[THERE], found[HERE]) == ("not-opted-in", "opt-in-not-required")


def test_an_ami_becomes_public_only_where_it_is_not_blocked(ready: Account) -> None:
    ec2, image_id = ready.ec2, str(ready.imported()["ImageId"])
    assert ec2.get_image_block_public_access_state()["ImageBlockPublicAccessState"] == "unblocked"
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        ec2.enable_image_block_public_access(ImageBlockPublicAccessState="block")
    ec2.enable_image_block_public_access(ImageBlockPublicAccessState="block-new-sharing")
    assert ec2.get_image_block_public_access_state()["ImageBlockPublicAccessState"] == "block-new-sharing"
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": [{"Group": "all"}]})
    ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": [{"UserId": "210987654321"}]})
    ec2.disable_image_block_public_access()
    ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": [{"Group": "all"}]})
    shared = ec2.describe_image_attribute(ImageId=image_id, Attribute="launchPermission")["LaunchPermissions"]
    assert {"Group": "all"} in shared
