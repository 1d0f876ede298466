"""EC2 Fast Launch of an AMI that the same stack imports."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport import FastLaunch
from pulumi_vmimport_sandbox import Sandbox

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "fast_launch.py"
REGION = "eu-west-1"


@pytest.fixture
def ec2(sandbox: Sandbox) -> Any:
    """A client for what happens outside of Pulumi, with a launch template."""
    client = sandbox.aws.observer("ec2", REGION)
    client.create_launch_template(LaunchTemplateName="desks", LaunchTemplateData={"InstanceType": "t3.large"})
    return client


@pytest.fixture
def stack(new_stack: Callable[..., Any], ec2: Any, image_args: dict[str, Any]) -> Any:
    """The example's stack."""
    config = {"snapshots": "5", "launchTemplate": "desks"}
    return new_stack(lambda: runpy.run_path(str(EXAMPLE)) and None, config=config)


def described(ec2: Any) -> dict[str, Any]:
    [image] = ec2.describe_fast_launch_images()["FastLaunchImages"]
    found: dict[str, Any] = image
    return found


@pytest.mark.both_hosts
def test_up_then_nothing_then_update_then_drift_then_repair_then_destroy_with_nothing_left(
    stack: Any, sandbox: Sandbox, ec2: Any
) -> None:
    before = sandbox.aws.remaining_resources()
    assert stack.preview() == {"create": 3}
    assert stack.up() == {"create": 3}
    assert stack.outputs()["state"] == "enabled"
    image = described(ec2)
    assert (image["State"], image["SnapshotConfiguration"]["TargetResourceCount"]) == ("enabled", 5)
    assert image["LaunchTemplate"]["LaunchTemplateName"] == "desks"
    writes = sandbox.aws.calls.writes()
    assert stack.up() == {"same": 3}
    assert stack.preview(refresh=True) == {"same": 3}
    assert sandbox.aws.calls.writes() == writes

    stack.config["snapshots"] = "8"
    assert stack.up() == {"same": 2, "update": 1}
    assert described(ec2)["SnapshotConfiguration"]["TargetResourceCount"] == 8
    ec2.enable_fast_launch(ImageId=image["ImageId"], MaxParallelLaunches=12)
    assert stack.preview(refresh=True) == {"same": 2, "update": 1}
    assert stack.up(refresh=True) == {"same": 2, "update": 1}
    assert described(ec2)["MaxParallelLaunches"] == 6

    ec2.disable_fast_launch(ImageId=image["ImageId"])
    sandbox.clock.advance(sandbox.aws.settings.disable_fast_launch_seconds)
    assert stack.preview(refresh=True) == {"create": 1, "same": 2}
    assert stack.up(refresh=True) == {"create": 1, "same": 2}
    assert described(ec2)["State"] == "enabled"
    stack.destroy()
    assert sandbox.aws.remaining_resources() == before


def test_fails_in_preview_with_every_problem_of_an_existing_ami(
    new_stack: Callable[..., Any], sandbox: Sandbox, ec2: Any
) -> None:
    linux = ec2.register_image(Name="linux")["ImageId"]

    def program() -> None:
        FastLaunch(
            "web",
            image_id=linux,
            launch_template={"launch_template_name": "nobodys", "version": "1"},
        )

    stack = new_stack(program)
    printed = stack.fails(stack.preview)
    assert f"image_id: expected a Windows AMI, got {linux}" in printed
    assert "launch_template: launch template nobodys does not exist in eu-west-1" in printed
    assert sandbox.aws.calls.writes() == []


def test_a_failure_shows_the_reason_of_ec2_and_the_next_up_succeeds(stack: Any, sandbox: Sandbox, ec2: Any) -> None:
    reason = "Unable to stop instance ID=i-1234567890abcdef0 for snapshot creation."
    sandbox.aws.faults.fail_fast_launch(reason)
    printed = stack.fails(stack.up)
    assert f'ended enabling-failed: "{reason}"' in printed
    assert ec2.describe_fast_launch_images()["FastLaunchImages"] == []
    assert stack.up() == {"create": 1, "same": 2}
    assert described(ec2)["State"] == "enabled"
    stack.destroy()
