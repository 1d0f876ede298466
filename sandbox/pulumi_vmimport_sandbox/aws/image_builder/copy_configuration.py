"""The steps after the copy of an AMI: launch templates, parameters, fast launch, export.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_RegionFailure.html. Their order is assumed.
License configurations are accepted without effect: moto has no License Manager.
"""

from collections.abc import Callable, Mapping
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import ec2_backends
from moto.ssm.models import ssm_backends

from pulumi_vmimport_sandbox.aws.core.builder_image import ImageCopy
from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.core.simulated_fast_launch import SimulatedFastLaunch
from pulumi_vmimport_sandbox.aws.ec2.fast_launch_calls import requested_settings
from pulumi_vmimport_sandbox.aws.image_builder.ami_copies import CopyError
from pulumi_vmimport_sandbox.aws.image_builder.distribution_access import ActingRole
from pulumi_vmimport_sandbox.aws.vm_import.export_simulation import ImageExportTask
from pulumi_vmimport_sandbox.aws.vm_import.export_validation import accept_image_export

Step = Callable[[Cloud, AccountRegion, ImageCopy, ActingRole], None]


def _update_launch_templates(cloud: Cloud, here: AccountRegion, copy: ImageCopy, role: ActingRole) -> None:
    del cloud
    for entry in copy.distribution.get("launchTemplateConfigurations") or []:
        if entry.get("accountId", here.account) != copy.account:
            continue
        template_id = entry["launchTemplateId"]
        arn = f"arn:aws:ec2:{copy.region}:{copy.account}:launch-template/{template_id}"
        role.require("ec2:CreateLaunchTemplateVersion", arn, {"aws:ResourceTag/CreatedBy": "EC2 Image Builder"})
        ec2: Any = ec2_backends[copy.account][copy.region]
        try:
            template: Any = ec2.get_launch_template(template_id)
        except EC2ClientError as error:
            raise CopyError(f"EC2 Client Error: '{error.message}'") from error
        if any(version.image_id == copy.ami.id for version in template.versions):
            continue
        data = {**template.latest_version().data, "ImageId": copy.ami.id}
        version = template.create_version(data, "Created by EC2 Image Builder")
        if entry.get("setDefaultVersion", True):
            role.require("ec2:ModifyLaunchTemplate", arn, {"aws:ResourceTag/CreatedBy": "EC2 Image Builder"})
            template.default_version_number = version.number


def _put_parameters(cloud: Cloud, here: AccountRegion, copy: ImageCopy, role: ActingRole) -> None:
    del cloud
    for entry in copy.distribution.get("ssmParameterConfigurations") or []:
        if entry.get("amiAccountId", here.account) != copy.account:
            continue
        name = entry["parameterName"]
        arn = f"arn:aws:ssm:{copy.region}:{copy.account}:parameter/{name.lstrip('/')}"
        role.require("ssm:PutParameter", arn)
        ssm: Any = ssm_backends[copy.account][copy.region]
        values = {"value": copy.ami.id, "parameter_type": "String", "data_type": entry.get("dataType") or "text"}
        none = dict.fromkeys(("description", "allowed_pattern", "keyid", "tier", "policies"))
        ssm.put_parameter(name=name, overwrite=True, tags=[], **values, **none)


def _update_fast_launch(cloud: Cloud, here: AccountRegion, copy: ImageCopy, role: ActingRole) -> None:
    """Enable EC2 Fast Launch. That Image Builder does not wait for the snapshots is assumed."""
    there = AccountRegion(copy.account, copy.region)
    for entry in copy.distribution.get("fastLaunchConfigurations") or []:
        if not entry["enabled"] or entry.get("accountId", here.account) != copy.account:
            continue
        role.require("ec2:EnableFastLaunch", f"arn:aws:ec2:{copy.region}::image/{copy.ami.id}")
        if copy.ami.platform != "windows":
            text = f"Can't enable EC2 Fast Launch. {copy.ami.id} is not a Windows AMI."
            raise CopyError(f"EC2 Client Error: '{text}'")
        try:
            settings = requested_settings(ec2_backends[there.account][there.region], _fast_launch_request(entry))
        except (ServiceError, EC2ClientError) as error:
            raise CopyError(f"EC2 Client Error: '{error.message}'") from error
        enabled = SimulatedFastLaunch(copy.ami.id, copy.account)
        failure = cloud.faults.next_fast_launch_failure()
        enabled.enable(settings, at=cloud.now, seconds=cloud.settings.enable_fast_launch_seconds, failure=failure)
        cloud.fast_launch[there].setdefault(copy.ami.id, enabled)


def _fast_launch_request(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The request of EnableFastLaunch for an entry of fastLaunchConfigurations."""
    request: dict[str, Any] = {"MaxParallelLaunches": entry.get("maxParallelLaunches")}
    if count := (entry.get("snapshotConfiguration") or {}).get("targetResourceCount"):
        request["SnapshotConfiguration"] = {"TargetResourceCount": count}
    if given := entry.get("launchTemplate"):
        names = {"launchTemplateId": "LaunchTemplateId", "launchTemplateName": "LaunchTemplateName"}
        template = {names[name]: value for name, value in given.items() if name in names}
        request["LaunchTemplate"] = {**template, "Version": given.get("launchTemplateVersion", "$Default")}
    return request


def _export(cloud: Cloud, here: AccountRegion, copy: ImageCopy, role: ActingRole) -> None:
    """Start the export; `export_result` has its end."""
    del here, role
    settings = copy.distribution.get("s3ExportConfiguration")
    if not settings:
        return
    there, task_id = AccountRegion(copy.account, copy.region), ImageExportTask.new_id()
    location = {"S3Bucket": settings["s3Bucket"], "S3Prefix": settings.get("s3Prefix")}
    request: Mapping[str, Any] = {
        "ImageId": copy.ami.id,
        "DiskImageFormat": settings["diskImageFormat"],
        "S3ExportLocation": {name: value for name, value in location.items() if value},
        "RoleName": settings["roleName"],
    }
    try:
        key = accept_image_export(cloud, there, request, copy.ami, task_id)
    except (ServiceError, EC2ClientError) as error:
        raise CopyError(f"EC2 Client Error: '{error.message}'") from error
    copy.export = ImageExportTask(
        id=task_id,
        request=request,
        source_id=copy.ami.id,
        bucket=settings["s3Bucket"],
        key=key,
        started_at=cloud.now,
        failure=cloud.faults.next_export_failure(),
        tags={},
    )
    cloud.tasks[there][task_id] = copy.export


STEPS: Mapping[str, Step] = {
    "UPDATE_LAUNCH_TEMPLATES": _update_launch_templates,
    "PUT_SSM_PARAMETERS": _put_parameters,
    "UPDATE_FAST_LAUNCH_CONFIGURATIONS": _update_fast_launch,
    "EXPORT_AMI": _export,
}


def has_ended(cloud: Cloud, copy: ImageCopy) -> bool:
    """Whether the export of a copy, if there is one, has ended.

    Raises:
        CopyError: It failed.
    """
    if copy.export is None:
        return True
    found = copy.export.status_at(cloud.now, cloud.settings)
    if found.status in {"deleting", "deleted"}:
        raise CopyError(f"EC2 Client Error: '{found.message}'")
    return bool(found.status == "completed")
