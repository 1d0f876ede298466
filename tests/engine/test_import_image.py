import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from pulumi_vmimport.aws import iam_documents
from pulumi_vmimport.resources.import_image import ImportImage
from pulumi_vmimport.sandbox import Sandbox

BUCKET, KEY = "images-of-web", "web.raw"
NewStack = Callable[..., Any]


def raw_disk() -> bytes:
    """The first megabyte of a disk with an MBR and one active NTFS partition."""
    disk = bytearray(1 << 20)
    disk[446:462] = bytes.fromhex("80202100 07feffff 00080000 00100000")
    disk[510:512] = b"\x55\xaa"
    return bytes(disk)


@pytest.fixture
def args(sandbox: Sandbox) -> dict[str, Any]:
    """The arguments of an import whose bucket, object and role are there."""
    s3, iam = sandbox.aws.observer("s3", "eu-west-1"), sandbox.aws.observer("iam")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=raw_disk())
    iam.create_role(RoleName="vmimport", AssumeRolePolicyDocument=json.dumps(iam_documents.trust_policy()))
    policy = json.dumps(iam_documents.role_policy(import_buckets=[BUCKET]))
    iam.put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=policy)
    sandbox.clock.advance(3600)
    return {
        "disk_containers": [{"format": "raw", "user_bucket": {"s3_bucket": BUCKET, "s3_key": KEY}}],
        "license_type": "BYOL",
        "platform": "Windows",
        "tags": {"cost_center": "blue"},
    }


@pytest.fixture
def stack(new_stack: NewStack, args: dict[str, Any]) -> Any:
    def program() -> None:
        image = ImportImage("web", args)  # type: ignore[arg-type] # the test edits the arguments
        pulumi.export("imageId", image.image_id)

    return new_stack(program)


def leftovers(sandbox: Sandbox) -> list[str]:
    return [x for x in sandbox.aws.leftovers() if any(word in x for word in ("ami-", "snap-", "import-"))]


def test_up_then_nothing_then_update_then_destroy_with_nothing_left(
    stack: Any, sandbox: Sandbox, args: dict[str, Any]
) -> None:
    assert stack.preview() == {"create": 2}
    assert stack.up() == {"create": 2}
    image_id = stack.outputs()["imageId"]
    before = sandbox.aws.calls.writes()
    assert stack.up() == {"same": 2}
    assert sandbox.aws.calls.writes() == before
    args["tags"] = {"cost_center": "red"}
    assert stack.up() == {"same": 1, "update": 1}
    image = sandbox.aws.observer("ec2", "eu-west-1").describe_images(ImageIds=[image_id])["Images"][0]
    assert {"Key": "cost_center", "Value": "red"} in image["Tags"]
    stack.destroy()
    assert leftovers(sandbox) == []


def test_live_status_is_shown_beside_the_resource(stack: Any) -> None:
    stack.up()
    assert any("ImportImage web creating" in line and "converting" in line for line in stack.output)


def test_a_deregistered_ami_shows_in_preview_and_up_repairs_it(stack: Any, sandbox: Sandbox) -> None:
    stack.up()
    sandbox.aws.observer("ec2", "eu-west-1").deregister_image(ImageId=stack.outputs()["imageId"])
    assert stack.preview(refresh=True) == {"create": 1, "same": 1}
    assert stack.up(refresh=True) == {"create": 1, "same": 1}
    assert stack.preview(refresh=True) == {"same": 2}


def test_tags_changed_by_hand_show_in_preview_and_up_repairs_them(stack: Any, sandbox: Sandbox) -> None:
    stack.up()
    ec2 = sandbox.aws.observer("ec2", "eu-west-1")
    ec2.create_tags(Resources=[stack.outputs()["imageId"]], Tags=[{"Key": "cost_center", "Value": "by hand"}])
    assert stack.preview(refresh=True) == {"same": 1, "update": 1}
    assert stack.up(refresh=True) == {"same": 1, "update": 1}
    assert stack.preview(refresh=True) == {"same": 2}


def test_fails_in_preview_with_every_problem_and_no_write(stack: Any, sandbox: Sandbox, args: dict[str, Any]) -> None:
    args |= {"usage_operation": "RunInstances:0800", "kms_key_id": "alias/x", "colour": "red"}
    args["disk_containers"][0]["format"] = "qcow2"
    printed = stack.fails(stack.preview)
    for words in (
        "diskContainers[0].format",
        "expected one of OVA, VHD, VHDX, VMDK, RAW, got 'qcow2'",
        "licenseType and usageOperation exclude each other",
        "needs encrypted = true",
        "colour",
    ):
        assert words in printed
    assert "Traceback" not in printed
    assert sandbox.aws.calls.writes() == []


def test_fails_in_preview_when_bucket_or_role_will_not_do(stack: Any, sandbox: Sandbox, args: dict[str, Any]) -> None:
    sandbox.aws.observer("s3", "us-east-1").create_bucket(Bucket="far-away")
    args["disk_containers"][0]["user_bucket"] = {"s3_bucket": "far-away", "s3_key": KEY}
    args["role_name"] = "nobody"
    printed = stack.fails(stack.preview)
    assert "bucket 'far-away' is in us-east-1, expected eu-west-1" in printed
    assert "there is no role 'nobody' in the account" in printed


def test_a_failed_import_says_why_and_the_next_up_starts_anew(stack: Any, sandbox: Sandbox) -> None:
    sandbox.aws.faults.fail_import("ClientError: FirstBootFailure: no DHCP address", at_percent=85)
    printed = stack.fails(stack.up)
    assert 'ended deleted: "ClientError: FirstBootFailure: no DHCP address"; Windows did not boot' in printed
    assert "Traceback" not in printed
    assert leftovers(sandbox) == []
    assert stack.up() == {"create": 1, "same": 1}
    stack.destroy()
    assert leftovers(sandbox) == []
