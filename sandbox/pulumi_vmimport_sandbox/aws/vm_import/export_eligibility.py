"""Whether VM Export supports an AMI or an instance.

Sources: https://docs.aws.amazon.com/vm-import/latest/userguide/limits-image-export.html and vmexport-limits.html.
Messages without a source, and their codes, are assumed.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.ec2.image_sharing import find_image

_LARGEST_GIB = 1024
_OWN_LICENCE = {"RunInstances", "RunInstances:0800"}


def check_image(account_region: AccountRegion, image: Any) -> None:
    """Reject an AMI that cannot be exported.

    Raises:
        ServiceError: The reason.
    """
    ec2 = image.ec2_backend
    named = f"The image ID provided ({image.id})"
    if image.product_codes:  # aws/aws-sdk#203
        raise _not_exportable(f"{named} is a marketplace AMI and is not exportable.")
    if image.owner_id != account_region.account:
        raise _not_exportable(f"{named} is not owned by the current user and is not exportable.")
    if _is_licensed_by_aws(image):
        raise _not_exportable(f"{named} contains software licensed by AWS and is not exportable.")
    if image.state != "available":
        raise ServiceError("IncorrectState", f"{named} is {image.state} and is not exportable.")
    disks = [mapping["Ebs"] for mapping in image.block_device_mappings if "Ebs" in mapping]
    if any(disk.get("Encrypted") for disk in disks) or any(s.encrypted for s in _snapshots(ec2, disks)):
        # tommybobbins/super-duper-doodle
        text = f"The image ID ({image.id}) provided has encrypted EBS block devices and is not exportable."
        raise ServiceError("InvalidParameter", text)
    if any(int(disk["VolumeSize"]) > _LARGEST_GIB for disk in disks):
        raise _not_exportable(f"{named} has a volume larger than 1 TiB and is not exportable.")


def check_instance(account_region: AccountRegion, instance: Any) -> None:
    """Reject an instance that cannot be exported.

    Raises:
        ServiceError: The reason.
    """
    ec2 = instance.ec2_backend
    volumes = [ec2.volumes[disk.volume_id] for _, disk in instance.get_block_device_mapping]
    if len(volumes) > 1:  # TR-12
        text = "This instance has multiple volumes attached. Please remove additional volumes."
        raise ServiceError("UnsupportedOperation", text)
    if len(instance.nics) > 1:
        raise _not_exportable("This instance has multiple network interfaces attached and is not exportable.")
    if _has_instance_store(instance):
        raise _not_exportable("This instance has instance store volumes and is not exportable.")
    image = find_image(ec2, account_region, instance.image_id)
    if image is None:
        raise _not_exportable(f"The image ID ({instance.image_id}) of the instance does not exist.")
    if instance.product_codes or image.product_codes or _is_licensed_by_aws(image):
        raise _not_exportable("This instance cannot be exported.")  # TR-13
    _check_base_snapshots(ec2, account_region, image)
    if any(volume.encrypted for volume in volumes):
        raise _not_exportable("This instance has encrypted EBS block devices and is not exportable.")
    if any(int(volume.size) > _LARGEST_GIB for volume in volumes):
        raise _not_exportable("This instance has a volume larger than 1 TiB and is not exportable.")


def _check_base_snapshots(ec2: Any, account_region: AccountRegion, image: Any) -> None:
    for mapping in image.block_device_mappings:
        snapshot_id = mapping["Ebs"]["SnapshotId"]
        if image.owner_id != account_region.account:  # aws/aws-cli#6779
            text = "of the instance neither is owned by current user nor had been previously imported through VMIE."
            raise _not_exportable(f"The snapshot ID ({snapshot_id}) {text}")
        if snapshot_id not in ec2.snapshots:
            raise _not_exportable(f"The snapshot ID ({snapshot_id}) of the instance does not exist.")


def _is_licensed_by_aws(image: Any) -> bool:
    usage = getattr(image, "usage_operation", None)
    if usage is None:  # AMIs that moto created have none
        return (image.platform or "").lower() == "windows"
    return usage not in _OWN_LICENCE


def _has_instance_store(instance: Any) -> bool:
    # Other instance types have mapped instance store volumes, which moto does not support.
    kind: dict[str, Any] = INSTANCE_TYPES.get(instance.instance_type, {})
    return str(kind.get("InstanceStorageInfo", {}).get("NvmeSupport")) == "required"


def _snapshots(ec2: Any, disks: Iterable[dict[str, Any]]) -> Iterator[Any]:
    return (ec2.snapshots[disk["SnapshotId"]] for disk in disks if disk.get("SnapshotId") in ec2.snapshots)


def _not_exportable(text: str) -> ServiceError:
    return ServiceError("NotExportable", text)
