"""What create says about a service role that EC2 rejects, and what preview says about images that do not exist yet."""

import json
from dataclasses import replace
from typing import Any

import pytest

from pulumi_vmimport.aws.ec2.export_options import ExportFormat
from pulumi_vmimport.aws.ec2.import_request import SnapshotDiskContainer, UserBucket
from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.lifecycle.contract import CleanFailureError
from pulumi_vmimport.resources.ec2_tasks.export_image import ExportImageInputs
from pulumi_vmimport.resources.ec2_tasks.export_image_lifecycle import ExportImageLifecycle
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport.resources.ec2_tasks.import_snapshot import ImportSnapshotInputs
from pulumi_vmimport.resources.ec2_tasks.import_snapshot_lifecycle import ImportSnapshotLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION, ROLE = "eu-west-1", "vmimport"


def image_import(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    return ImportImageLifecycle(), request.getfixturevalue("image_inputs")


def snapshot_import(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    request.getfixturevalue("role")
    disk = SnapshotDiskContainer(user_bucket=request.getfixturevalue("raw_disk"))
    return ImportSnapshotLifecycle(), ImportSnapshotInputs(region=REGION, disk_container=disk)


def image_export(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    request.getfixturevalue("export_role")
    image, bucket = request.getfixturevalue("byol_ami"), request.getfixturevalue("export_bucket")
    format = ExportFormat.VMDK
    inputs = ExportImageInputs(region=REGION, image_id=image, disk_image_format=format, s3_bucket=bucket)
    return ExportImageLifecycle(), inputs


@pytest.fixture(params=(image_import, snapshot_import, image_export), ids=lambda make: make.__name__)
def task(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """A lifecycle and its inputs."""
    made: tuple[Any, Any] = request.param(request)
    return made


imports = pytest.mark.parametrize("task", [image_import, snapshot_import], indirect=True, ids=("image", "snapshot"))


@pytest.fixture
def insufficient(aws: AwsSandbox, task: Any) -> str:
    """The ARN of the managed policy of the role. Neither it nor the inline policy allows to read or write an object."""
    iam = aws.observer("iam")
    _, ec2 = iam_documents.role_policy(import_buckets=["images"])["Statement"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [ec2]})
    iam.put_role_policy(RoleName=ROLE, PolicyName=ROLE, PolicyDocument=document)
    arn = str(iam.create_policy(PolicyName="of-role", PolicyDocument=document)["Policy"]["Arn"])
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)
    aws.clock.advance(3600)
    return arn


def failure(run: Any, task: tuple[Any, Any]) -> str:
    lifecycle, inputs = task
    with pytest.raises(CleanFailureError, match="does not exist or does not have sufficient permissions") as failed:
        lifecycle.create(run, inputs)
    return str(failed.value)


@pytest.mark.usefixtures("insufficient")
def test_create_names_what_the_policies_of_a_rejected_role_lack(run: Any, task: Any) -> None:
    words = failure(run, task)
    assert "role 'vmimport' lacks s3:GetBucketLocation on arn:aws:s3:::" in words
    assert words.endswith("no task was started")


def test_a_managed_policy_counts_in_preview(
    run: Any, task: Any, insufficient: str, looked_up: Any, aws: AwsSandbox
) -> None:
    assert "role 'vmimport' lacks s3:GetBucketLocation" in looked_up(task[0], run, task[1])["roleName"]
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    aws.observer("iam").create_policy_version(PolicyArn=insufficient, PolicyDocument=document, SetAsDefault=True)
    assert looked_up(task[0], run, task[1]) == {}


@imports
@pytest.mark.usefixtures("insufficient")
@pytest.mark.parametrize("is_default", [False, True], ids=["own", "default"])
def test_preview_and_create_name_the_actions_on_the_key_of_the_result(
    run: Any, task: Any, aws: AwsSandbox, looked_up: Any, *, is_default: bool
) -> None:
    lifecycle, inputs = task
    key, ec2 = aws.observer("kms").create_key()["KeyMetadata"]["Arn"], aws.observer("ec2")
    if is_default:
        ec2.enable_ebs_encryption_by_default()
        ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)
    else:
        inputs = replace(inputs, encrypted=True, kms_key_id=key)
    assert f"kms:CreateGrant on {key}" in looked_up(lifecycle, run, inputs)["roleName"]
    assert f"kms:CreateGrant on {key}" in failure(run, (lifecycle, inputs))


@imports
@pytest.mark.usefixtures("insufficient")
def test_create_names_decrypt_for_an_image_that_is_encrypted(
    run: Any, task: Any, aws: AwsSandbox, raw_disk: UserBucket
) -> None:
    key, s3 = aws.observer("kms").create_key()["KeyMetadata"]["Arn"], aws.observer("s3")
    body, place = bytes(510) + b"\x55\xaa", {"Bucket": raw_disk.s3_bucket, "Key": raw_disk.s3_key}
    s3.put_object(**place, Body=body, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    assert f"lacks kms:Decrypt on KMS key {key}" in failure(run, task)


@pytest.fixture
def encrypted_bucket(aws: AwsSandbox, bucket: str) -> str:
    """The key with which the bucket encrypts images that are uploaded later."""
    key, s3 = str(aws.observer("kms").create_key()["KeyMetadata"]["Arn"]), aws.observer("s3")
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    return key


@imports
def test_preview_names_decrypt_for_an_image_that_the_stack_uploads_to_an_encrypted_bucket(
    new_run: Any, task: Any, bucket: str, encrypted_bucket: str, looked_up: Any
) -> None:
    lifecycle, inputs = task
    place = UserBucket(bucket, "disks/later.raw")
    if isinstance(inputs, ImportSnapshotInputs):
        inputs, path = replace(inputs, disk_container=SnapshotDiskContainer(user_bucket=place)), "diskContainer"
    else:
        disk = replace(inputs.disk_containers[0], user_bucket=place)
        inputs, path = replace(inputs, disk_containers=(disk,)), "diskContainers"
    found = looked_up(lifecycle, new_run(supplied=(path,)), inputs)
    assert f"lacks kms:Decrypt on KMS key {encrypted_bucket}" in found["roleName"]


@imports
@pytest.mark.usefixtures("insufficient")
def test_create_names_decrypt_also_when_the_image_is_gone_from_an_encrypted_bucket(
    run: Any, task: Any, aws: AwsSandbox, raw_disk: UserBucket, encrypted_bucket: str
) -> None:
    def delete(_: Any) -> None:
        aws.observer("s3").delete_object(Bucket=raw_disk.s3_bucket, Key=raw_disk.s3_key)

    for operation in ("ImportImage", "ImportSnapshot"):
        aws.faults.on(operation, delete, when="after")
    assert f"lacks kms:Decrypt on KMS key {encrypted_bucket}" in failure(run, task)
