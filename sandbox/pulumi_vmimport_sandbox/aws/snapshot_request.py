"""ImportSnapshot's parameters: what EC2 refuses at once, and what it reads of the disk."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport_sandbox.aws import service_role
from pulumi_vmimport_sandbox.aws.cloud import Cloud, Place
from pulumi_vmimport_sandbox.aws.conversion_task import Failure
from pulumi_vmimport_sandbox.aws.disk_source import declared_format, locate, look
from pulumi_vmimport_sandbox.aws.encryption import check_key_is_for_encryption, key_failure
from pulumi_vmimport_sandbox.aws.import_tasks import ImportSource
from pulumi_vmimport_sandbox.aws.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.snapshot_tasks import SnapshotTask
from pulumi_vmimport_sandbox.aws.url_source import expiry_failure, is_read_by_url

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SnapshotDiskContainer.html; in any case, as ImportImage.
_FORMATS = ("RAW", "VHD", "VMDK")


@dataclass(frozen=True)
class AcceptedSnapshot:
    """What a new task starts from."""

    source: ImportSource
    capacity: int
    format: str
    failure: Failure | None


def accept_snapshot(cloud: Cloud, place: Place, request: Mapping[str, Any]) -> AcceptedSnapshot:
    """Look at a request as EC2 does before it starts a task.

    Raises:
        ServiceError: it is refused.
    """
    check_key_is_for_encryption(request)
    container = request.get("DiskContainer") or {}
    stored = locate(place, container)
    form = declared_format(container, stored)
    if form not in _FORMATS:  # EC2's usual words; assumed for ImportSnapshot
        text = f"Value ({form}) for parameter Format is invalid. Valid values: {', '.join(_FORMATS)}."
        raise ServiceError("InvalidParameterValue", text)
    read = [] if is_read_by_url(container) else [stored]
    work = service_role.Work(task_type=SnapshotTask.resource_type, objects=read, kms_key=request.get("KmsKeyId"))
    service_role.require(cloud, place, request.get("RoleName") or service_role.DEFAULT_ROLE, work)
    content, failure = look(container, stored, boots=False)
    failure = expiry_failure(container, cloud.now, cloud.pace.snapshot_stages) or failure
    return AcceptedSnapshot(ImportSource.of(stored), content.volumes[0], form, failure or key_failure(place, request))
