from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pulumi_vmimport.aws.ec2.fast_launch_request import FastLaunchTemplate
from pulumi_vmimport.resources.ec2_images.fast_launch import FastLaunchInputs
from pulumi_vmimport.resources.ec2_images.fast_launch_lifecycle import FastLaunchLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = FastLaunchLifecycle()
NewRun = Callable[..., Any]
LookedUp = Callable[..., dict[str, str]]
REGION = "eu-west-1"
BAG: dict[str, Any] = {"region": REGION, "imageId": "ami-0123456789abcdef0"}


def described(aws: AwsSandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws.observer("ec2").describe_fast_launch_images()["FastLaunchImages"]
    return found


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        pytest.param({"imageId": "web"}, "imageId", "expected ami- and 8 to 17 hexadecimal digits", id="image"),
        pytest.param({"resourceType": "volume"}, "resourceType", "expected", id="type"),
        pytest.param({"targetResourceCount": 0}, "targetResourceCount", "1 to 10,000, got 0", id="none"),
        pytest.param({"targetResourceCount": 10_001}, "targetResourceCount", "got 10001", id="too-many"),
        pytest.param({"maxParallelLaunches": 5}, "maxParallelLaunches", "expected 6 or more, got 5", id="launches"),
        pytest.param({"launchTemplate": {"version": "1"}}, "launchTemplate", "got neither", id="no-template"),
        pytest.param(
            {"launchTemplate": {"version": "1", "launchTemplateName": ""}},
            "launchTemplate.launchTemplateName",
            "expected 3 to 128 letters, digits and ().-/_, got ''",
            id="template-without-a-name",
        ),
        pytest.param(
            {"launchTemplate": {"version": "1", "launchTemplateVersion": "1", "launchTemplateName": "desks"}},
            "launchTemplate.launchTemplateVersion",
            "the name in the API of EC2 and here is version",
            id="name-of-image-builder",
        ),
        pytest.param(
            {"launchTemplate": {"version": "1", "launchTemplateId": "lt-0123456789", "launchTemplateName": "desks"}},
            "launchTemplate",
            "got both",
            id="two-templates",
        ),
        pytest.param(
            {"launchTemplate": {"version": "1", "launchTemplateId": "desks"}},
            "launchTemplate.launchTemplateId",
            "expected lt-",
            id="template-id",
        ),
        pytest.param(
            {"launchTemplate": {"version": "newest", "launchTemplateName": "desks"}},
            "launchTemplate.version",
            "$Latest or $Default, got 'newest'",
            id="version",
        ),
    ],
)
def test_fails_in_check(
    values: dict[str, Any], path: str, reason: str, checked: Callable[..., list[tuple[str, str]]]
) -> None:
    found = checked(lifecycle, BAG | values)
    assert [p for p, _ in found] == [path]
    assert reason in found[0][1]
    assert checked(lifecycle, BAG) == []


def test_every_problem_is_reported_at_once(checked: Callable[..., list[tuple[str, str]]]) -> None:
    found = checked(lifecycle, {"region": REGION, "imageId": "web", "targetResourceCount": 0, "maxParallelLaunches": 1})
    assert [path for path, _ in found] == ["imageId", "targetResourceCount", "maxParallelLaunches"]


def test_preflight_fails_for_an_ami_and_a_template_that_do_not_exist(
    run: Any, inputs: FastLaunchInputs, looked_up: LookedUp
) -> None:
    template = FastLaunchTemplate(launch_template_id="lt-0123456789abcdef0", version="1")
    missing = replace(inputs, image_id="ami-0123456789abcdef0", launch_template=template)
    found = looked_up(lifecycle, run, missing)
    assert list(found) == ["imageId", "launchTemplate"]
    assert "does not exist in eu-west-1, or is not shared with account 123456789012" in found["imageId"]
    assert "launch template lt-0123456789abcdef0 does not exist in eu-west-1" in found["launchTemplate"]


@pytest.mark.parametrize("version", ["2", "7"])
def test_preflight_fails_for_a_version_that_the_template_does_not_have(
    run: Any, inputs: FastLaunchInputs, template: FastLaunchTemplate, looked_up: LookedUp, version: str
) -> None:
    assert looked_up(lifecycle, run, replace(inputs, launch_template=template)) == {}
    found = looked_up(lifecycle, run, replace(inputs, launch_template=replace(template, version=version)))
    assert f"has no version '{version}'" in found["launchTemplate"]


def test_preflight_fails_for_another_system_than_windows(
    run: Any, inputs: FastLaunchInputs, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    linux = aws.observer("ec2").register_image(Name="linux")["ImageId"]
    found = looked_up(lifecycle, run, replace(inputs, image_id=linux))
    assert f"expected a Windows AMI, got {linux} with platform Linux/UNIX" in found["imageId"]


@pytest.mark.parametrize(("sysprep", "is_refused"), [("none", True), ("none-client", False), ("before-export", False)])
def test_preflight_fails_for_an_ami_that_is_marked_as_not_generalized(
    run: Any, inputs: FastLaunchInputs, aws: AwsSandbox, looked_up: LookedUp, sysprep: str, is_refused: bool
) -> None:
    tags = [{"Key": "vmimport:sysprep", "Value": sysprep}]
    aws.observer("ec2").create_tags(Resources=[inputs.image_id], Tags=tags)
    found = looked_up(lifecycle, run, inputs)
    assert found.keys() == ({"imageId"} if is_refused else set())
    assert not is_refused or "EC2 Fast Launch requires Sysprep" in found["imageId"]


def test_an_ami_that_another_account_shares_is_accepted(
    run: Any, inputs: FastLaunchInputs, aws: AwsSandbox, looked_up: LookedUp, byol_ami: str
) -> None:
    other = aws.second_account()
    there = other.observer("ec2", REGION)
    aws.observer("ec2").modify_image_attribute(
        ImageId=byol_ami, LaunchPermission={"Add": [{"UserId": other.account_id}]}
    )
    assert there.describe_images(ImageIds=[byol_ami])["Images"]
    assert there.enable_fast_launch(ImageId=byol_ami)["State"] == "enabling"
    assert there.describe_fast_launch_images()["FastLaunchImages"][0]["OwnerId"] == aws.account_id
    assert described(aws) == []
    assert looked_up(lifecycle, run, inputs) == {}


def test_preflight_warns_of_what_is_enabled_already_and_of_the_quota(
    run: Any, inputs: FastLaunchInputs, aws: AwsSandbox, looked_up: LookedUp, byol_ami: str
) -> None:
    aws.observer("ec2").enable_fast_launch(ImageId=byol_ami, MaxParallelLaunches=30)
    assert looked_up(lifecycle, run, inputs) == {}
    assert [f"EC2 Fast Launch is enabling for AMI {byol_ami} already" in text for text in run.warnings] == [True]
    run.warnings.clear()
    elsewhere = replace(inputs, image_id="ami-0123456789abcdef0", max_parallel_launches=11)
    looked_up(lifecycle, run, elsewhere)
    [warning] = run.warnings
    assert "have 41 parallel launches together, and the default quota is 40" in warning
