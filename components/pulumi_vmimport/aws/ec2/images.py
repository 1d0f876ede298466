"""AMIs: find one, and deregister it together with its snapshots.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html, API_DeregisterImage.html,
API_ModifyImageAttribute.html.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import ebs_snapshots
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.tag_lists import tags_in

# For a deregistered AMI, DescribeImages first returns an empty list and later one of these errors.
# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
NO_SUCH_IMAGE = frozenset({"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidAMIID.Malformed"})
IMPORTED_NAMES = "import-ami-*"
"""The names of imported AMIs, as a value of a filter of DescribeImages."""
_IMPORTED_NAME = re.compile(r"import-ami-\w+")
_FAILED_STATES = frozenset({"failed", "error"})
GONE_STATES = frozenset({"deregistered", "invalid"}) | _FAILED_STATES


@dataclass(frozen=True)
class ImageDisk:
    """An entry of an AMI's block device mapping."""

    device_name: str
    snapshot_id: str | None
    encrypted: bool
    size_gib: int
    is_instance_store: bool


@dataclass(frozen=True)
class Image:
    """An AMI as DescribeImages returns it."""

    id: str
    name: str
    owner_id: str
    state: str
    description: str
    platform: str | None
    platform_details: str | None
    usage_operation: str | None
    boot_mode: str | None
    architecture: str | None
    product_codes: tuple[str, ...]
    disks: tuple[ImageDisk, ...]
    tags: Mapping[str, str]
    imds_support: str | None = None
    state_reason: str | None = None

    @property
    def is_failed(self) -> bool:
        """Whether EC2 could not create it."""
        return self.state in _FAILED_STATES

    @property
    def snapshot_ids(self) -> tuple[str, ...]:
        """The snapshots of its volumes, root volume first."""
        return tuple(disk.snapshot_id for disk in self.disks if disk.snapshot_id)


def find(aws: AwsConnection, image_id: str) -> Image | None:
    """The AMI, or None if it does not exist."""
    try:
        images = aws.client("ec2").describe_images(ImageIds=[image_id], IncludeDisabled=True)["Images"]
    except ClientError as error:
        if error_code(error) in NO_SUCH_IMAGE:
            return None
        raise
    return read(images[0]) if images and exists(images[0]) else None


def state_of(aws: AwsConnection, image_id: str) -> tuple[str, str]:
    """The state of an AMI, with its reason: `deregistered` if the AMI does not exist."""
    chosen: Any = [{"Name": "image-id", "Values": [image_id]}]
    images = aws.client("ec2").describe_images(Filters=chosen, IncludeDisabled=True)["Images"]
    if not images:
        return "deregistered", ""
    return images[0].get("State", ""), images[0].get("StateReason", {}).get("Message", "")


def find_imported(aws: AwsConnection, task_id: str) -> Image | None:
    """The AMI that an import task created, also after EC2 has stopped listing the task: its name is the task's id."""
    chosen: Any = [{"Name": "name", "Values": [task_id]}]
    images = aws.client("ec2").describe_images(Owners=["self"], Filters=chosen, IncludeDisabled=True)["Images"]
    found = [image for image in images if exists(image) and importing_task(image)]
    return read(found[0]) if found else None


def imported_without_tags(aws: AwsConnection) -> list[Image]:
    """The AMIs of import tasks that have no tags, newest first."""
    chosen: Any = [{"Name": "name", "Values": [IMPORTED_NAMES]}]
    pages = aws.client("ec2").get_paginator("describe_images")
    found = [
        image
        for page in pages.paginate(Owners=["self"], Filters=chosen, IncludeDisabled=True)
        for image in page["Images"]
        if exists(image) and importing_task(image) and not image.get("Tags")
    ]
    return [read(image) for image in sorted(found, key=lambda image: image.get("CreationDate", ""), reverse=True)]


def is_imported_name(name: str) -> bool:
    """Whether EC2 gave an AMI this name, that of its import task."""
    return _IMPORTED_NAME.fullmatch(name) is not None


def importing_task(answer: Mapping[str, Any]) -> str | None:
    """The id of the import task that created an AMI in `Images`; None for any other AMI, and for a copy."""
    name = str(answer.get("Name", ""))
    return name if is_imported_name(name) and not answer.get("SourceImageId") else None


def exists(answer: Mapping[str, Any], *, with_failed: bool = False) -> bool:
    """Whether an AMI in `Images` exists; one that failed does not, unless it is asked for."""
    state = answer.get("State")
    return state not in GONE_STATES or (with_failed and state in _FAILED_STATES)


def read(found: Mapping[str, Any]) -> Image:
    """The AMI in an element of `Images`."""
    return Image(
        id=found["ImageId"],
        name=found.get("Name", ""),
        owner_id=found.get("OwnerId", ""),
        state=found.get("State", ""),
        description=found.get("Description", ""),
        platform=found.get("Platform"),
        platform_details=found.get("PlatformDetails"),
        usage_operation=found.get("UsageOperation"),
        boot_mode=found.get("BootMode"),
        architecture=found.get("Architecture"),
        product_codes=tuple(code["ProductCodeId"] for code in found.get("ProductCodes", [])),
        disks=tuple(map(_disk, found.get("BlockDeviceMappings", []))),
        tags=tags_in(found.get("Tags", [])),
        imds_support=found.get("ImdsSupport"),
        state_reason=found.get("StateReason", {}).get("Message"),
    )


def set_description(aws: AwsConnection, image_id: str, description: str) -> bool:
    """Set the description of an AMI; False if EC2 does not know the AMI."""
    try:
        aws.client("ec2").modify_image_attribute(ImageId=image_id, Description={"Value": description})
    except ClientError as error:
        if error_code(error) in NO_SUCH_IMAGE:
            return False
        raise
    return True


def delete(aws: AwsConnection, image_id: str | None, snapshot_ids: Iterable[str]) -> None:
    """Deregister an AMI and delete its snapshots; succeeds if they do not exist.

    Raises:
        ClientError: EC2 rejects a call (a snapshot is shared or in use, or permission is missing).
    """
    ec2 = aws.client("ec2")
    if image_id is not None:
        try:
            ec2.deregister_image(ImageId=image_id, DeleteAssociatedSnapshots=True)
        except ClientError as error:
            if error_code(error) not in NO_SUCH_IMAGE:
                raise
    # DeleteAssociatedSnapshots silently skips what it cannot delete, and an interrupted call may have deregistered only
    # the AMI. So each snapshot is deleted by its id as well.
    for snapshot_id in snapshot_ids:
        ebs_snapshots.delete(aws, snapshot_id)


def _disk(mapping: Mapping[str, Any]) -> ImageDisk:
    volume = mapping.get("Ebs", {})
    return ImageDisk(
        device_name=mapping.get("DeviceName", ""),
        snapshot_id=volume.get("SnapshotId"),
        encrypted=bool(volume.get("Encrypted")),
        size_gib=int(volume.get("VolumeSize") or 0),
        is_instance_store=bool(mapping.get("VirtualName")),
    )
