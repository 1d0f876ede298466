"""Validation of the parameters and the disks of ImportImage."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud
from pulumi_vmimport_sandbox.aws.core.conversion_task import TaskFailure
from pulumi_vmimport_sandbox.aws.core.guest_system import GuestSystem
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.core.simulation_settings import BOOTING_PERCENT, VALIDATED_PERCENT
from pulumi_vmimport_sandbox.aws.ec2.encryption_validation import check_key_is_for_encryption, key_failure
from pulumi_vmimport_sandbox.aws.s3.s3_objects import S3Object
from pulumi_vmimport_sandbox.aws.vm_import.disk_examination import ExaminedDisk
from pulumi_vmimport_sandbox.aws.vm_import.disk_source import examine_source, locate
from pulumi_vmimport_sandbox.aws.vm_import.guest_license import USAGE_OPERATIONS, GuestLicense, brings_license
from pulumi_vmimport_sandbox.aws.vm_import.import_simulation import ImportedDisk, ImportSource, SimulatedImportTask
from pulumi_vmimport_sandbox.aws.vm_import.service_role_validation import (
    DEFAULT_ROLE,
    RequiredAccess,
    require_service_role,
)
from pulumi_vmimport_sandbox.aws.vm_import.url_source import expiry_failure, is_read_by_url

_VOLUMES = 21  # https://docs.aws.amazon.com/vm-import/latest/userguide/vmie_prereqs.html
# Case-insensitive: AWS's guide uses `--license-type aws`. EC2 rejects uefi-preferred, which is in the service model.
_ALLOWED = {
    "Architecture": {"i386", "x86_64"},
    "BootMode": {"legacy-bios", "uefi"},
    "Hypervisor": {"xen"},
    "LicenseType": {"aws", "byol"},
    "Platform": {"windows", "linux"},
}

SnapshotSize = Callable[[str], int]
"""Returns the size of a snapshot in GiB by its id. Raises EC2's error if it does not exist."""


@dataclass(frozen=True)
class AcceptedImport:
    """The validated request of a new task."""

    containers: Sequence[ImportedDisk]
    guest: GuestSystem
    license: GuestLicense
    failure: TaskFailure | None


def accept_import(
    cloud: Cloud, account_region: AccountRegion, request: Mapping[str, Any], snapshot_size: SnapshotSize
) -> AcceptedImport:
    """Validate a request.

    Raises:
        ServiceError: The request is rejected.
    """
    _check_values(request)
    containers = [_located(account_region, container) for container in request.get("DiskContainers") or []]
    if not containers:
        raise ServiceError("InvalidParameter", "You must specify at least one disk container")  # assumed
    access = RequiredAccess(
        task_type=SimulatedImportTask.resource_type,
        objects=[s3_object for container, s3_object in containers if s3_object and not is_read_by_url(container)],
        kms_key=request.get("KmsKeyId"),
        with_licenses=bool(request.get("LicenseSpecifications")),
    )
    require_service_role(cloud, account_region, request.get("RoleName") or DEFAULT_ROLE, access)
    accepted = _examined(account_region, request, containers, snapshot_size)
    stages = cloud.settings.import_stages
    expiries = [expiry_failure(container, cloud.now, stages) for container, _ in containers]
    found = [failure for failure in (*expiries, accepted.failure) if failure]
    return replace(accepted, failure=min(found, key=lambda failure: failure.percent, default=None))


def _check_values(request: Mapping[str, Any]) -> None:
    for name, allowed in _ALLOWED.items():
        value = request.get(name)
        if value and str(value).lower() not in allowed:
            text = f"Value ({value}) for parameter {name} is invalid."  # EC2's usual message; assumed for ImportImage
            raise ServiceError("InvalidParameterValue", text)
    usage = request.get("UsageOperation")
    if usage and request.get("LicenseType"):  # TR-11; text assumed
        raise ServiceError("InvalidParameterCombination", "You cannot specify both LicenseType and UsageOperation")
    if usage and usage not in USAGE_OPERATIONS:
        raise ServiceError("InvalidParameterValue", f"Value ({usage}) for parameter UsageOperation is invalid.")
    check_key_is_for_encryption(request)


Located = tuple[Mapping[str, Any], S3Object | None]


def _located(account_region: AccountRegion, container: Mapping[str, Any]) -> Located:
    return container, None if container.get("SnapshotId") else locate(account_region, container)


def _examined(
    account_region: AccountRegion, request: Mapping[str, Any], located: Sequence[Located], snapshot_size: SnapshotSize
) -> AcceptedImport:
    containers: list[ImportedDisk] = []
    guest = None
    failures: list[TaskFailure] = []
    for container, s3_object in located:
        is_root = not containers
        content, failure = _content(container, s3_object, snapshot_size, boots=is_root)
        guest = guest or content.guest
        failures += [failure] if failure else []
        containers.append(ImportedDisk(container, content.volumes, ImportSource.of(s3_object) if s3_object else None))
    license_type, usage_operation = request.get("LicenseType"), request.get("UsageOperation")
    guest = guest or GuestSystem.of_platform(
        request.get("Platform"), brings_license=brings_license(license_type, usage_operation)
    )
    license = GuestLicense.of(license_type, usage_operation, guest)
    failures += _late_failures(account_region, request, containers)
    mismatch = license.mismatch(guest)
    failures += [TaskFailure(mismatch, BOOTING_PERCENT)] if mismatch else []
    return AcceptedImport(containers, guest, license, failures[0] if failures else None)


def _content(
    container: Mapping[str, Any], s3_object: S3Object | None, snapshot_size: SnapshotSize, *, boots: bool
) -> tuple[ExaminedDisk, TaskFailure | None]:
    if s3_object is None:
        return ExaminedDisk((snapshot_size(container["SnapshotId"]) << 30,)), None
    return examine_source(container, s3_object, boots=boots)


def _late_failures(
    account_region: AccountRegion, request: Mapping[str, Any], containers: Sequence[ImportedDisk]
) -> list[TaskFailure]:
    """Failures that the service detects during the task. Messages assumed."""
    failures = []
    volumes = sum(len(container.volumes) for container in containers)
    if volumes > _VOLUMES:  # TR-27
        text = f"ClientError: The VM has {volumes} volumes, at most {_VOLUMES} are supported"
        failures.append(TaskFailure(text, VALIDATED_PERCENT))
    unusable = key_failure(account_region, request)
    return [*failures, unusable] if unusable else failures
