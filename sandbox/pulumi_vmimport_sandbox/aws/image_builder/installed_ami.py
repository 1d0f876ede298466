"""AMIs that Image Builder installs from an ISO file: moto AMIs of a Windows 11 with the user's own license."""

from typing import Any

from moto.ec2.models.amis import Ami
from moto.ec2.utils import random_ami_id

from pulumi_vmimport_sandbox.aws.core.guest_system import GuestSystem
from pulumi_vmimport_sandbox.aws.vm_import.guest_license import GuestLicense

_GIB = 64


class InstalledAmi(Ami):  # type: ignore[misc] # moto has no types
    """An AMI with one volume, its license and its guest. The size of the volume is assumed."""

    def __init__(self, ec2_backend: Any, name: str, image_arn: str) -> None:
        super().__init__(
            ec2_backend,
            random_ami_id(),
            name=name,
            description=f"Created by EC2 Image Builder from {image_arn}",
            architecture="x86_64",
            platform="windows",
            image_location=f"{ec2_backend.account_id}/{name}",
            virtualization_type="hvm",
            hypervisor="xen",
            root_device_type="ebs",
            region_name=f"{ec2_backend.region_name}a",
            boot_mode="uefi",
        )
        self.guest = GuestSystem("Microsoft Windows 11", is_windows=True, is_client=True)
        owned = GuestLicense.of("BYOL", None, self.guest)
        self.platform_details, self.usage_operation = owned.platform_details, owned.usage_operation
        self.ena_support = True
        self.snapshots = [self.ebs_snapshot]
        self.ebs_snapshot.volume.size = _GIB
        # AWS's policies for the deletion require the tag CreatedBy on AMIs and snapshots.
        created_by = {"CreatedBy": "EC2 Image Builder"}
        self.add_tags({**created_by, "Ec2ImageBuilderArn": image_arn})
        self.ebs_snapshot.add_tags(created_by)

    @property
    def block_device_mappings(self) -> list[dict[str, Any]]:
        volume = {"SnapshotId": self.ebs_snapshot.id, "VolumeSize": _GIB, "DeleteOnTermination": True}
        return [{"DeviceName": "/dev/sda1", "Ebs": {**volume, "VolumeType": "gp3", "Encrypted": False}}]
