"""EC2's export tasks, of images and of instances.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ExportImage.html, API_CreateInstanceExportTask.html,
API_DescribeExportImageTasks.html, API_DescribeExportTasks.html, API_CancelExportTask.html.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2.ec2_tasks import Ec2Task, TaskKind, common_fields, paged_call
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.tag_lists import tag_list

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client

# AWS documents neither the code nor the message for a second export of an AMI.
_BUSY_CODES = frozenset({"IncorrectState", "InvalidState"})
_BUSY_MESSAGE = re.compile(r"already|in progress|being exported", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Ec2ExportTask(Ec2Task):
    """An export task as DescribeExportImageTasks or DescribeExportTasks returns it."""

    bucket: str | None
    key_stem: str | None
    """The key of the exported object without its extension."""

    @classmethod
    def read_image(cls, answer: Mapping[str, Any]) -> "Ec2ExportTask":
        """The task in an element of `ExportImageTasks`, or in the response of ExportImage."""
        id, location = answer["ExportImageTaskId"], answer.get("S3ExportLocation", {})
        return cls(
            **common_fields(answer),
            answer=answer,
            id=id,
            bucket=location.get("S3Bucket"),
            key_stem=key_stem(location.get("S3Prefix"), id),
        )

    @classmethod
    def read_instance(cls, answer: Mapping[str, Any]) -> "Ec2ExportTask":
        """The task in an element of `ExportTasks`, or in the response of CreateInstanceExportTask."""
        id, location = answer["ExportTaskId"], answer.get("ExportToS3Task", {})
        return cls(
            **common_fields(answer),
            answer=answer,
            id=id,
            bucket=location.get("S3Bucket"),
            key_stem=location["S3Key"].rpartition(".")[0] if location.get("S3Key") else None,
        )


EXPORTED_KEY = re.compile(r"(?P<task>export-(ami|i)-\w+)\.(vmdk|raw|vhd|ova)$", re.IGNORECASE)
"""The end of the key of an exported object, which contains the id of its task."""


def key_stem(prefix: str | None, task_id: str) -> str:
    """The key of the exported object without its extension: prefix and task id with nothing between.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ExportTaskS3LocationRequest.html
    """
    return f"{prefix or ''}{task_id}"


def start_image_export(
    aws: AwsConnection, members: Mapping[str, Any], token: str, tags: Mapping[str, str]
) -> Ec2ExportTask:
    """Call ExportImage. The same token returns the same task, even one that has ended."""
    specification: Any = [{"ResourceType": "export-image-task", "Tags": tag_list(tags)}]
    answer = aws.client("ec2").export_image(**members, ClientToken=token, TagSpecifications=specification)
    return Ec2ExportTask.read_image(answer)


def start_instance_export(aws: AwsConnection, members: Mapping[str, Any], tags: Mapping[str, str]) -> Ec2ExportTask:
    """Call CreateInstanceExportTask without retries: it has no ClientToken, so each call starts a task."""
    specification: Any = [{"ResourceType": "export-instance-task", "Tags": tag_list(tags)}]
    ec2 = aws.client_without_retries("ec2")
    answer = ec2.create_instance_export_task(**members, TagSpecifications=specification)
    return Ec2ExportTask.read_instance(answer["ExportTask"])


def is_image_busy(error: Exception) -> bool:
    """Whether EC2 rejects an export because it is exporting the same AMI: one export at a time is allowed."""
    if not isinstance(error, ClientError):
        return False
    message = error.response.get("Error", {}).get("Message") or ""
    return error_code(error) in _BUSY_CODES or _BUSY_MESSAGE.search(message) is not None


def _cancel(ec2: "EC2Client", task_id: str, reason: str) -> object:
    del reason  # CancelExportTask has no such member
    return ec2.cancel_export_task(ExportTaskId=task_id)


IMAGE_EXPORTS = TaskKind(
    noun="export task",
    read=Ec2ExportTask.read_image,
    describe_call=paged_call("describe_export_image_tasks", "ExportImageTasks"),
    ids_member="ExportImageTaskIds",
    cancel_call=_cancel,
)
INSTANCE_EXPORTS = TaskKind(
    noun="export task",
    read=Ec2ExportTask.read_instance,
    describe_call=lambda ec2, members: ec2.describe_export_tasks(**members)["ExportTasks"],  # without pages
    ids_member="ExportTaskIds",
    cancel_call=_cancel,
)
