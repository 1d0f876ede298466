"""EC2 Fast Launch that no stack manages, enabled by this library or by plain calls."""

from dataclasses import replace
from typing import Any

from tests.unit.resources.imported import adopt, existing, imported

from pulumi_vmimport.aws.ec2.fast_launch import FastLaunchImage
from pulumi_vmimport.aws.ec2.fast_launch_request import FastLaunchResourceType, FastLaunchTemplate
from pulumi_vmimport.resources.ec2_images.fast_launch import FastLaunchInputs
from pulumi_vmimport.resources.ec2_images.fast_launch_lifecycle import FastLaunchLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = FastLaunchLifecycle()


def test_one_of_this_library(run: Any, new_run: Any, inputs: FastLaunchInputs, template: FastLaunchTemplate) -> None:
    given = replace(inputs, launch_template=template, target_resource_count=7)
    created = lifecycle.create(run, given)
    for id in (created.id, f"arn:aws:ec2:eu-west-1::image/{created.id}"):
        found = existing("FastLaunch", new_run(), id)
        assert (found.id, found.problem, found.unread) == (created.id, None, set())
        assert found.changes(given) == set()
    assert found.changes(replace(given, resource_type=FastLaunchResourceType.SNAPSHOT)) == set()
    assert found.changes(replace(given, target_resource_count=None)) == set()
    assert found.changes(replace(given, target_resource_count=8)) == {"targetResourceCount"}
    assert adopt(found, new_run(), replace(given, max_parallel_launches=6)).fast_launch_state == "enabled"


def test_one_of_a_plain_call(run: Any, inputs: FastLaunchInputs, aws: AwsSandbox) -> None:
    assert imported("FastLaunch", run, inputs.image_id) is None
    aws.observer("ec2").enable_fast_launch(ImageId=inputs.image_id)
    assert "is not complete (fastLaunchState enabling)" in str(existing("FastLaunch", run, inputs.image_id).problem)
    aws.clock.advance(3600)
    found = existing("FastLaunch", run, inputs.image_id)
    assert (found.problem, found.changes(inputs)) == (None, set())


def test_the_template_that_ec2_makes_is_no_input(
    run: Any, inputs: FastLaunchInputs, aws: AwsSandbox, monkeypatch: Any
) -> None:
    answer = {
        "ImageId": inputs.image_id,
        "State": "enabled",
        "LaunchTemplate": {
            "LaunchTemplateId": "lt-01234567890abcedf",
            "LaunchTemplateName": "EC2FastLaunchDefaultResourceTemplate-a8c6215d",
            "Version": "1",
        },
    }
    image = FastLaunchImage.read(answer)
    monkeypatch.setattr("pulumi_vmimport.aws.ec2.fast_launch.find_all", lambda aws: {image.id: image})
    assert existing("FastLaunch", run, image.id).changes(inputs) == set()
