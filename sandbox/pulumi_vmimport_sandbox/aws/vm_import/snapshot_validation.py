"""Validation of the parameters and the disk of ImportSnapshot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud
from pulumi_vmimport_sandbox.aws.core.conversion_task import TaskFailure
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.ec2.encryption_validation import check_key_is_for_encryption, key_failure
from pulumi_vmimport_sandbox.aws.vm_import.disk_source import declared_format, examine_source, locate
from pulumi_vmimport_sandbox.aws.vm_import.import_simulation import ImportSource
from pulumi_vmimport_sandbox.aws.vm_import.service_role_validation import (
    DEFAULT_ROLE,
    RequiredAccess,
    require_service_role,
)
from pulumi_vmimport_sandbox.aws.vm_import.snapshot_import_simulation import SimulatedSnapshotTask
from pulumi_vmimport_sandbox.aws.vm_import.url_source import expiry_failure, is_read_by_url

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SnapshotDiskContainer.html; case-insensitive.
_FORMATS = ("RAW", "VHD", "VMDK")


@dataclass(frozen=True)
class AcceptedSnapshot:
    """The validated request of a new task."""

    source: ImportSource
    capacity: int
    format: str
    failure: TaskFailure | None


def accept_snapshot(cloud: Cloud, account_region: AccountRegion, request: Mapping[str, Any]) -> AcceptedSnapshot:
    """Validate a request.

    Raises:
        ServiceError: The request is rejected.
    """
    check_key_is_for_encryption(request)
    container = request.get("DiskContainer") or {}
    s3_object = locate(account_region, container)
    form = declared_format(container, s3_object)
    if form not in _FORMATS:  # EC2's usual message; assumed for ImportSnapshot
        text = f"Value ({form}) for parameter Format is invalid. Valid values: {', '.join(_FORMATS)}."
        raise ServiceError("InvalidParameterValue", text)
    read = [] if is_read_by_url(container) else [s3_object]
    access = RequiredAccess(
        task_type=SimulatedSnapshotTask.resource_type, objects=read, kms_key=request.get("KmsKeyId")
    )
    require_service_role(cloud, account_region, request.get("RoleName") or DEFAULT_ROLE, access)
    content, failure = examine_source(container, s3_object, boots=False)
    failure = expiry_failure(container, cloud.now, cloud.settings.snapshot_stages) or failure
    return AcceptedSnapshot(
        ImportSource.of(s3_object), content.volumes[0], form, failure or key_failure(account_region, request)
    )
