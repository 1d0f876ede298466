"""The Regions that the account has not enabled, and block public access for AMIs."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.resources.image_builder.test_distribution_settings import HERE, THERE, distribution, found, settings

from pulumi_vmimport.aws.ec2 import account_settings
from pulumi_vmimport.resources.image_builder.distribute_image import DistributeImageInputs
from pulumi_vmimport.resources.image_builder.distribute_image_lifecycle import DistributeImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

OTHER = "210987654321"
NAME = "web-{{ imagebuilder:buildDate }}"
PUBLIC = {"launchPermission": {"userGroups": ["all"]}}


@pytest.fixture
def run(new_run: Callable[..., Any]) -> Any:
    return new_run()


def public(region: str, *accounts: str) -> dict[str, Any]:
    targets = {"targetAccountIds": list(accounts)} if accounts else {}
    return {"region": region, "amiDistributionConfiguration": {"name": NAME, **PUBLIC, **targets}}


def block(aws: AwsSandbox, *regions: str) -> None:
    for region in regions:
        ec2 = aws.observer("ec2", region)
        ec2.enable_image_block_public_access(ImageBlockPublicAccessState="block-new-sharing")


def test_fails_for_a_region_that_is_not_enabled_and_calls_nothing_there(run: Any, aws: AwsSandbox) -> None:
    aws.account(aws.account_id).disable_region(THERE)
    ami = {
        "name": NAME,
        "kmsKeyId": f"arn:aws:kms:{THERE}:{aws.account_id}:key/a",
        "launchPermission": {"userIds": [OTHER]},
    }
    export = {"roleName": "vmimport", "diskImageFormat": "RAW", "s3Bucket": "exports-of-web"}
    wanted = {"region": THERE, "amiDistributionConfiguration": ami, "s3ExportConfiguration": export}
    assert found(run, settings(distribution(HERE), wanted)) == [
        (
            "distributions[1].region",
            (
                f"Region {THERE} is not enabled in account {aws.account_id}; enable it with `aws account enable-region "
                f"--region-name {THERE}`, or remove it"
            ),
        )
    ]
    assert {call.region for call in aws.calls if call.service not in {"sts", "iam"}} == {HERE}


def test_a_region_that_was_removed_and_is_not_enabled_is_not_searched_for_amis(run: Any, aws: AwsSandbox) -> None:
    configured = [distribution(HERE), distribution(THERE)]
    tags = {"vmimport:identity": str(settings(*configured).owner)}
    builder = aws.observer("imagebuilder")
    builder.create_distribution_configuration(name="Web_servers", distributions=configured, tags=tags)
    aws.account(aws.account_id).disable_region(THERE)
    assert found(run, settings(distribution(HERE))) == []
    assert any(f"{THERE} is removed from the configuration and keeps the AMIs that it has" in w for w in run.warnings)


def test_the_region_of_the_run_alone_is_not_looked_up(run: Any, aws: AwsSandbox) -> None:
    assert found(run, settings(distribution(HERE))) == []
    assert aws.calls.of("DescribeRegions") == []


def test_fails_for_a_public_ami_where_the_account_blocks_it(run: Any, aws: AwsSandbox) -> None:
    block(aws, HERE)
    own = public(THERE, aws.account_id, OTHER)
    assert found(run, settings(public(HERE), own, allowPublic=True)) == [
        (
            "distributions[0].amiDistributionConfiguration.launchPermission.userGroups",
            (
                f"block public access for AMIs is on in {HERE}, so EC2 does not make the AMI public; turn it off with `aws "
                f"ec2 disable-image-block-public-access --region {HERE}`"
            ),
        )
    ]
    block(aws, THERE)
    assert len(found(run, settings(public(HERE), own, allowPublic=True))) == 2
    assert len(found(run, settings(public(HERE), public(THERE, OTHER), allowPublic=True))) == 1


def test_a_declarative_policy_is_named(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_settings, "blocks_public_images", lambda _: "declarative-policy")
    ((_, reason),) = found(run, settings(public(HERE), allowPublic=True))
    assert reason.endswith("; ask the administrator of the declarative-policy that turns it on")


def test_without_the_permissions_both_are_warnings(run: Any, aws: AwsSandbox) -> None:
    aws.faults.deny("DescribeRegions")
    aws.faults.deny("GetImageBlockPublicAccessState")
    assert found(run, settings(distribution(HERE), public(THERE), allowPublic=True)) == []
    regions, blocked = run.warnings
    assert f"whether {THERE} is enabled not checked before the run: " in regions
    assert f"block public access for AMIs in {THERE} not checked before the run: " in blocked


def test_the_configuration_of_an_image_is_checked_as_well(
    run: Any, aws: AwsSandbox, builder: Any, new_inputs: Callable[..., DistributeImageInputs]
) -> None:
    abroad, shop = "us-west-2", THERE
    inputs = new_inputs(public(HERE), builder.to(abroad), public(shop))
    block(aws, shop)
    aws.account(aws.account_id).disable_region(abroad)
    problems = [(p.path, p.reason) for p in DistributeImageLifecycle().preflight(run, inputs)]
    reasons = [reason for path, reason in problems if path == "distributionConfigurationArn"]
    assert any(reason.startswith(f"Region {abroad} is not enabled in account") for reason in reasons)
    assert any(f"block public access for AMIs is on in {shop}" in reason for reason in reasons)
    assert not any(f"AMIs is on in {HERE}" in reason for reason in reasons)
    assert abroad not in {call.region for call in aws.calls}
