"""Copies of AMIs under another name: EC2 names an imported AMI after its task, and no call renames an AMI.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopyImage.html
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.tag_lists import tag_list
from pulumi_vmimport.aws.task_poller import Pollers, batches

# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopyImage.html, member Name
VALID_NAME = re.compile(r"[A-Za-z0-9()\[\] ./\-'@_]{3,128}")
_IDS_PER_CALL = 100


@dataclass(frozen=True)
class CopyRequest:
    """A copy of an AMI in its Region."""

    source_image_id: str
    name: str
    description: str | None
    encrypted: bool | None
    kms_key_id: str | None


def start(aws: AwsConnection, request: CopyRequest, tags: Mapping[str, str]) -> str | None:
    """Call CopyImage, which tags the copy and its snapshots; returns its id, or None if an AMI has the name already."""
    members: dict[str, Any] = {
        "Name": request.name,
        "SourceImageId": request.source_image_id,
        "SourceRegion": aws.region,
        "Description": request.description,
        "Encrypted": request.encrypted,
        "KmsKeyId": request.kms_key_id,
    }
    specifications: Any = [{"ResourceType": kind, "Tags": tag_list(tags)} for kind in ("image", "snapshot")]
    given: Any = {name: value for name, value in members.items() if value is not None}
    try:
        return aws.client("ec2").copy_image(**given, TagSpecifications=specifications)["ImageId"]
    except ClientError as error:
        if error_code(error) == "InvalidAMIName.Duplicate":
            return None
        raise


def find_by_name(aws: AwsConnection, name: str) -> images.Image | None:
    """The AMI of the account with this name; names are unique in an account and Region."""
    return next(iter(_described(aws, [{"Name": "name", "Values": [_literal(name)]}])), None)


def find_by_tag(aws: AwsConnection, key: str, start: str) -> tuple[images.Image, ...]:
    """The AMIs of the account with a tag whose value starts so."""
    return _described(aws, [{"Name": f"tag:{key}", "Values": [f"{_literal(start)}*"]}])


def describe(aws: AwsConnection, image_ids: list[str]) -> dict[str, images.Image]:
    """The AMIs of these ids that exist, also those whose copy failed."""
    found: dict[str, images.Image] = {}
    for batch in batches(image_ids, _IDS_PER_CALL):
        chosen = [{"Name": "image-id", "Values": batch}]
        found |= {image.id: image for image in _described(aws, chosen, with_failed=True)}
    return found


POLLERS = Pollers(describe)


def require_imds_v2(aws: AwsConnection, image_id: str) -> bool:
    """Make IMDSv2 the default of instances of an AMI, which cannot be undone; False if EC2 does not know the AMI."""
    try:
        aws.client("ec2").modify_image_attribute(ImageId=image_id, ImdsSupport={"Value": "v2.0"})
    except ClientError as error:
        if error_code(error) in images.NO_SUCH_IMAGE:
            return False
        raise
    return True


def launch_permissions(aws: AwsConnection, image_id: str) -> tuple[str, ...]:
    """Who may launch an AMI besides its owner: account ids, `all`, ARNs of organizations and organizational units."""
    try:
        found = aws.client("ec2").describe_image_attribute(ImageId=image_id, Attribute="launchPermission")
    except ClientError as error:
        if error_code(error) in images.NO_SUCH_IMAGE:
            return ()
        raise
    return tuple(
        sorted(str(value) for permission in found.get("LaunchPermissions", []) for value in permission.values())
    )


def _described(aws: AwsConnection, chosen: Iterable[Any], *, with_failed: bool = False) -> tuple[images.Image, ...]:
    try:
        found = aws.client("ec2").describe_images(Owners=["self"], Filters=list(chosen), IncludeDisabled=True)["Images"]
    except ClientError as error:
        if error_code(error) in images.NO_SUCH_IMAGE:
            return ()
        raise
    return tuple(images.read(image) for image in found if images.exists(image, with_failed=with_failed))


def _literal(value: str) -> str:
    """The value of a filter that matches only itself: EC2 reads * and ? as wildcards."""
    return re.sub(r"([\\*?])", r"\\\1", value)
