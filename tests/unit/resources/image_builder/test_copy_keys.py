"""What preview finds wrong with the keys of distributed copies, and with the clones that they would be."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.resources.image_builder.distribute_image_lifecycle import DistributeImageLifecycle
from pulumi_vmimport.resources.image_builder.distribution_inputs import DistributionSettingsInputs
from pulumi_vmimport.resources.image_builder.distribution_settings_lifecycle import DistributionSettingsLifecycle
from pulumi_vmimport_sandbox.aws.server.accounts import Account
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION, ABROAD, LAUNCHER = "eu-west-1", "us-west-2", "333333333333"
ORGANIZATION = "arn:aws:organizations::123456789012:organization/o-a1b2c3d4e5"
LIFECYCLE = DistributeImageLifecycle()
PATH = "distributionConfigurationArn"
OWNER = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}


@pytest.fixture
def new_key(aws: AwsSandbox) -> Callable[..., str]:
    """Makes a key that admits these accounts."""

    def make(region: str, *accounts: str) -> str:
        others = {**OWNER, "Principal": {"AWS": [f"arn:aws:iam::{account}:root" for account in accounts]}}
        policy = {"Version": "2012-10-17", "Statement": [OWNER, *([others] if accounts else [])]}
        made = aws.observer("kms", region).create_key(Policy=json.dumps(policy))
        return str(made["KeyMetadata"]["Arn"])

    return make


@pytest.fixture
def encrypted(aws: AwsSandbox, byol_ami: str, new_key: Callable[..., str], other: Account) -> str:
    """An AMI whose key admits the accounts that receive copies."""
    source = {"SourceImageId": byol_ami, "SourceRegion": REGION, "KmsKeyId": new_key(REGION, other.account_id)}
    copied = aws.observer("ec2").copy_image(Name="encrypted", **source, Encrypted=True)["ImageId"]
    aws.clock.advance(aws.settings.copy_image_seconds)
    return str(copied)


def to(region: str, **ami: Any) -> dict[str, Any]:
    settings = {"name": "web-{{ imagebuilder:buildDate }}", **ami}
    return {"region": region, "amiDistributionConfiguration": settings}


def test_fails_for_recipients_in_a_region_that_its_key_does_not_admit(
    run: Any, new_inputs: Any, looked_up: Any, new_key: Callable[..., str], other: Account
) -> None:
    key = new_key(ABROAD, other.account_id)
    permission = {"userIds": [LAUNCHER, "123456789012"], "organizationArns": [ORGANIZATION]}
    targets = {"targetAccountIds": [other.account_id], "kmsKeyId": key}
    shared = new_inputs(to(REGION), to(ABROAD, **targets, launchPermission=permission))
    reason = looked_up(LIFECYCLE, run, shared)[PATH]
    assert f"the policy of KMS key {key}, which encrypts the copies in {ABROAD}, and its grants do not allow" in reason
    assert f"to account {LAUNCHER}, {ORGANIZATION};" in reason


def test_keys_that_admit_the_recipients_and_exist_are_accepted(
    run: Any, new_inputs: Any, looked_up: Any, new_key: Callable[..., str], encrypted: str, other: Account
) -> None:
    targets = {"targetAccountIds": [other.account_id], "kmsKeyId": new_key(ABROAD, other.account_id)}
    inputs = new_inputs(to(REGION, kmsKeyId=new_key(REGION)), to(ABROAD, **targets), source_image=encrypted)
    assert looked_up(LIFECYCLE, run, inputs) == {}
    assert run.warnings == []


@pytest.mark.parametrize("region", [REGION, ABROAD])
def test_fails_for_a_key_that_the_region_does_not_have(run: Any, new_inputs: Any, looked_up: Any, region: str) -> None:
    missing = f"arn:aws:kms:{region}:123456789012:key/0f1e2d3c-0000-4000-8000-000000000000"
    settings = [to(each, **({"kmsKeyId": missing} if each == region else {})) for each in (REGION, ABROAD)]
    reason = looked_up(LIFECYCLE, run, new_inputs(*settings))[PATH]
    assert f"key {missing!r} does not exist in {region}" in reason


def test_fails_for_an_encrypted_ami_whose_copies_would_have_the_key_of_aws(
    run: Any, new_inputs: Any, looked_up: Any, encrypted: str, other: Account, aws: AwsSandbox, new_key: Any
) -> None:
    shared = new_inputs(to(REGION), to(ABROAD, targetAccountIds=[other.account_id]), source_image=encrypted)
    reason = looked_up(LIFECYCLE, run, shared)[PATH]
    assert f"without kmsKeyId the AWS managed key alias/aws/ebs encrypts the copies in {ABROAD}" in reason
    default = new_key(ABROAD, other.account_id)
    aws.observer("ec2", ABROAD).modify_ebs_default_kms_key_id(KmsKeyId=default)
    assert looked_up(LIFECYCLE, run, shared) == {}


def test_the_copy_in_the_own_region_has_the_key_of_the_ami(
    run: Any, new_inputs: Any, looked_up: Any, encrypted: str
) -> None:
    shared = new_inputs(to(REGION, launchPermission={"userIds": [LAUNCHER]}), source_image=encrypted)
    reason = looked_up(LIFECYCLE, run, shared)[PATH]
    assert f"which encrypts AMI {encrypted}, and its grants do not allow" in reason
    assert f"to account {LAUNCHER};" in reason


@pytest.mark.parametrize(("sysprep", "is_warned"), [("none", True), ("none-client", False), ("before-export", False)])
def test_clones_that_would_be_distributed_are_a_warning(
    run: Any, new_inputs: Any, looked_up: Any, aws: AwsSandbox, byol_ami: str, sysprep: str, is_warned: bool
) -> None:
    aws.observer("ec2").create_tags(Resources=[byol_ami], Tags=[{"Key": "vmimport:sysprep", "Value": sysprep}])
    assert looked_up(LIFECYCLE, run, new_inputs()) == {}
    assert len(run.warnings) == is_warned
    assert not is_warned or f"AMI {byol_ami} was imported with sysprep none and is distributed:" in run.warnings[0]


def test_a_configuration_is_checked_with_the_keys_of_its_ami(
    run: Any, looked_up: Any, encrypted: str, other: Account
) -> None:
    launching = to(REGION, launchPermission={"userIds": [LAUNCHER]})
    bag = {"region": REGION, "name": "web", "imageId": encrypted}
    inputs, _ = read_bag(
        DistributionSettingsInputs,
        {**bag, "distributions": [launching, to(ABROAD, targetAccountIds=[other.account_id])]},
    )
    reasons, path = looked_up(DistributionSettingsLifecycle(), run, inputs), "amiDistributionConfiguration.kmsKeyId"
    assert f"which encrypts AMI {encrypted}, and its grants do not allow" in reasons[f"distributions[0].{path}"]
    assert f"alias/aws/ebs encrypts the copies in {ABROAD}" in reasons[f"distributions[1].{path}"]
