"""Validation of the parameters of ExportImage and CreateInstanceExportTask."""

from collections.abc import Mapping
from typing import Any

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.vm_import.export_bucket_validation import require_bucket, require_grants
from pulumi_vmimport_sandbox.aws.vm_import.export_eligibility import check_image, check_instance
from pulumi_vmimport_sandbox.aws.vm_import.export_simulation import ImageExportTask
from pulumi_vmimport_sandbox.aws.vm_import.service_role_validation import (
    DEFAULT_ROLE,
    RequiredAccess,
    require_service_role,
)

_DESCRIPTION = 255
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ExportImage.html; case-insensitive, as in ImportImage.
_IMAGE_FORMATS = ("RAW", "VHD", "VMDK")
# The only format of each target environment. Source: aws/aws-sdk#535.
_DISK_FORMATS = {"citrix": "VHD", "microsoft": "VHD", "vmware": "VMDK"}


def accept_image_export(
    cloud: Cloud, account_region: AccountRegion, request: Mapping[str, Any], image: Any, task_id: str
) -> str:
    """Validate an ExportImage request and return the key of the object.

    Raises:
        ServiceError: The request is rejected.
    """
    form = str(request["DiskImageFormat"])
    if form.upper() not in _IMAGE_FORMATS:
        raise _invalid("DiskImageFormat", form)
    if len(request.get("Description") or "") > _DESCRIPTION:
        raise _invalid("Description", request["Description"])
    location = request["S3ExportLocation"]
    check_image(account_region, image)
    bucket = require_bucket(account_region, location.get("S3Bucket", ""))
    key = f"{location.get('S3Prefix') or ''}{task_id}.{form.lower()}"
    access = RequiredAccess(task_type=ImageExportTask.resource_type, target=(bucket, key))
    require_service_role(cloud, account_region, request.get("RoleName") or DEFAULT_ROLE, access)
    return key


def accept_instance_export(
    account_region: AccountRegion, request: Mapping[str, Any], instance: Any, task_id: str
) -> tuple[str, str]:
    """Validate a CreateInstanceExportTask request and return the disk format and the key.

    Raises:
        ServiceError: The request is rejected.
    """
    environment = str(request["TargetEnvironment"]).lower()
    if environment not in _DISK_FORMATS:
        raise _invalid("TargetEnvironment", request["TargetEnvironment"])
    target = request["ExportToS3Task"]
    container = target.get("ContainerFormat")
    if container and container.lower() != "ova":
        raise _invalid("ContainerFormat", container)
    allowed = _DISK_FORMATS[environment]
    form = str(target.get("DiskImageFormat") or allowed)
    if form.upper() != allowed:
        text = f"diskImageFormat '{form.lower()}' not supported for targetEnvironment '{environment}'. "
        raise ServiceError("Unsupported", f"{text}Valid value(s): '{allowed.lower()}'.")
    check_instance(account_region, instance)
    bucket = require_bucket(account_region, target.get("S3Bucket", ""))
    key = f"{target.get('S3Prefix') or ''}{task_id}.{(container or form).lower()}"
    require_grants(account_region, bucket, key)
    return form, key


def _invalid(name: str, value: object) -> ServiceError:
    # EC2's usual message; assumed for exports.
    return ServiceError("InvalidParameterValue", f"Value ({value}) for parameter {name} is invalid.")
