"""EC2's import tasks, for images and for snapshots.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImage.html, API_ImportSnapshot.html,
API_DescribeImportImageTasks.html, API_DescribeImportSnapshotTasks.html, API_CancelImportTask.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2.ec2_tasks import Ec2Task, TaskKind, common_fields, paged_call
from pulumi_vmimport.aws.tag_lists import tag_list

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client


@dataclass(frozen=True, kw_only=True)
class ImageImportTask(Ec2Task):
    """An import task as DescribeImportImageTasks returns it."""

    image_id: str | None
    snapshot_ids: tuple[str, ...]
    license_type: str | None
    usage_operation: str | None
    platform: str | None

    @property
    def completed(self) -> bool:
        return self.status == "completed" and self.image_id is not None

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "ImageImportTask":
        """The task in an element of `ImportImageTasks`, or in the response of ImportImage."""
        return cls(
            **common_fields(answer),
            answer=answer,
            id=answer["ImportTaskId"],
            image_id=answer.get("ImageId"),
            snapshot_ids=tuple(s["SnapshotId"] for s in answer.get("SnapshotDetails", []) if s.get("SnapshotId")),
            license_type=answer.get("LicenseType"),
            usage_operation=answer.get("UsageOperation"),
            platform=answer.get("Platform"),
        )


@dataclass(frozen=True, kw_only=True)
class SnapshotImportTask(Ec2Task):
    """An import task as DescribeImportSnapshotTasks returns it."""

    snapshot_id: str | None

    @property
    def completed(self) -> bool:
        return self.status == "completed" and self.snapshot_id is not None

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "SnapshotImportTask":
        """The task in an element of `ImportSnapshotTasks`, or in the response of ImportSnapshot."""
        detail = answer.get("SnapshotTaskDetail", {})
        known = common_fields({**detail, "Tags": answer.get("Tags", [])})
        snapshot_id = detail.get("SnapshotId")
        return cls(**known, answer=answer, id=answer["ImportTaskId"], snapshot_id=snapshot_id)


def start_image_import(
    aws: AwsConnection, members: Mapping[str, Any], token: str, tags: Mapping[str, str]
) -> ImageImportTask:
    """Call ImportImage. The same token returns the same task, even one that has ended."""
    specification: Any = [{"ResourceType": "import-image-task", "Tags": tag_list(tags)}]
    answer = aws.client("ec2").import_image(**members, ClientToken=token, TagSpecifications=specification)
    return ImageImportTask.read(answer)


def start_snapshot_import(
    aws: AwsConnection, members: Mapping[str, Any], token: str, tags: Mapping[str, str]
) -> SnapshotImportTask:
    """Call ImportSnapshot. The same token returns the same task, even one that has ended."""
    specification: Any = [{"ResourceType": "import-snapshot-task", "Tags": tag_list(tags)}]
    answer = aws.client("ec2").import_snapshot(**members, ClientToken=token, TagSpecifications=specification)
    return SnapshotImportTask.read(answer)


def cancel_import(ec2: "EC2Client", task_id: str, reason: str) -> object:
    """Call CancelImportTask."""
    return ec2.cancel_import_task(ImportTaskId=task_id, CancelReason=reason)


IMAGE_IMPORTS = TaskKind(
    noun="import task",
    read=ImageImportTask.read,
    describe_call=paged_call("describe_import_image_tasks", "ImportImageTasks"),
    ids_member="ImportTaskIds",
    cancel_call=cancel_import,
)
SNAPSHOT_IMPORTS = TaskKind(
    noun="import task",
    read=SnapshotImportTask.read,
    describe_call=paged_call("describe_import_snapshot_tasks", "ImportSnapshotTasks"),
    ids_member="ImportTaskIds",
    cancel_call=cancel_import,
)
