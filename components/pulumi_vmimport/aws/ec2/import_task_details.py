"""Everything that EC2 returns of an image import task, which a lifecycle does not need.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImageTask.html, API_SnapshotDetail.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport.aws.ec2.ec2_tasks import TaskKind, paged_call, percentage
from pulumi_vmimport.aws.ec2.import_tasks import ImageImportTask, cancel_import
from pulumi_vmimport.aws.redacted_urls import redact_urls


@dataclass(frozen=True, kw_only=True)
class DiskDetails:
    """An element of `SnapshotDetails`."""

    snapshot_id: str | None
    device_name: str | None
    disk_image_size_gib: float | None
    format: str | None
    status: str | None
    status_message: str | None
    progress: int | None
    description: str | None
    url: str | None
    bucket: str | None
    key: str | None

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "DiskDetails":
        """The disk in an element of `SnapshotDetails`."""
        place = answer.get("UserBucket", {})
        return cls(
            snapshot_id=answer.get("SnapshotId"),
            device_name=answer.get("DeviceName"),
            disk_image_size_gib=answer.get("DiskImageSize"),
            format=answer.get("Format"),
            status=answer.get("Status"),
            status_message=_redacted(answer.get("StatusMessage")),
            progress=percentage(answer.get("Progress")),
            description=answer.get("Description"),
            url=_redacted(answer.get("Url")),
            bucket=place.get("S3Bucket"),
            key=place.get("S3Key"),
        )


@dataclass(frozen=True, kw_only=True)
class ImageImportDetails(ImageImportTask):
    """An import task with all members of the response."""

    disks: tuple[DiskDetails, ...]
    architecture: str | None
    boot_mode: str | None
    hypervisor: str | None
    description: str | None
    encrypted: bool | None
    kms_key_id: str | None
    license_configuration_arns: tuple[str, ...]

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "ImageImportDetails":
        """The task in an element of `ImportImageTasks`."""
        licenses = answer.get("LicenseSpecifications", [])
        return cls(
            **vars(ImageImportTask.read(answer)),
            disks=tuple(map(DiskDetails.read, answer.get("SnapshotDetails", []))),
            architecture=answer.get("Architecture"),
            boot_mode=answer.get("BootMode"),
            hypervisor=answer.get("Hypervisor"),
            description=answer.get("Description"),
            encrypted=answer.get("Encrypted"),
            kms_key_id=answer.get("KmsKeyId"),
            license_configuration_arns=tuple(each["LicenseConfigurationArn"] for each in licenses),
        )


def _redacted(text: str | None) -> str | None:
    return redact_urls(text) if text else None


IMAGE_IMPORT_DETAILS = TaskKind(
    noun="import task",
    read=ImageImportDetails.read,
    describe_call=paged_call("describe_import_image_tasks", "ImportImageTasks"),
    ids_member="ImportTaskIds",
    cancel_call=cancel_import,
)
