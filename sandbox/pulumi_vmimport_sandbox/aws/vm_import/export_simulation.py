"""Export tasks of ExportImage and CreateInstanceExportTask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_vmimport_sandbox.aws.core.conversion_task import ConversionTask
from pulumi_vmimport_sandbox.aws.core.simulation_settings import SimulationSettings, Stage


@dataclass(frozen=True)
class ExportTaskRecord:
    """The parameters and the status of an export task, for assertions."""

    id: str
    region: str
    source_id: str
    """The AMI or the instance."""
    bucket: str
    key: str
    request: Mapping[str, Any] = field(repr=False)
    tags: Mapping[str, str]
    status: str
    status_message: str | None
    started_at: float


@dataclass(kw_only=True)
class SimulatedExportTask(ConversionTask):
    """An export."""

    source_id: str
    """The AMI or the instance."""
    bucket: str
    key: str
    upload_id: str | None = None
    """The multipart upload of the object."""
    is_written: bool = False
    """Whether the object was written. The user may delete it afterwards."""

    def stages(self, settings: SimulationSettings) -> Sequence[Stage]:
        return settings.export_stages

    def record(self, region: str, now: float, settings: SimulationSettings) -> ExportTaskRecord:
        """A record for assertions."""
        task_status = self.status_at(now, settings)
        return ExportTaskRecord(
            id=self.id,
            region=region,
            source_id=self.source_id,
            bucket=self.bucket,
            key=self.key,
            request=self.request,
            tags=dict(self.tags),
            status=task_status.status,
            status_message=task_status.message,
            started_at=self.started_at,
        )


@dataclass(kw_only=True)
class ImageExportTask(SimulatedExportTask):
    """An export of an AMI."""

    resource_type = "export-image-task"
    id_prefix = "export-ami-"

    def to_api(self, now: float, settings: SimulationSettings) -> dict[str, Any]:
        task_status = self.status_at(now, settings)
        # Without the image and its format, which only ExportImage returns. Source: public task listings.
        shown = {
            "Description": self.request.get("Description"),
            "ExportImageTaskId": self.id,
            "Progress": task_status.progress,
            "S3ExportLocation": self.request["S3ExportLocation"],
            "Status": task_status.status,
            "StatusMessage": task_status.message,
            "Tags": self.tag_list,
        }
        return {name: value for name, value in shown.items() if value is not None}

    def answer(self, now: float, settings: SimulationSettings) -> dict[str, Any]:
        """The response of ExportImage."""
        echoed = {name: self.request.get(name) for name in ("DiskImageFormat", "ImageId", "RoleName")}
        return self.to_api(now, settings) | {name: value for name, value in echoed.items() if value is not None}


@dataclass(kw_only=True)
class InstanceExportTask(SimulatedExportTask):
    """An export of an instance."""

    resource_type = "export-instance-task"
    id_prefix = "export-i-"
    ending = ("cancelling", "cancelled")

    disk_image_format: str

    def to_api(self, now: float, settings: SimulationSettings) -> dict[str, Any]:
        task_status = self.status_at(now, settings)
        target = self.request["ExportToS3Task"]
        location = {
            "ContainerFormat": target.get("ContainerFormat"),
            "DiskImageFormat": self.disk_image_format,
            "S3Bucket": self.bucket,
            "S3Key": self.key,
        }
        shown = {
            "Description": self.request.get("Description"),
            "ExportTaskId": self.id,
            "ExportToS3Task": {name: value for name, value in location.items() if value is not None},
            "InstanceExportDetails": {
                "InstanceId": self.source_id,
                "TargetEnvironment": self.request["TargetEnvironment"],
            },
            "State": task_status.status,
            # Active tasks have no message, and there is no progress. Source: the example of
            # https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-export-tasks.html
            "StatusMessage": None if task_status.status == "active" else task_status.message,
            "Tags": self.tag_list,
        }
        return {name: value for name, value in shown.items() if value is not None}
