import re
from typing import Any

import pytest

from pulumi_vmimport_sandbox import Sandbox


@pytest.fixture
def stack(image_stack: Any) -> Any:
    return image_stack


@pytest.mark.both_hosts
def test_up_then_nothing_then_update_then_destroy_with_nothing_left(
    stack: Any, sandbox: Sandbox, image_args: dict[str, Any]
) -> None:
    assert stack.preview() == {"create": 2}
    assert stack.up() == {"create": 2}
    image_id = stack.outputs()["imageId"]
    before = sandbox.aws.calls.writes()
    assert stack.up() == {"same": 2}
    assert sandbox.aws.calls.writes() == before
    image_args["tags"] = {"cost_center": "red"}
    assert stack.up() == {"same": 1, "update": 1}
    image = sandbox.aws.observer("ec2", "eu-west-1").describe_images(ImageIds=[image_id])["Images"][0]
    assert {"Key": "cost_center", "Value": "red"} in image["Tags"]
    stack.destroy()
    assert stack.remaining_resources() == []


def test_progress_is_printed_on_change_and_cleared_and_that_of_a_short_import_is_not_kept(stack: Any) -> None:
    stack.up()
    lines = "\n".join(stack.output).splitlines()
    shown = [line.partition(")")[2].strip() for line in lines if "ImportImage web creat" in line]
    progress = [text for text in shown if "%" in text]
    assert any(re.match(r"\d+% converting, \d+ s elapsed, import-ami-", text) for text in progress)
    assert len({text.partition(",")[0] for text in progress}) == len(progress)
    assert shown[-2:] == ["", ""], "the text is cleared before the row says that the resource was created"
    kept = "\n".join(lines).partition("Diagnostics:")[2]
    assert "% " not in kept


def test_a_replacement_with_the_same_inputs_reuses_the_ami_and_reports_how_to_replace_it(
    stack: Any, sandbox: Sandbox
) -> None:
    stack.up()
    image_id, urn = stack.outputs()["imageId"], stack.resource(":ImportImage")["urn"]
    assert stack.up(replace=[urn]) == {"replace": 1, "same": 1}
    assert "to replace it, change an input, such as source_hash" in "\n".join(stack.output)
    assert stack.outputs()["imageId"] == image_id
    assert stack.preview(refresh=True) == {"same": 2}


def test_a_deregistered_ami_shows_in_preview_and_up_repairs_it(stack: Any, sandbox: Sandbox) -> None:
    stack.up()
    image_id = stack.outputs()["imageId"]
    sandbox.aws.observer("ec2", "eu-west-1").deregister_image(ImageId=image_id)
    assert stack.preview(refresh=True) == {"replace": 1, "same": 1}
    shown = "\n".join(stack.output)
    assert f"ImportImage web: AMI {image_id} was deregistered" in shown
    assert "[diff: ~taskStatus]" in shown
    assert stack.up(refresh=True) == {"replace": 1, "same": 1}
    assert stack.preview(refresh=True) == {"same": 2}


def test_tags_changed_outside_pulumi_show_in_preview_and_up_repairs_them(stack: Any, sandbox: Sandbox) -> None:
    stack.up()
    ec2 = sandbox.aws.observer("ec2", "eu-west-1")
    ec2.create_tags(Resources=[stack.outputs()["imageId"]], Tags=[{"Key": "cost_center", "Value": "by hand"}])
    before = len(stack.output)
    assert stack.preview(refresh=True, diff=True) == {"same": 1, "update": 1}
    shown = "\n".join(stack.output[before:])
    assert '~ cost_center: "by hand" => "blue"' in shown
    assert not any(internal in shown for internal in ("identity", "fromResources", "awsAccountId", "postImportReport"))
    assert stack.up(refresh=True) == {"same": 1, "update": 1}
    assert stack.preview(refresh=True) == {"same": 2}


@pytest.mark.both_hosts
def test_fails_in_preview_with_every_problem_and_no_write(
    stack: Any, sandbox: Sandbox, image_args: dict[str, Any]
) -> None:
    image_args |= {"usage_operation": "RunInstances:0800", "kms_key_id": "alias/x", "colour": "red"}
    image_args["disk_containers"][0]["format"] = "qcow2"
    printed = stack.fails(stack.preview)
    for words in (
        "disk_containers[0].format",
        "expected one of OVA, VHD, VHDX, VMDK, RAW, got 'qcow2'",
        "cannot be combined with license_type",
        "requires encrypted = true",
        "colour",
    ):
        assert words in printed
    assert not any(words in printed for words in ("Traceback", "map[", "<nil>"))
    assert sandbox.aws.calls.writes() == []


def test_fails_in_preview_for_an_unsuitable_bucket_or_role(
    stack: Any, sandbox: Sandbox, image_args: dict[str, Any]
) -> None:
    sandbox.aws.observer("s3", "us-east-1").create_bucket(Bucket="far-away")
    image_args["disk_containers"][0]["user_bucket"] = {"s3_bucket": "far-away", "s3_key": "web.raw"}
    image_args["role_name"] = "nobody"
    printed = stack.fails(stack.preview)
    assert "bucket 'far-away' is in us-east-1, expected eu-west-1" in printed
    assert "role 'nobody' does not exist in account" in printed


@pytest.mark.both_hosts
def test_a_failed_import_reports_the_cause_and_the_next_up_retries(stack: Any, sandbox: Sandbox) -> None:
    sandbox.aws.faults.fail_import("ClientError: FirstBootFailure: no DHCP address", at_percent=85)
    printed = stack.fails(stack.up)
    assert '"ClientError: FirstBootFailure: no DHCP address"' in printed
    assert "Windows did not boot" in printed  # the cause, from the table of known failures
    assert "Traceback" not in printed
    assert stack.remaining_resources() == []
    assert stack.up() == {"create": 1, "same": 1}
    stack.destroy()
    assert stack.remaining_resources() == []
