import boto3
import pytest

from pulumi_vmimport.aws.s3.export_grantees import ACL_PERMISSIONS, CANONICAL_USER_IDS, POLICY_ACTIONS
from pulumi_vmimport_sandbox.aws.vm_import.export_bucket_validation import canonical_id

OF_MOST_REGIONS = "c4d8eabf8db69dbe46bfe0e517100c554f01200b104d59cd408e777ba442a322"


def test_every_region_that_is_enabled_by_default_has_the_same_account() -> None:
    assert CANONICAL_USER_IDS["us-east-1"] == CANONICAL_USER_IDS["eu-west-1"] == OF_MOST_REGIONS
    assert list(CANONICAL_USER_IDS.values()).count(OF_MOST_REGIONS) == 16


def test_every_listed_region_exists() -> None:
    session = boto3.Session()
    known = {
        region
        for partition in ("aws", "aws-cn", "aws-us-gov")
        for region in session.get_available_regions("ec2", partition_name=partition)
    }
    assert set(CANONICAL_USER_IDS) - known == set()


def test_permissions_and_actions_are_those_of_the_guide() -> None:
    assert ACL_PERMISSIONS == ("READ_ACP", "WRITE")
    assert POLICY_ACTIONS == ("s3:GetBucketAcl", "s3:PutObject")


@pytest.mark.parametrize("region", CANONICAL_USER_IDS)
def test_library_and_sandbox_agree_on_the_account_of_a_region(region: str) -> None:
    assert canonical_id(region) == CANONICAL_USER_IDS[region]
