"""EC2's export tasks, of images and of instances.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ExportImage.html, API_CreateInstanceExportTask.html
and the pages of the other calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2.ec2_tasks import Ec2Task, TaskKind, common, paged
from pulumi_vmimport.aws.ec2.import_request import tag_list

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client


@dataclass(frozen=True, kw_only=True)
class ExportTask(Ec2Task):
    """An export task as DescribeExportImageTasks or DescribeExportTasks shows it."""

    bucket: str | None
    stem: str | None
    """The key of the exported object up to its ending, which EC2 tells for instances alone."""

    @classmethod
    def read_image(cls, answer: Mapping[str, Any]) -> "ExportTask":
        """The task in an element of `ExportImageTasks`, or in the answer of ExportImage."""
        id, place = answer["ExportImageTaskId"], answer.get("S3ExportLocation", {})
        return cls(
            **common(answer),
            id=id,
            bucket=place.get("S3Bucket"),
            stem=stem(place.get("S3Prefix"), id),
        )

    @classmethod
    def read_instance(cls, answer: Mapping[str, Any]) -> "ExportTask":
        """The task in an element of `ExportTasks`, or in the answer of CreateInstanceExportTask."""
        id, place = answer["ExportTaskId"], answer.get("ExportToS3Task", {})
        return cls(
            **common(answer),
            id=id,
            bucket=place.get("S3Bucket"),
            stem=place["S3Key"].rpartition(".")[0] if place.get("S3Key") else None,
        )


def stem(prefix: str | None, task_id: str) -> str:
    """The key of what a task exports, up to its ending: prefix and id with nothing between (EXP-01, EXP-02)."""
    return f"{prefix or ''}{task_id}"


def start_image_export(
    aws: AwsConnection, members: Mapping[str, Any], token: str, tags: Mapping[str, str]
) -> ExportTask:
    """Call ExportImage. The same ClientToken gives the same task, even one that has ended."""
    specification: Any = [{"ResourceType": "export-image-task", "Tags": tag_list(tags)}]
    answer = aws.client("ec2").export_image(**members, ClientToken=token, TagSpecifications=specification)
    return ExportTask.read_image(answer)


def start_instance_export(aws: AwsConnection, members: Mapping[str, Any], tags: Mapping[str, str]) -> ExportTask:
    """Call CreateInstanceExportTask, once: it has no ClientToken, and each call that arrives starts a task."""
    specification: Any = [{"ResourceType": "export-instance-task", "Tags": tag_list(tags)}]
    ec2 = aws.client_that_asks_once("ec2")
    answer = ec2.create_instance_export_task(**members, TagSpecifications=specification)
    return ExportTask.read_instance(answer["ExportTask"])


def _cancel(ec2: "EC2Client", task_id: str, reason: str) -> object:
    del reason  # the call takes none
    return ec2.cancel_export_task(ExportTaskId=task_id)


IMAGE_EXPORTS = TaskKind(
    noun="export task",
    read=ExportTask.read_image,
    described=paged("describe_export_image_tasks", "ExportImageTasks"),
    ids="ExportImageTaskIds",
    cancel=_cancel,
)
INSTANCE_EXPORTS = TaskKind(
    noun="export task",
    read=ExportTask.read_instance,
    described=lambda ec2, members: ec2.describe_export_tasks(**members)["ExportTasks"],  # it has no pages
    ids="ExportTaskIds",
    cancel=_cancel,
)
