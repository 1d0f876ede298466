"""AMIs of CopyImage: moto AMIs with their own snapshots and the attributes that moto does not copy."""

import copy
from collections.abc import Mapping
from typing import Any

from moto.ec2.models.amis import Ami
from moto.ec2.utils import random_ami_id

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/CopyingAMIs.html: attributes of the image are copied; tags,
# launch permissions and Regional attributes are not.
_CARRIED = (
    "architecture", "boot_mode", "ena_support", "guest", "hypervisor", "imds_support", "platform", "platform_details",
    "root_device_name", "root_device_type", "sriov", "tpm_support", "usage_operation", "virtualization_type",
)  # fmt: skip


class CopiedAmi(Ami):  # type: ignore[misc] # moto has no types
    """An AMI that is `pending` until its copy completes, then `available`, or `failed` if its key is not usable."""

    def __init__(
        self, ec2_backend: Any, request: Mapping[str, Any], source: Any, *, encrypted: bool, kms_key: str | None
    ) -> None:
        super().__init__(
            ec2_backend,
            random_ami_id(),
            name=request["Name"],
            description=request.get("Description"),
            image_location=f"{ec2_backend.account_id}/{request['Name']}",
            region_name=f"{ec2_backend.region_name}a",
        )
        self.state = "pending"
        for name in _CARRIED:
            if hasattr(source, name):
                setattr(self, name, getattr(source, name))
        self.source_image_id = source.id
        self.source_image_region = request["SourceRegion"]
        self._mappings = copy.deepcopy(source.block_device_mappings)
        own = [self.ebs_snapshot, *(self._another_snapshot() for _ in self._mappings[1:])]
        for snapshot, mapping in zip(own, self._mappings, strict=True):
            was = mapping["Ebs"]["SnapshotId"]
            snapshot.description = (
                f"Copied for DestinationAmi {self.id} from SourceAmi {source.id} for SourceSnapshot {was}."
            )
            snapshot.volume.size = mapping["Ebs"]["VolumeSize"]
            snapshot.encrypted, snapshot.kms_key_id, snapshot.status = encrypted, kms_key, "pending"
            mapping["Ebs"] |= {"SnapshotId": snapshot.id, "Encrypted": encrypted}
        self.snapshots = own

    def start(self, *, at: float, seconds: float, failure: str | None) -> None:
        """Start the copy with its duration and, if it is to fail, the reason."""
        self._ready_at = at + seconds
        self._failure = failure

    @property
    def block_device_mappings(self) -> list[dict[str, Any]]:
        return list(self._mappings)

    @property
    def is_encrypted(self) -> bool:
        """Whether its volumes are encrypted."""
        return any(snapshot.encrypted for snapshot in self.snapshots)

    def update_state(self, now: float) -> None:
        """Set the state at a time."""
        if self.state != "pending" or now < self._ready_at:
            return
        self.state = "failed" if self._failure else "available"
        if self._failure:
            self.state_reason = {"Code": "Client.InternalError", "Message": self._failure}  # code assumed
        for snapshot in self.snapshots:
            snapshot.status = "error" if self._failure else "completed"

    def _another_snapshot(self) -> Any:
        volume = self.ec2_backend.create_volume(size=1, zone_name=f"{self.ec2_backend.region_name}a")
        snapshot = self.ec2_backend.create_snapshot(volume.id, "", self.owner_id, from_ami=self.id)
        self.ec2_backend.delete_volume(volume.id)
        return snapshot
