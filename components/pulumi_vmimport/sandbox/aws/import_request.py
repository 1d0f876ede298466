"""ImportImage's parameters: what EC2 refuses at once, and what it reads of the disks."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from pulumi_vmimport.sandbox.aws import service_role
from pulumi_vmimport.sandbox.aws.cloud import Cloud, Place
from pulumi_vmimport.sandbox.aws.disk_content import Content, Unusable, examine
from pulumi_vmimport.sandbox.aws.guest_system import GuestSystem
from pulumi_vmimport.sandbox.aws.import_tasks import DiskContainer, Failure, ImportSource
from pulumi_vmimport.sandbox.aws.licence import USAGE_OPERATIONS, Licence, brings_licence
from pulumi_vmimport.sandbox.aws.pace import BOOTING_PERCENT, VALIDATED_PERCENT
from pulumi_vmimport.sandbox.aws.service_error import ServiceError
from pulumi_vmimport.sandbox.aws.stored import StoredObject, find_kms_key, find_object

_VOLUMES = 21  # IMG-04
# Values in any case (IMG-03 has `--license-type aws`). uefi-preferred is in the model and refused (IMG-01).
_ALLOWED = {
    "Architecture": {"i386", "x86_64"},
    "BootMode": {"legacy-bios", "uefi"},
    "Hypervisor": {"xen"},
    "LicenseType": {"aws", "byol"},
    "Platform": {"windows", "linux"},
}
_VIRTUAL_HOST = re.compile(r"(.+)\.s3[.-]")

SnapshotSize = Callable[[str], int]
"""The size in GiB of a snapshot of the caller, by its id; it raises EC2's error where there is none."""


@dataclass(frozen=True)
class Accepted:
    """What a new task starts from."""

    containers: Sequence[DiskContainer]
    guest: GuestSystem
    licence: Licence
    failure: Failure | None


def accept(cloud: Cloud, place: Place, request: Mapping[str, Any], snapshot_size: SnapshotSize) -> Accepted:
    """Look at a request as EC2 does before it starts a task.

    Raises:
        ServiceError: it is refused.
    """
    _check_values(request)
    containers = [_located(place, container) for container in request.get("DiskContainers") or []]
    if not containers:
        raise ServiceError("InvalidParameter", "You must specify at least one disk container")  # assumed
    work = service_role.Work(
        objects=[stored for _, stored in containers if stored],
        kms_key=request.get("KmsKeyId"),
        with_licences=bool(request.get("LicenseSpecifications")),
    )
    service_role.require(cloud, place, request.get("RoleName") or service_role.DEFAULT_ROLE, work)
    return _examined(place, request, containers, snapshot_size)


def _check_values(request: Mapping[str, Any]) -> None:
    for name, allowed in _ALLOWED.items():
        value = request.get(name)
        if value and str(value).lower() not in allowed:
            text = f"Value ({value}) for parameter {name} is invalid."  # EC2's usual words; assumed for ImportImage
            raise ServiceError("InvalidParameterValue", text)
    usage = request.get("UsageOperation")
    if usage and request.get("LicenseType"):  # TR-11; text assumed
        raise ServiceError("InvalidParameterCombination", "You cannot specify both LicenseType and UsageOperation")
    if usage and usage not in USAGE_OPERATIONS:
        raise ServiceError("InvalidParameterValue", f"Value ({usage}) for parameter UsageOperation is invalid.")
    if request.get("KmsKeyId") and not request.get("Encrypted"):  # EC2's words for a volume; assumed for ImportImage
        text = "The parameter [KmsKeyId] requires the parameter Encrypted to be set."
        raise ServiceError("InvalidParameterDependency", text)


Located = tuple[Mapping[str, Any], StoredObject | None]


def _located(place: Place, container: Mapping[str, Any]) -> Located:
    if container.get("SnapshotId"):
        return container, None
    bucket, key = _location(container)
    if not bucket or not key:
        raise ServiceError("InvalidParameter", "Invalid S3 source location")  # TR-09
    stored = find_object(place, bucket, key)
    if stored is None:
        # gardenlinux/gardenlinux#3206; that a missing object reads so is assumed.
        raise ServiceError("InvalidParameter", f"User does not have access to the S3 object ({bucket}/{key}).")
    if stored.region != place.region:
        text = "The given S3 object is not local to the region. The object must be located in "
        raise ServiceError(
            "InvalidParameter", f"{text}{place.region}."
        )  # confidential-containers cloud-api-adaptor#587
    return container, stored


def _location(container: Mapping[str, Any]) -> tuple[str, str]:
    """Bucket and key of a UserBucket, an s3:// URL or an https URL (S3-03)."""
    if not container.get("Url"):
        named = container.get("UserBucket") or {}
        return named.get("S3Bucket", ""), named.get("S3Key", "")
    url = urlsplit(container["Url"])
    path = unquote(url.path.lstrip("/"))
    if url.scheme == "s3":
        return url.netloc, path
    virtual = _VIRTUAL_HOST.match(url.netloc)
    if virtual:
        return virtual.group(1), path
    bucket, _, key = path.partition("/")
    return bucket, key


def _examined(
    place: Place, request: Mapping[str, Any], located: Sequence[Located], snapshot_size: SnapshotSize
) -> Accepted:
    containers = []
    guest = None
    failures: list[Failure] = []
    for container, stored in located:
        content, failure = _content(container, stored, snapshot_size)
        guest = guest or content.guest
        failures += [failure] if failure else []
        source = ImportSource(stored.bucket, stored.key, stored.size, stored.sha256()) if stored else None
        containers.append(DiskContainer(container, content.volumes, source))
    license_type, usage_operation = request.get("LicenseType"), request.get("UsageOperation")
    guest = guest or GuestSystem.of_platform(
        request.get("Platform"), brings_licence=brings_licence(license_type, usage_operation)
    )
    licence = Licence.of(license_type, usage_operation, guest)
    failures += _late_failures(place, request, containers)
    mismatch = licence.mismatch(guest)
    failures += [Failure(mismatch, BOOTING_PERCENT)] if mismatch else []
    return Accepted(containers, guest, licence, failures[0] if failures else None)


def _content(
    container: Mapping[str, Any], stored: StoredObject | None, snapshot_size: SnapshotSize
) -> tuple[Content, Failure | None]:
    if stored is None:
        return Content((snapshot_size(container["SnapshotId"]) << 30,)), None
    declared = container.get("Format") or stored.key.rpartition(".")[2]
    with stored.open() as file:
        try:
            return examine(declared, file, stored.size), None
        except Unusable as unusable:
            return Content((stored.size,)), Failure(str(unusable), VALIDATED_PERCENT)


def _late_failures(place: Place, request: Mapping[str, Any], containers: Sequence[DiskContainer]) -> list[Failure]:
    """What the service finds only while it works. Texts assumed."""
    failures = []
    volumes = sum(len(container.volumes) for container in containers)
    if volumes > _VOLUMES:  # TR-27
        text = f"ClientError: The VM has {volumes} volumes, at most {_VOLUMES} are supported"
        failures.append(Failure(text, VALIDATED_PERCENT))
    name = request.get("KmsKeyId")
    key = find_kms_key(place, name) if name else None
    if name and (key is None or not key.is_usable):
        failures.append(Failure(f"ClientError: The KMS key {name} cannot be used", VALIDATED_PERCENT))
    return failures
