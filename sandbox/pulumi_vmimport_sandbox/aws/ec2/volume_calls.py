"""EC2 calls for volumes, with validation that moto lacks."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.ec2.regional_calls import RegionalCalls
from pulumi_vmimport_sandbox.aws.kms.ebs_keys import is_managed_by_aws


class VolumeCalls(RegionalCalls, ElasticBlockStore):  # type: ignore[misc] # moto has no types
    """CreateVolume, AttachVolume and GetEbsDefaultKmsKeyId."""

    def get_ebs_default_kms_key_id(self) -> ActionResult:
        key = self.ec2_backend.default_kms_key_id
        is_managed = key is None or is_managed_by_aws(self.account_region, str(key))
        return ActionResult({"KmsKeyId": "alias/aws/ebs" if is_managed else str(key)})

    def create_volume(self) -> ActionResult:
        zone = self._get_param("AvailabilityZone")
        if self.ec2_backend.get_zone_by_name(zone) is None:
            raise ServiceError("InvalidZone.NotFound", f"The zone '{zone}' does not exist.")
        snapshot_id, size = self._get_param("SnapshotId"), self._get_param("Size")
        if snapshot_id:
            snapshot: Any = self.ec2_backend.get_snapshot(snapshot_id)
            if snapshot.status != "completed":
                raise ServiceError("IncorrectState", f"Snapshot is in invalid state - {snapshot.status}")
            if size is not None and size < snapshot.volume_size:  # EC2's words for RunInstances; assumed here
                text = f"Volume of size {size}GB is smaller than snapshot '{snapshot_id}', expect size >= "
                raise ServiceError("InvalidParameterValue", f"{text}{snapshot.volume_size}GB")
        return super().create_volume()

    def attach_volume(self) -> ActionResult:
        volume: Any = self.ec2_backend.get_volume(self._get_param("VolumeId"))
        instance: Any = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        if volume.attachment:
            raise ServiceError("VolumeInUse", f"{volume.id} is already attached to an instance")
        if volume.availability_zone != instance.availability_zone:
            # linuxkit/linuxkit#2388
            text = f"The volume '{volume.id}' is not in the same availability zone as instance '{instance.id}'"
            raise ServiceError("InvalidVolume.ZoneMismatch", text)
        device = self._get_param("Device")
        if device in instance.block_device_mapping:
            text = f"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use"
            raise ServiceError("InvalidParameterValue", text)
        return super().attach_volume()
