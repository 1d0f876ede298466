"""The checks of ExportImage before a task is started."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from moto.ec2.models import ec2_backends

from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.aws.ec2.export_options import ExportFormat
from pulumi_vmimport.aws.ec2.images import Image, ImageDisk
from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError
from pulumi_vmimport.resources.ec2_tasks.export_image import ExportImageInputs
from pulumi_vmimport.resources.ec2_tasks.export_image_lifecycle import ExportImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = ExportImageLifecycle()
BAG = {"region": "eu-west-1", "imageId": "ami-1", "diskImageFormat": "vmdk", "s3Bucket": "images"}
CODE = {"ProductCodeId": "abc", "ProductCodeType": "marketplace"}
LookedUp = Callable[..., dict[str, str]]


@pytest.fixture
def inputs(byol_ami: str, export_bucket: str, export_role: str) -> ExportImageInputs:
    return ExportImageInputs(
        region="eu-west-1", image_id=byol_ami, disk_image_format=ExportFormat.RAW, s3_bucket=export_bucket
    )


@pytest.fixture
def image() -> Image:
    """An AMI that can be exported."""
    return Image(
        id="ami-1",
        name="web",
        owner_id="123456789012",
        state="available",
        description="",
        platform=None,
        platform_details="Linux/UNIX",
        usage_operation="RunInstances",
        boot_mode=None,
        architecture="x86_64",
        product_codes=(),
        disks=(ImageDisk("/dev/sda1", "snap-1", encrypted=False, size_gib=8, is_instance_store=False),),
        tags={},
    )


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        pytest.param({"diskImageFormat": "OVA"}, "diskImageFormat", "one of VMDK, RAW, VHD, got 'OVA'", id="format"),
        pytest.param({"s3Prefix": "/exports"}, "s3Prefix", "got '/exports'", id="slash"),
        pytest.param({"s3Prefix": "ü" * 500}, "s3Prefix", "at most 990 bytes", id="prefix"),
        pytest.param({"description": "x" * 256}, "description", "at most 255 characters, got 256", id="description"),
        pytest.param({"roleName": "a b"}, "roleName", "got 'a b'", id="role-name"),
        pytest.param({"tags": {"aws:x": "y"}}, "tags.aws:x", "does not start with aws:", id="reserved-tag"),
        pytest.param({"timeoutMinutes": 0}, "timeoutMinutes", "at least 1, got 0", id="timeout"),
    ],
)
def test_fails_in_check(checked: Any, values: dict[str, Any], path: str, reason: str) -> None:
    assert checked(lifecycle, BAG) == []
    ((found, words),) = checked(lifecycle, {**BAG, **values})
    assert found == path
    assert reason in words


def test_a_valid_ami_has_no_problem_and_windows_byol_a_warning(
    run: Any, inputs: ExportImageInputs, looked_up: LookedUp
) -> None:
    assert looked_up(lifecycle, run, inputs) == {}
    (warning,) = run.warnings
    assert f"{inputs.image_id}' runs Windows BYOL" in warning


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param(
            {"owner_id": "111122223333"},
            "belongs to account 111122223333, expected an AMI of account 123456789012",
            id="shared",
        ),
        pytest.param({"state": "disabled"}, "is disabled, expected available", id="disabled"),
        pytest.param({"product_codes": ("abc",)}, "comes from AWS Marketplace (product code abc)", id="marketplace"),
        pytest.param({"platform_details": "Windows"}, "runs Windows with a license from AWS", id="windows"),
        pytest.param(
            {"platform_details": "Windows with SQL Server Web"}, "runs Windows with SQL Server Web", id="sql-server"
        ),
        pytest.param(
            {"platform_details": "Red Hat Enterprise Linux"},
            "runs Red Hat Enterprise Linux with a license from AWS",
            id="red-hat",
        ),
        pytest.param(
            {"disks": (ImageDisk("/dev/sdf", "snap-2", encrypted=True, size_gib=8, is_instance_store=False),)},
            "snapshot snap-2 (/dev/sdf) of AMI 'ami-1' is encrypted",
            id="encrypted",
        ),
        pytest.param(
            {"disks": (ImageDisk("/dev/sdf", "snap-2", encrypted=False, size_gib=1025, is_instance_store=False),)},
            "has 1025 GiB, expected at most 1024",
            id="too-large",
        ),
    ],
)
def test_preflight_fails_for_an_ami_that_ec2_does_not_export(
    run: Any,
    inputs: ExportImageInputs,
    looked_up: LookedUp,
    image: Image,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    reason: str,
) -> None:
    monkeypatch.setattr(images, "find", lambda aws, image_id: image)
    assert looked_up(lifecycle, run, inputs) == {}
    monkeypatch.setattr(images, "find", lambda aws, image_id: replace(image, **changes))
    found = looked_up(lifecycle, run, replace(inputs, image_id="ami-1"))
    assert list(found) == ["imageId"]
    assert reason in found["imageId"]


def test_preflight_uses_the_ami_as_ec2_describes_it(
    run: Any, inputs: ExportImageInputs, looked_up: LookedUp, aws: AwsSandbox
) -> None:
    ami = ec2_backends["123456789012"]["eu-west-1"].amis[inputs.image_id]
    ami.product_codes, ami.ebs_snapshot.encrypted, ami.ebs_snapshot.volume.size = [CODE], True, 2000
    found = [problem.reason for problem in lifecycle.preflight(run, inputs)]
    assert [words for words in ("Marketplace", "encrypted", "2000 GiB") if not any(words in r for r in found)] == []
    ec2 = aws.observer("ec2")
    ec2.deregister_image(ImageId=inputs.image_id)
    assert f"{inputs.image_id!r} does not exist in eu-west-1" in looked_up(lifecycle, run, inputs)["imageId"]


def encrypt(aws: AwsSandbox, bucket: str) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    aws.observer("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def test_preflight_reports_bucket_and_role_at_once(
    run: Any, inputs: ExportImageInputs, looked_up: LookedUp, aws: AwsSandbox, bucket: str
) -> None:
    encrypt(aws, bucket)
    found = looked_up(lifecycle, run, replace(inputs, s3_bucket=bucket))
    assert "(aws:kms), expected SSE-S3" in found["s3Bucket"]
    assert f"s3:PutObject on arn:aws:s3:::{bucket}/*" in found["roleName"]
    aws.observer("s3", "us-east-1").create_bucket(Bucket="far-away")
    assert (
        "is in us-east-1, expected eu-west-1"
        in looked_up(lifecycle, run, replace(inputs, s3_bucket="far-away"))["s3Bucket"]
    )
    missing = replace(inputs, s3_bucket="nowhere")
    found = looked_up(lifecycle, run, missing)
    assert list(found) == ["s3Bucket"]
    assert "'nowhere' does not exist; create it with ExportBucket" in found["s3Bucket"]


def test_preflight_fails_for_a_bucket_of_another_account(
    run: Any, inputs: ExportImageInputs, looked_up: LookedUp, aws: AwsSandbox
) -> None:
    def refuse(_: Any) -> None:  # S3 looks at the expected owner, moto does not
        aws.faults.error("HeadBucket", "403", "Forbidden", status=403)

    aws.faults.on("HeadBucket", refuse, when="after")
    assert "belongs to another account" in looked_up(lifecycle, run, inputs)["s3Bucket"]


def test_a_bucket_without_acls_is_a_warning(
    run: Any, inputs: ExportImageInputs, looked_up: LookedUp, aws: AwsSandbox
) -> None:
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    aws.observer("s3").put_bucket_ownership_controls(Bucket=inputs.s3_bucket, OwnershipControls=rules)
    assert looked_up(lifecycle, run, inputs) == {}
    assert any("has ACLs disabled (BucketOwnerEnforced)" in warning for warning in run.warnings)


def test_a_denied_check_is_a_warning_and_hides_no_other_problem(
    run: Any, inputs: ExportImageInputs, looked_up: LookedUp, aws: AwsSandbox
) -> None:
    for operation in ("DescribeImages", "GetBucketEncryption", "GetBucketOwnershipControls", "GetRole"):
        aws.faults.deny(operation)
    assert looked_up(lifecycle, run, replace(inputs, s3_bucket="nowhere")).keys() == {"s3Bucket"}
    assert looked_up(lifecycle, run, inputs) == {}
    warnings = " ".join(run.warnings)
    assert [
        w for w in (inputs.image_id, "encryption of bucket", "ACLs of bucket", "role vmimport") if w not in warnings
    ] == []


def test_an_unsuitable_bucket_of_the_stack_is_a_warning_in_preview_and_fails_create(
    new_run: Callable[..., Any], inputs: ExportImageInputs, looked_up: LookedUp, aws: AwsSandbox
) -> None:
    encrypt(aws, inputs.s3_bucket)
    run = new_run(supplied=("s3Bucket", "imageId"))
    assert looked_up(lifecycle, run, inputs) == {}
    assert any(warning.startswith("s3Bucket: bucket 'exports-of-web' encrypts with") for warning in run.warnings)
    with pytest.raises(CleanFailureError, match="encrypts with a KMS key"):
        lifecycle.create(run, inputs)
    assert aws.export_tasks == []
    made = replace(inputs, s3_bucket="nowhere", image_id="ami-0123456789abcdef0")
    assert looked_up(lifecycle, new_run(supplied=("s3Bucket", "imageId", "roleName")), made) == {}


def test_unknown_inputs_are_not_looked_up(run: Any, looked_up: LookedUp, aws: AwsSandbox) -> None:
    nothing: dict[str, Any] = dict.fromkeys(("image_id", "disk_image_format", "s3_bucket", "role_name"), UNKNOWN)
    assert looked_up(lifecycle, run, ExportImageInputs(region="eu-west-1", **nothing)) == {}
    assert list(aws.calls) == []


def test_a_bucket_without_ownership_controls_has_acls_enabled(
    run: Any, inputs: ExportImageInputs, looked_up: LookedUp, aws: AwsSandbox, bucket: str
) -> None:
    policy = json.dumps(iam_documents.role_policy(import_buckets=[], export_buckets=[bucket]))
    aws.observer("iam").put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=policy)
    assert looked_up(lifecycle, run, replace(inputs, s3_bucket=bucket)) == {}
    assert not [warning for warning in run.warnings if "ACLs" in warning]
