"""The requests that EC2 receives, member by member, with every input set."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from pulumi_vmimport.aws.ec2.export_options import ContainerFormat, ExportFormat, TargetEnvironment
from pulumi_vmimport.aws.ec2.import_options import (
    Architecture,
    BootMode,
    DiskFormat,
    Hypervisor,
    LicenseType,
    Platform,
    SnapshotFormat,
    UsageOperation,
)
from pulumi_vmimport.aws.ec2.import_request import (
    ClientData,
    ImageDiskContainer,
    LicenseSpecification,
    SnapshotDiskContainer,
    UserBucket,
)
from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.resources.ec2_tasks.export_image import ExportImageInputs
from pulumi_vmimport.resources.ec2_tasks.export_image_lifecycle import ExportImageLifecycle
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport.resources.ec2_tasks.import_snapshot import ImportSnapshotInputs
from pulumi_vmimport.resources.ec2_tasks.import_snapshot_lifecycle import ImportSnapshotLifecycle
from pulumi_vmimport.resources.ec2_tasks.instance_export import InstanceExportInputs
from pulumi_vmimport.resources.ec2_tasks.instance_export_lifecycle import InstanceExportLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION = "eu-west-1"
CLIENT_DATA = ClientData("by courier", "2026-01-02T03:04:05Z", "2026-01-02T04:05:06Z", 0.5)
CLIENT_DATA_MEMBERS = {
    "Comment": "by courier",
    "UploadStart": datetime(2026, 1, 2, 3, 4, 5),  # noqa: DTZ001 - moto parses it without a zone,
    "UploadEnd": datetime(2026, 1, 2, 4, 5, 6),  # noqa: DTZ001 - as above,
    "UploadSize": 0.5,
}
LICENSE = "arn:aws:license-manager:eu-west-1:123456789012:license-configuration:lic-0123456789abcdef0123456789abcdef"


@pytest.fixture
def key_arn(aws: AwsSandbox, role: str, bucket: str) -> str:
    """A KMS key that the service role has access to."""
    arn = str(aws.observer("kms").create_key()["KeyMetadata"]["Arn"])
    policy = iam_documents.role_policy(import_buckets=[bucket], kms_key_arns=[arn], license_manager=True)
    aws.observer("iam").put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=json.dumps(policy))
    aws.clock.advance(3600)
    return arn


def members(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request without its token and tags, which other tests assert."""
    return {name: value for name, value in request.items() if name not in {"ClientToken", "TagSpecifications"}}


def test_import_image_sends_every_input(
    run: Any, aws: AwsSandbox, role: str, raw_disk: UserBucket, key_arn: str
) -> None:
    container = ImageDiskContainer(
        description="root", device_name="/dev/sda1", format=DiskFormat.RAW, user_bucket=raw_disk
    )
    ImportImageLifecycle().create(
        run,
        ImportImageInputs(
            region=REGION,
            disk_containers=(container,),
            architecture=Architecture.X86_64,
            boot_mode=BootMode.UEFI,
            client_data=CLIENT_DATA,
            description="web server",
            encrypted=True,
            hypervisor=Hypervisor.XEN,
            image_profile=ImageProfile.EC2,
            kms_key_id=key_arn,
            license_specifications=(LicenseSpecification(LICENSE),),
            license_type=LicenseType.BYOL,
            operating_system="Windows Server 2022",
            platform=Platform.WINDOWS,
            role_name=role,
            source_hash="1",
        ),
    )
    assert members(aws.import_tasks[0].request) == {
        "Architecture": "x86_64",
        "BootMode": "uefi",
        "ClientData": CLIENT_DATA_MEMBERS,
        "Description": "web server",
        "DiskContainers": [
            {
                "Description": "root",
                "DeviceName": "/dev/sda1",
                "Format": "RAW",
                "UserBucket": {"S3Bucket": raw_disk.s3_bucket, "S3Key": raw_disk.s3_key},
            }
        ],
        "Encrypted": True,
        "Hypervisor": "xen",
        "KmsKeyId": key_arn,
        "LicenseSpecifications": [{"LicenseConfigurationArn": LICENSE}],
        "LicenseType": "BYOL",
        "Platform": "Windows",
        "RoleName": "vmimport",
    }


def test_import_image_sends_the_usage_operation(run: Any, aws: AwsSandbox, image_inputs: ImportImageInputs) -> None:
    inputs = replace(image_inputs, license_type=None, usage_operation=UsageOperation.WINDOWS_BYOL)
    ImportImageLifecycle().create(run, inputs)
    request = members(aws.import_tasks[0].request)
    assert (request["UsageOperation"], request.get("LicenseType")) == ("RunInstances:0800", None)


def test_import_snapshot_sends_every_input(
    run: Any, aws: AwsSandbox, role: str, raw_disk: UserBucket, key_arn: str
) -> None:
    container = SnapshotDiskContainer(description="data", format=SnapshotFormat.RAW, user_bucket=raw_disk)
    created = ImportSnapshotLifecycle().create(
        run,
        ImportSnapshotInputs(
            region=REGION,
            disk_container=container,
            client_data=CLIENT_DATA,
            description="data disk",
            encrypted=True,
            kms_key_id=key_arn,
            role_name=role,
            source_hash="1",
        ),
    )
    assert members(aws.snapshot_tasks[0].request) == {
        "ClientData": CLIENT_DATA_MEMBERS,
        "Description": "data disk",
        "DiskContainer": {
            "Description": "data",
            "Format": "RAW",
            "UserBucket": {"S3Bucket": raw_disk.s3_bucket, "S3Key": raw_disk.s3_key},
        },
        "Encrypted": True,
        "KmsKeyId": key_arn,
        "RoleName": "vmimport",
    }
    (snapshot,) = aws.observer("ec2").describe_snapshots(SnapshotIds=[created.state.snapshot_id])["Snapshots"]
    assert (snapshot["Encrypted"], snapshot["KmsKeyId"]) == (True, key_arn)


def test_export_image_sends_every_input(
    run: Any, aws: AwsSandbox, byol_ami: str, export_bucket: str, export_role: str
) -> None:
    ExportImageLifecycle().create(
        run,
        ExportImageInputs(
            region=REGION,
            image_id=byol_ami,
            disk_image_format=ExportFormat.VHD,
            description="web server",
            role_name=export_role,
            s3_bucket=export_bucket,
            s3_prefix="exports/",
        ),
    )
    assert members(aws.export_tasks[0].request) == {
        "Description": "web server",
        "DiskImageFormat": "VHD",
        "ImageId": byol_ami,
        "RoleName": "vmimport",
        "S3ExportLocation": {"S3Bucket": export_bucket, "S3Prefix": "exports/"},
    }


@pytest.mark.parametrize(
    ("environment", "format", "sent"),
    [
        pytest.param(TargetEnvironment.VMWARE, None, "VMDK", id="vmware"),
        pytest.param(TargetEnvironment.MICROSOFT, None, "VHD", id="microsoft"),
        pytest.param(TargetEnvironment.CITRIX, ExportFormat.VHD, "VHD", id="stated"),
    ],
)
def test_instance_export_sends_every_input(
    run: Any,
    aws: AwsSandbox,
    exportable_instance: str,
    export_bucket: str,
    environment: TargetEnvironment,
    format: ExportFormat | None,
    sent: str,
) -> None:
    InstanceExportLifecycle().create(
        run,
        InstanceExportInputs(
            region=REGION,
            instance_id=exportable_instance,
            target_environment=environment,
            disk_image_format=format,
            container_format=ContainerFormat.OVA,
            description="web server",
            s3_bucket=export_bucket,
            s3_prefix="vms/",
        ),
    )
    assert members(aws.export_tasks[0].request) == {
        "Description": "web server",
        "ExportToS3Task": {
            "ContainerFormat": "ova",
            "DiskImageFormat": sent,
            "S3Bucket": export_bucket,
            "S3Prefix": "vms/",
        },
        "InstanceId": exportable_instance,
        "TargetEnvironment": environment.value,
    }
