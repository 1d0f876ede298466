"""Import tasks of ImportSnapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_vmimport_sandbox.aws.core.conversion_task import ConversionTask
from pulumi_vmimport_sandbox.aws.core.simulation_settings import SimulationSettings, Stage
from pulumi_vmimport_sandbox.aws.vm_import.import_simulation import ImportSource


@dataclass(frozen=True)
class SnapshotTaskRecord:
    """The parameters and the status of a snapshot import task, for assertions."""

    id: str
    region: str
    source: ImportSource
    request: Mapping[str, Any] = field(repr=False)
    tags: Mapping[str, str]
    status: str
    status_message: str | None
    snapshot_id: str | None
    started_at: float


@dataclass(kw_only=True)
class SimulatedSnapshotTask(ConversionTask):
    """A snapshot import."""

    resource_type = "import-snapshot-task"
    id_prefix = "import-snap-"

    source: ImportSource
    capacity: int
    """The size of the disk in bytes."""
    format: str
    snapshot_id: str | None = None

    def stages(self, settings: SimulationSettings) -> Sequence[Stage]:
        return settings.snapshot_stages

    def to_api(self, now: float, settings: SimulationSettings) -> dict[str, Any]:
        task_status = self.status_at(now, settings)
        container = self.request["DiskContainer"]
        # The size of the object in bytes after validation. Source: public task listings; the user guide says GiB.
        size = 0.0 if task_status.message == "pending" else float(self.source.size)
        detail = {
            "Description": container.get("Description") or self.request.get("Description"),
            "DiskImageSize": size,
            "Encrypted": self.request.get("Encrypted"),
            "Format": self.format,
            "KmsKeyId": self.request.get("KmsKeyId"),
            "Progress": task_status.progress,
            "SnapshotId": self.snapshot_id,
            "Status": task_status.status,
            "StatusMessage": task_status.message,
            "Url": container.get("Url"),
            "UserBucket": container.get("UserBucket"),
        }
        shown = {
            "Description": self.request.get("Description"),
            "ImportTaskId": self.id,
            "SnapshotTaskDetail": {name: value for name, value in detail.items() if value is not None},
            "Tags": self.tag_list,
        }
        return {name: value for name, value in shown.items() if value is not None}

    def record(self, region: str, now: float, settings: SimulationSettings) -> SnapshotTaskRecord:
        """A record for assertions."""
        task_status = self.status_at(now, settings)
        return SnapshotTaskRecord(
            id=self.id,
            region=region,
            source=self.source,
            request=self.request,
            tags=dict(self.tags),
            status=task_status.status,
            status_message=task_status.message,
            snapshot_id=self.snapshot_id,
            started_at=self.started_at,
        )
