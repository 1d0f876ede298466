"""Import tasks of ImportImage."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_vmimport_sandbox.aws.core.conversion_task import ConversionTask, TaskStatus
from pulumi_vmimport_sandbox.aws.core.guest_system import GuestSystem
from pulumi_vmimport_sandbox.aws.core.simulation_settings import VALIDATED_PERCENT, SimulationSettings, Stage
from pulumi_vmimport_sandbox.aws.s3.s3_objects import S3Object
from pulumi_vmimport_sandbox.aws.vm_import.guest_license import GuestLicense


@dataclass(frozen=True)
class ImportSource:
    """The state of an object when the import was started."""

    bucket: str
    key: str
    size: int
    sha256: str

    @classmethod
    def of(cls, s3_object: S3Object) -> "ImportSource":
        """The current state of an object."""
        return cls(s3_object.bucket, s3_object.key, s3_object.size, s3_object.sha256())


@dataclass(frozen=True)
class ImportedDisk:
    """An entry of DiskContainers with its content."""

    request: Mapping[str, Any]
    volumes: tuple[int, ...]
    """The sizes of its volumes in bytes."""
    source: ImportSource | None
    """None if the disk is a snapshot."""

    def details(self, message: str) -> dict[str, Any]:
        """Its entry in SnapshotDetails."""
        size = self.source.size if self.source else 0
        # Not read yet. Source: https://docs.aws.amazon.com/cli/latest/reference/ec2/import-image.html
        shown = {"DiskImageSize": 0.0 if message == "pending" else float(size), "Status": "active"}
        if message != "pending":
            shown |= {"DeviceName": self.request.get("DeviceName") or "/dev/sda1", "Status": "completed"}
        names = ("Description", "Format", "SnapshotId", "Url", "UserBucket")
        return shown | {name: self.request[name] for name in names if self.request.get(name)}


@dataclass(frozen=True)
class ImportTaskRecord:
    """The parameters and the status of an import task, for assertions."""

    id: str
    region: str
    sources: tuple[ImportSource, ...]
    request: Mapping[str, Any] = field(repr=False)
    tags: Mapping[str, str]
    status: str
    status_message: str | None
    image_id: str | None
    started_at: float

    @property
    def bucket(self) -> str:
        """The bucket of the first disk."""
        return self.sources[0].bucket

    @property
    def key(self) -> str:
        """The key of the first disk."""
        return self.sources[0].key

    @property
    def size(self) -> int:
        """The size of the first disk's object in bytes when the import was started."""
        return self.sources[0].size

    @property
    def sha256(self) -> str:
        """The hexadecimal digest of the first disk's object when the import was started."""
        return self.sources[0].sha256


@dataclass(kw_only=True)
class SimulatedImportTask(ConversionTask):
    """An image import."""

    resource_type = "import-image-task"
    id_prefix = "import-ami-"

    containers: Sequence[ImportedDisk]
    guest: GuestSystem
    license: GuestLicense
    image_id: str | None = None
    snapshot_ids: Sequence[str] = ()

    def stages(self, settings: SimulationSettings) -> Sequence[Stage]:
        return settings.import_stages

    def to_api(self, now: float, settings: SimulationSettings) -> dict[str, Any]:
        task_status = self.status_at(now, settings)
        shown = {name: self.request.get(name) for name in _ECHOED}
        shown |= {
            "ImportTaskId": self.id,
            "ImageId": self.image_id,
            "Status": task_status.status,
            "StatusMessage": task_status.message,
            "Progress": task_status.progress,
            "Tags": self.tag_list,
            "SnapshotDetails": list(self._snapshot_details(task_status)),
        }
        # Present after validation: keithvassallomt/windows10-ec2#3 (converting), hashicorp/packer#6743 (failed,
        # without the first two).
        if task_status.status == "completed" or (task_status.percent or 0) >= VALIDATED_PERCENT:
            shown |= {
                "Architecture": self.request.get("Architecture") or "x86_64",
                "Platform": self.guest.platform,
                "LicenseType": self.license.type,
            }
        return {name: value for name, value in shown.items() if value is not None}

    def record(self, region: str, now: float, settings: SimulationSettings) -> ImportTaskRecord:
        """A record for assertions."""
        task_status = self.status_at(now, settings)
        return ImportTaskRecord(
            id=self.id,
            region=region,
            sources=tuple(container.source for container in self.containers if container.source),
            request=self.request,
            tags=dict(self.tags),
            status=task_status.status,
            status_message=task_status.message,
            image_id=self.image_id,
            started_at=self.started_at,
        )

    def _snapshot_details(self, task_status: TaskStatus) -> Iterator[dict[str, Any]]:
        details = [container.details(task_status.message or "") for container in self.containers]
        if task_status.status != "completed":
            yield from details
            return
        # Each volume of an OVA has its own snapshot.
        of_volumes = [shown for shown, c in zip(details, self.containers, strict=True) for _ in c.volumes]
        for shown, snapshot_id in zip(of_volumes, self.snapshot_ids, strict=True):
            yield shown | {"SnapshotId": snapshot_id}


_ECHOED = (
    "BootMode", "Description", "Encrypted", "Hypervisor", "KmsKeyId", "LicenseSpecifications", "LicenseType",
    "UsageOperation",
)  # fmt: skip
