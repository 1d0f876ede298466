"""AMIs of imports: moto AMIs with the attributes that moto lacks."""

from datetime import UTC, datetime
from typing import Any

from moto.ec2.models.amis import Ami
from moto.ec2.utils import random_ami_id

from pulumi_vmimport_sandbox.aws.vm_import.import_simulation import SimulatedImportTask
from pulumi_vmimport_sandbox.aws.vm_import.imported_snapshot import volume_gib


class ImportedAmi(Ami):  # type: ignore[misc] # moto has no types
    """An AMI with the sizes of its volumes, its license and its guest."""

    def __init__(self, ec2_backend: Any, task: SimulatedImportTask, created_at: float) -> None:
        request = task.request
        sizes = [volume_gib(size) for container in task.containers for size in container.volumes]
        is_encrypted = bool(request.get("Encrypted")) or bool(ec2_backend.ebs_encryption_by_default)
        described = f"Created by AWS-VMImport service for {task.id}"
        super().__init__(
            ec2_backend,
            random_ami_id(),
            name=task.id,
            # The request's Description belongs to the task. The description of the AMI is assumed.
            description=f"AWS-VMImport service: {task.guest.name}",
            architecture=request.get("Architecture") or "x86_64",
            platform="windows" if task.guest.is_windows else None,
            image_location=f"{ec2_backend.account_id}/{task.id}",
            virtualization_type="hvm",
            hypervisor="xen",
            root_device_type="ebs",
            region_name=f"{ec2_backend.region_name}a",
            boot_mode=request.get("BootMode") or "legacy-bios",
            snapshot_description=described,
            creation_date=datetime.fromtimestamp(created_at, UTC).replace(tzinfo=None),
        )
        self.platform_details = task.license.platform_details
        self.usage_operation = task.license.usage_operation
        self.ena_support = True
        self.guest = task.guest
        self.snapshots = [self.ebs_snapshot, *(self._extra_snapshot(described) for _ in sizes[1:])]
        for snapshot, size in zip(self.snapshots, sizes, strict=True):
            snapshot.volume.size = size
            snapshot.encrypted = is_encrypted
            snapshot.kms_key_id = request.get("KmsKeyId")

    @property
    def snapshot_ids(self) -> list[str]:
        """The snapshots of its volumes, root volume first."""
        return [str(snapshot.id) for snapshot in self.snapshots]

    @property
    def block_device_mappings(self) -> list[dict[str, Any]]:
        return [
            {
                "DeviceName": f"/dev/sda{number}" if number == 1 else f"/dev/sd{chr(ord('e') + number)}",
                "Ebs": {
                    "SnapshotId": snapshot.id,
                    "VolumeSize": snapshot.volume.size,
                    "DeleteOnTermination": number == 1,
                    "VolumeType": "gp2",
                    "Encrypted": snapshot.encrypted,
                },
            }
            for number, snapshot in enumerate(self.snapshots, 1)
        ]

    @property
    def is_encrypted(self) -> bool:
        """Whether its volumes are encrypted."""
        return any(snapshot.encrypted for snapshot in self.snapshots)

    def _extra_snapshot(self, description: str) -> Any:
        volume = self.ec2_backend.create_volume(size=1, zone_name=f"{self.ec2_backend.region_name}a")
        snapshot = self.ec2_backend.create_snapshot(volume.id, description, self.owner_id, from_ami=self.id)
        self.ec2_backend.delete_volume(volume.id)
        return snapshot
