"""The members of ImportImage and ImportSnapshot as dataclasses, and their form in the request."""

from collections.abc import Iterable
from dataclasses import dataclass, is_dataclass
from typing import Any

from pulumi_vmimport.aws.ec2.import_options import DiskFormat, SnapshotFormat

IMAGE_MEMBERS = (
    "architecture", "boot_mode", "client_data", "description", "disk_containers", "encrypted", "hypervisor",
    "kms_key_id", "license_specifications", "license_type", "platform", "role_name", "usage_operation",
)  # fmt: skip
SNAPSHOT_MEMBERS = ("client_data", "description", "disk_container", "encrypted", "kms_key_id", "role_name")


@dataclass(frozen=True)
class UserBucket:
    """An object in S3."""

    s3_bucket: str
    s3_key: str


@dataclass(frozen=True)
class ImageDiskContainer:
    """One disk, or an OVA with all disks."""

    description: str | None = None
    device_name: str | None = None
    format: DiskFormat | None = None
    snapshot_id: str | None = None
    url: str | None = None
    user_bucket: UserBucket | None = None


@dataclass(frozen=True)
class SnapshotDiskContainer:
    """The disk of a snapshot import."""

    description: str | None = None
    format: SnapshotFormat | None = None
    url: str | None = None
    user_bucket: UserBucket | None = None


@dataclass(frozen=True)
class ClientData:
    """Optional metadata about the upload (EC2 ClientData)."""

    comment: str | None = None
    upload_start: str | None = None
    upload_end: str | None = None
    upload_size: float | None = None


@dataclass(frozen=True)
class LicenseSpecification:
    """A License Manager configuration."""

    license_configuration_arn: str


def api_members(inputs: Any, names: Iterable[str] = IMAGE_MEMBERS) -> dict[str, Any]:
    """The given members of the inputs that are set, with the API's PascalCase names."""
    return {_pascal(n): _api(v) for n in names if (v := getattr(inputs, n)) is not None}


def _pascal(name: str) -> str:
    return "".join(word.title() for word in name.split("_"))


def _api(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_api(v) for v in value]
    if is_dataclass(value):
        return {_pascal(k): _api(v) for k, v in vars(value).items() if v is not None}
    return getattr(value, "value", value)
