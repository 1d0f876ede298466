"""Image Builder images of import tasks and of ISO files on the engine, as the examples of docs/image_builder.md."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.engine.prerequisites import (
    BUILDER,
    DISTRIBUTION_ROLE,
    REGION,
    make_distribution_role,
    make_infrastructure,
)

from pulumi_vmimport import ImportVmImage
from pulumi_vmimport_sandbox import Sandbox

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ISO = "windows-11.iso"


def example(name: str) -> Callable[[], None]:
    """An example as a program."""

    def program() -> None:
        runpy.run_path(str(EXAMPLES / f"{name}.py"))

    return program


@pytest.fixture
def builder(sandbox: Sandbox) -> Any:
    """Image Builder outside the stack, with the execution role and the infrastructure configuration."""
    make_distribution_role(sandbox.aws)
    make_infrastructure(sandbox.aws)
    sandbox.clock.advance(sandbox.aws.settings.iam_propagation_seconds)
    return sandbox.aws.observer("imagebuilder", REGION)


@pytest.fixture
def iso_stack(new_stack: Callable[..., Any], sandbox: Sandbox, builder: Any, image_args: dict[str, Any]) -> Any:
    """The example from an ISO file to a WorkSpaces image."""
    bucket = image_args["disk_containers"][0]["user_bucket"]["s3_bucket"]
    sandbox.aws.observer("s3", REGION).put_object(Bucket=bucket, Key=ISO, Body=b"CD001")
    config = {
        "iso": f"s3://{bucket}/{ISO}",
        "infrastructureConfigurationArn": BUILDER,
        "executionRole": DISTRIBUTION_ROLE,
    }
    sandbox.aws.enable_byol(REGION)
    return new_stack(example("iso_to_workspaces"), config=config)


@pytest.mark.both_hosts
def test_an_import_task_becomes_an_image_that_is_repaired_and_destroyed(
    new_stack: Callable[..., Any], sandbox: Sandbox, image_args: dict[str, Any], builder: Any
) -> None:
    del image_args  # the bucket and the role exist
    stack, before = new_stack(example("vm_image")), sandbox.aws.remaining_resources()
    assert stack.preview() == {"create": 3}
    assert stack.up() == {"create": 3}
    outputs = stack.outputs()
    (image,) = builder.list_image_build_versions()["imageSummaryList"]
    assert (outputs["base"], image["state"]["status"]) == (image["arn"], "AVAILABLE")
    assert [ami["image"] for ami in image["outputResources"]["amis"]] == [outputs["ami"]]
    writes = sandbox.aws.calls.writes()
    assert stack.up() == {"same": 3}
    assert stack.preview(refresh=True) == {"same": 3}
    assert sandbox.aws.calls.writes() == writes

    builder.tag_resource(resourceArn=image["arn"], tags={"team": "red"})
    assert stack.preview(refresh=True) == {"same": 2, "update": 1}
    assert stack.up(refresh=True) == {"same": 2, "update": 1}
    assert builder.get_image(imageBuildVersionArn=image["arn"])["image"]["tags"]["team"] == "blue"
    builder.delete_image(imageBuildVersionArn=image["arn"])
    assert stack.up(refresh=True) == {"create": 1, "same": 2}
    assert stack.outputs()["base"] != image["arn"]
    stack.destroy()
    assert sandbox.aws.remaining_resources() == before


def test_an_iso_becomes_a_workspaces_image_without_vsphere(iso_stack: Any, sandbox: Sandbox, builder: Any) -> None:
    before = sandbox.aws.remaining_resources()
    assert iso_stack.preview() == {"create": 3}
    assert iso_stack.up() == {"create": 3}
    outputs = iso_stack.outputs()
    (image,) = builder.list_image_build_versions()["imageSummaryList"]
    assert (image["buildType"], image["osVersion"]) == ("IMPORT_ISO", "Microsoft Windows 11")
    workspaces = sandbox.aws.observer("workspaces", REGION)
    imported = workspaces.describe_custom_workspace_image_import(ImageId=outputs["image"])
    assert (imported["State"], imported["ImageSource"]) == ("COMPLETED", {"ImageBuildVersionArn": image["arn"]})
    assert any("ImportDiskImage" in line and "building" in line for line in iso_stack.output)
    writes = sandbox.aws.calls.writes()
    assert iso_stack.up() == {"same": 3}
    assert iso_stack.preview(refresh=True) == {"same": 3}
    assert sandbox.aws.calls.writes() == writes

    sandbox.aws.observer("ec2", REGION).deregister_image(ImageId=outputs["ami"])
    assert iso_stack.preview(refresh=True) == {"replace": 2, "same": 1}
    assert f"AMI {outputs['ami']} no longer exists" in "\n".join(iso_stack.output)
    assert iso_stack.up(refresh=True) == {"replace": 2, "same": 1}
    assert iso_stack.outputs()["ami"] != outputs["ami"]
    bucket, uri = iso_stack.config["iso"].split("/")[2], iso_stack.config["iso"]
    sandbox.aws.observer("s3", REGION).put_object(Bucket=bucket, Key=ISO, Body=b"CD001 of another build")
    assert iso_stack.preview() == {"replace": 2, "same": 1}
    assert iso_stack.up() == {"replace": 2, "same": 1}
    (ami,) = sandbox.aws.observer("ec2", REGION).describe_images(ImageIds=[iso_stack.outputs()["ami"]])["Images"]
    assert {"Key": "vmimport:source-object", "Value": uri} in ami["Tags"]
    assert len(builder.list_image_build_versions()["imageSummaryList"]) == 1
    iso_stack.destroy()
    assert sandbox.aws.remaining_resources() == before


def test_a_failed_import_shows_the_words_of_aws_and_leaves_nothing(
    iso_stack: Any, sandbox: Sandbox, builder: Any
) -> None:
    bucket = iso_stack.config["iso"].removeprefix("s3://").partition("/")[0]
    s3 = sandbox.aws.observer("s3", REGION)
    sandbox.aws.faults.on("ImportDiskImage", lambda _: s3.delete_object(Bucket=bucket, Key=ISO))
    printed = iso_stack.fails(iso_stack.up)
    assert f'ended FAILED: "Failed to download s3://{bucket}/{ISO}: the object does not exist' in printed
    assert "Traceback" not in printed
    assert builder.list_image_build_versions()["imageSummaryList"] == []
    s3.put_object(Bucket=bucket, Key=ISO, Body=b"CD001")
    assert iso_stack.up() == {"create": 2, "same": 1}
    iso_stack.destroy()


def test_preview_reports_every_problem_at_once(new_stack: Callable[..., Any], sandbox: Sandbox) -> None:
    def program() -> None:
        ImportVmImage(
            "web",
            name="w",
            semantic_version="1.0",
            platform="Windows",
            vm_import_task_id="import-ami-1",
            log_group_name="web",
        )

    printed = (stack := new_stack(program)).fails(stack.preview)
    for path in ("name", "semantic_version", "vm_import_task_id", "log_group_name"):
        assert f"{path}: expected" in printed
    assert sandbox.aws.calls.writes() == []
