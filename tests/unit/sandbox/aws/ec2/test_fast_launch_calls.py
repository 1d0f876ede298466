"""EC2 Fast Launch of AMIs: states on the sandbox's clock, settings, and what EC2 rejects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.sandbox.aws.conftest import Account

    from pulumi_vmimport_sandbox.aws import AwsSandbox

REGION = "eu-west-1"


@pytest.fixture
def aws(ready: Account) -> AwsSandbox:
    return ready.aws


@pytest.fixture
def ec2(aws: AwsSandbox) -> Any:
    return aws.client("ec2", REGION)


@pytest.fixture
def image_id(ready: Account) -> str:
    return str(ready.imported(Platform="Windows", LicenseType="BYOL")["ImageId"])


def states(ec2: Any) -> list[str]:
    return [image["State"] for image in ec2.describe_fast_launch_images()["FastLaunchImages"]]


def test_it_is_enabling_then_enabled_then_disabling_then_gone(ec2: Any, aws: AwsSandbox, image_id: str) -> None:
    assert states(ec2) == []
    enabling = ec2.enable_fast_launch(ImageId=image_id)
    assert (enabling["State"], enabling["StateTransitionReason"]) == ("enabling", "Client.UserInitiated")
    assert enabling["SnapshotConfiguration"] == {"TargetResourceCount": 5}
    assert (enabling["MaxParallelLaunches"], enabling["ResourceType"]) == (6, "snapshot")
    aws.clock.advance(aws.settings.enable_fast_launch_seconds)
    assert states(ec2) == ["enabled"]
    assert f"ec2 {REGION} fast launch of {image_id} (enabled)" in aws.remaining_resources()
    assert ec2.disable_fast_launch(ImageId=image_id)["State"] == "disabling"
    with pytest.raises(ClientError, match="IncorrectState"):
        ec2.enable_fast_launch(ImageId=image_id)
    aws.clock.advance(aws.settings.disable_fast_launch_seconds)
    assert states(ec2) == []


def test_changed_settings_are_enabled_at_once(ec2: Any, aws: AwsSandbox, image_id: str) -> None:
    ec2.enable_fast_launch(ImageId=image_id)
    aws.clock.advance(aws.settings.enable_fast_launch_seconds)
    template = ec2.create_launch_template(LaunchTemplateName="desks", LaunchTemplateData={"InstanceType": "t3.large"})
    changed = ec2.enable_fast_launch(
        ImageId=image_id,
        SnapshotConfiguration={"TargetResourceCount": 9},
        LaunchTemplate={"LaunchTemplateName": "desks", "Version": "1"},
    )
    assert (changed["State"], changed["SnapshotConfiguration"]) == ("enabled", {"TargetResourceCount": 9})
    assert changed["LaunchTemplate"]["LaunchTemplateId"] == template["LaunchTemplate"]["LaunchTemplateId"]
    assert aws.times_fast_launch_enabled == {image_id: 2}


def test_a_failure_shows_its_reason_in_the_state_of_each_phase(ec2: Any, aws: AwsSandbox, image_id: str) -> None:
    aws.faults.fail_fast_launch("no", times=2)
    ec2.enable_fast_launch(ImageId=image_id)
    aws.clock.advance(aws.settings.enable_fast_launch_seconds)
    [image] = ec2.describe_fast_launch_images()["FastLaunchImages"]
    assert (image["State"], image["StateTransitionReason"]) == ("enabling-failed", "no")
    ec2.disable_fast_launch(ImageId=image_id)
    aws.clock.advance(aws.settings.disable_fast_launch_seconds)
    assert states(ec2) == ["disabling-failed"]
    aws.faults.fail_fast_launch("no")
    ec2.disable_fast_launch(ImageId=image_id, Force=True)
    aws.clock.advance(aws.settings.disable_fast_launch_seconds)
    assert states(ec2) == []
    ec2.enable_fast_launch(ImageId=image_id)
    aws.clock.advance(aws.settings.enable_fast_launch_seconds)
    assert states(ec2) == ["enabling-failed"]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        pytest.param(
            lambda ec2, image: ec2.enable_fast_launch(ImageId="ami-12345678"), "InvalidAMIID.NotFound", id="ami"
        ),
        pytest.param(
            lambda ec2, image: ec2.enable_fast_launch(ImageId=ec2.register_image(Name="linux")["ImageId"]),
            "InvalidRequest",
            id="linux",
        ),
        pytest.param(
            lambda ec2, image: ec2.enable_fast_launch(ImageId=image, MaxParallelLaunches=5),
            "InvalidParameterValue",
            id="launches",
        ),
        pytest.param(
            lambda ec2, image: ec2.enable_fast_launch(ImageId=image, ResourceType="volume"),
            "InvalidParameterValue",
            id="type",
        ),
        pytest.param(
            lambda ec2, image: ec2.enable_fast_launch(
                ImageId=image, LaunchTemplate={"LaunchTemplateId": "lt-12345678", "Version": "1"}
            ),
            "InvalidLaunchTemplateId.NotFound",
            id="template",
        ),
        pytest.param(
            lambda ec2, image: ec2.enable_fast_launch(
                ImageId=image,
                LaunchTemplate={"LaunchTemplateId": "lt-12345678", "LaunchTemplateName": "desks", "Version": "1"},
            ),
            "InvalidParameterCombination",
            id="two-names",
        ),
        pytest.param(lambda ec2, image: ec2.disable_fast_launch(ImageId=image), "InvalidRequest", id="not-enabled"),
        pytest.param(
            lambda ec2, image: ec2.enable_fast_launch(ImageId=image, DryRun=True), "DryRunOperation", id="dry-run"
        ),
    ],
)
def test_fails_for_what_ec2_rejects(ec2: Any, image_id: str, call: Callable[[Any, str], Any], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        call(ec2, image_id)
    assert caught.value.response["Error"]["Code"] == code
    assert states(ec2) == []


def test_the_list_is_paged_and_can_be_limited_to_images(ec2: Any, ready: Account) -> None:
    ids = [str(ready.imported(Platform="Windows", LicenseType="BYOL")["ImageId"]) for _ in range(2)]
    for image_id in ids:
        ec2.enable_fast_launch(ImageId=image_id)
    pages = ec2.get_paginator("describe_fast_launch_images").paginate(PaginationConfig={"PageSize": 1})
    assert [[image["ImageId"] for image in page["FastLaunchImages"]] for page in pages] == [[id] for id in ids]
    [image] = ec2.describe_fast_launch_images(ImageIds=ids[1:])["FastLaunchImages"]
    assert image["ImageId"] == ids[1]
