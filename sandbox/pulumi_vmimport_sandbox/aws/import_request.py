"""ImportImage's parameters: what EC2 refuses at once, and what it reads of the disks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pulumi_vmimport_sandbox.aws import service_role
from pulumi_vmimport_sandbox.aws.cloud import Cloud, Place
from pulumi_vmimport_sandbox.aws.conversion_task import Failure
from pulumi_vmimport_sandbox.aws.disk_content import Content
from pulumi_vmimport_sandbox.aws.disk_source import locate, look
from pulumi_vmimport_sandbox.aws.encryption import check_key_is_for_encryption, key_failure
from pulumi_vmimport_sandbox.aws.guest_system import GuestSystem
from pulumi_vmimport_sandbox.aws.import_tasks import DiskContainer, ImportSource, ImportTask
from pulumi_vmimport_sandbox.aws.licence import USAGE_OPERATIONS, Licence, brings_licence
from pulumi_vmimport_sandbox.aws.pace import BOOTING_PERCENT, VALIDATED_PERCENT
from pulumi_vmimport_sandbox.aws.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.stored import StoredObject
from pulumi_vmimport_sandbox.aws.url_source import expiry_failure, is_read_by_url

_VOLUMES = 21  # IMG-04
# Values in any case (IMG-03 has `--license-type aws`). uefi-preferred is in the model and refused (IMG-01).
_ALLOWED = {
    "Architecture": {"i386", "x86_64"},
    "BootMode": {"legacy-bios", "uefi"},
    "Hypervisor": {"xen"},
    "LicenseType": {"aws", "byol"},
    "Platform": {"windows", "linux"},
}

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
        task_type=ImportTask.resource_type,
        objects=[stored for container, stored in containers if stored and not is_read_by_url(container)],
        kms_key=request.get("KmsKeyId"),
        with_licences=bool(request.get("LicenseSpecifications")),
    )
    service_role.require(cloud, place, request.get("RoleName") or service_role.DEFAULT_ROLE, work)
    accepted = _examined(place, request, containers, snapshot_size)
    stages = cloud.pace.import_stages
    expiries = [expiry_failure(container, cloud.now, stages) for container, _ in containers]
    found = [failure for failure in (*expiries, accepted.failure) if failure]
    return replace(accepted, failure=min(found, key=lambda failure: failure.percent, default=None))


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
    check_key_is_for_encryption(request)


Located = tuple[Mapping[str, Any], StoredObject | None]


def _located(place: Place, container: Mapping[str, Any]) -> Located:
    return container, None if container.get("SnapshotId") else locate(place, container)


def _examined(
    place: Place, request: Mapping[str, Any], located: Sequence[Located], snapshot_size: SnapshotSize
) -> Accepted:
    containers: list[DiskContainer] = []
    guest = None
    failures: list[Failure] = []
    for container, stored in located:
        is_root = not containers
        content, failure = _content(container, stored, snapshot_size, boots=is_root)
        guest = guest or content.guest
        failures += [failure] if failure else []
        containers.append(DiskContainer(container, content.volumes, ImportSource.of(stored) if stored else None))
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
    container: Mapping[str, Any], stored: StoredObject | None, snapshot_size: SnapshotSize, *, boots: bool
) -> tuple[Content, Failure | None]:
    if stored is None:
        return Content((snapshot_size(container["SnapshotId"]) << 30,)), None
    return look(container, stored, boots=boots)


def _late_failures(place: Place, request: Mapping[str, Any], containers: Sequence[DiskContainer]) -> list[Failure]:
    """What the service finds only while it works. Texts assumed."""
    failures = []
    volumes = sum(len(container.volumes) for container in containers)
    if volumes > _VOLUMES:  # TR-27
        text = f"ClientError: The VM has {volumes} volumes, at most {_VOLUMES} are supported"
        failures.append(Failure(text, VALIDATED_PERCENT))
    unusable = key_failure(place, request)
    return [*failures, unusable] if unusable else failures
