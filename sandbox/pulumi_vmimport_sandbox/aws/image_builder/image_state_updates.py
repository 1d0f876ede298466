"""The change of the state of images by StartResourceStateUpdate: deprecated, disabled, available again, deleted.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_StartResourceStateUpdate.html. Statuses of the
resources, reasons and texts of errors are assumed. moto's AMIs have no deprecation time, so only the Image Builder
image shows that it is deprecated.
"""

from collections.abc import Mapping
from typing import Any

from moto.ec2.models import ec2_backends

from pulumi_vmimport_sandbox.aws.core.builder_image import IN_PROGRESS, BuilderImage, ImageCopy, LifecycleExecution
from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.image_builder.distribution_access import (
    AccessError,
    execution_role,
    lifecycle_role,
)
from pulumi_vmimport_sandbox.aws.image_builder.model_validation import invalid_value
from pulumi_vmimport_sandbox.aws.image_builder.state_update_exclusions import is_excluded

_STATES = ("AVAILABLE", "DEPRECATED", "DISABLED", "DELETED")
# Source: the managed policy EC2ImageBuilderLifecycleExecutionPolicy.
_ACTIONS = {
    "AVAILABLE": ("ec2:EnableImage", "ec2:DisableImageDeprecation"),
    "DEPRECATED": ("ec2:EnableImageDeprecation",),
    "DISABLED": ("ec2:DisableImage",),
    "DELETED": ("ec2:DeregisterImage",),
}
_ACTION_NAMES = {"AVAILABLE": "AVAILABLE", "DEPRECATED": "DEPRECATE", "DISABLED": "DISABLE", "DELETED": "DELETE"}
_AMI_STATES = {"AVAILABLE": "available", "DISABLED": "disabled"}
_CONTEXT = {"aws:ResourceTag/CreatedBy": "EC2 Image Builder"}


def validated_target(request: Mapping[str, Any], image: BuilderImage, now: float) -> str:
    """The new state that a request asks for.

    Raises:
        ServiceError: The request is invalid, or the image cannot get this state.
    """
    target, included = str((request.get("state") or {}).get("status")), request.get("includeResources")
    if target not in _STATES:
        raise invalid_value("state.status", f"Expected one of {', '.join(_STATES)}.")
    if ("executionRole" in request) != (included is not None):
        raise _invalid("Specify executionRole together with includeResources.")
    if target == "DELETED" and not included:
        raise _invalid("To set an image to DELETED, include its underlying resources.")
    if target != "DELETED" and included and (included.get("snapshots") or included.get("containers")):
        raise _invalid("Snapshots and containers can only be included for the state DELETED.")
    if "updateAt" in request and target != "DEPRECATED":
        raise _invalid("updateAt is only valid for the state DEPRECATED.")
    if "updateAt" in request and request["updateAt"].timestamp() <= now:
        raise _invalid("updateAt must be in the future.")
    if image.status in IN_PROGRESS:
        raise ServiceError("ResourceInUseException", f"The image {image.arn} is {image.status}.")
    if image.status in {"FAILED", "CANCELLED"} and target != "DELETED":
        raise _invalid(f"The image {image.arn} is {image.status} and can only be set to DELETED.")
    return target


def advance_state_updates(cloud: Cloud) -> None:
    """Complete the executions whose time has come."""
    for here, resources in list(cloud.image_builder.items()):
        for execution in resources.executions.values():
            if execution.status == "IN_PROGRESS" and cloud.now >= execution.ends_at:
                _complete(cloud, here, resources.images, execution)


def _complete(
    cloud: Cloud, here: AccountRegion, images: dict[str, BuilderImage], execution: LifecycleExecution
) -> None:
    image = images.get(execution.image_arn)
    with_amis = image is not None and execution.with_amis
    copies = [copy for copy in image.copies if copy.ami is not None] if image is not None and with_amis else []
    included = [copy for copy in copies if not is_excluded(copy, execution.exclusions)]
    execution.resources = [_updated(cloud, here, execution, copy) for copy in included]
    failed = [entry for entry in execution.resources if entry["state"]["status"] != "SUCCESS"]
    execution.status = "FAILED" if failed else "SUCCESS"
    if failed:
        execution.reason = f"{len(failed)} of {len(execution.resources)} resources could not be updated."
    elif execution.target == "DELETED" and len(included) < len(copies):
        return  # the image is retained with the AMIs that were skipped
    elif execution.target == "DELETED":
        images.pop(execution.image_arn, None)
    elif image is not None:
        image.status = execution.target


def _updated(cloud: Cloud, here: AccountRegion, execution: LifecycleExecution, copy: ImageCopy) -> dict[str, Any]:
    """Update or delete one AMI. Returns the element of ListLifecycleExecutionResources."""
    there = AccountRegion(copy.account, copy.region)
    ec2: Any = ec2_backends[there.account][there.region]
    state: Mapping[str, str] = {"status": "SUCCESS"}
    try:
        named = cloud.image_builder[here].images[execution.image_arn].execution_role
        own = execution_role(cloud, here, str(named))  # StartResourceStateUpdate has set it
        role = lifecycle_role(own, there, execution.image_arn)
        for action in _ACTIONS[execution.target]:
            role.require(action, f"arn:aws:ec2:{there.region}::image/{copy.ami.id}", _CONTEXT)
        if execution.with_snapshots:
            role.require("ec2:DeleteSnapshot", f"arn:aws:ec2:{there.region}::snapshot/*", _CONTEXT)
    except (AccessError, ServiceError) as error:
        state = {"status": "FAILED", "reason": str(error)}
    else:
        if execution.target == "DELETED":
            _delete(cloud, ec2, copy, with_snapshots=execution.with_snapshots)
        elif copy.ami.id in ec2.amis:
            copy.ami.state = _AMI_STATES.get(execution.target, copy.ami.state)
    return {
        "accountId": there.account,
        "region": there.region,
        "resourceId": copy.ami.id,
        "action": {"name": _ACTION_NAMES[execution.target]},
        "state": dict(state),
        "startTime": execution.started_at,
        "endTime": execution.ends_at,
    }


def _delete(cloud: Cloud, ec2: Any, copy: ImageCopy, *, with_snapshots: bool) -> None:
    if ec2.amis.pop(copy.ami.id, None) is not None:
        cloud.deregistered[copy.ami.id] = cloud.now
        ec2.deleted_amis.append(copy.ami.id)
        ec2.tags.pop(copy.ami.id, None)
    for snapshot in copy.ami.snapshots if with_snapshots else ():
        ec2.snapshots.pop(snapshot.id, None)
        ec2.tags.pop(snapshot.id, None)


def _invalid(text: str) -> ServiceError:
    return ServiceError("InvalidRequestException", text)
