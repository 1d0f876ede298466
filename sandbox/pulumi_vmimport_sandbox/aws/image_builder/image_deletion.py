"""The deletion of images with their AMIs and snapshots by StartResourceStateUpdate.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_StartResourceStateUpdate.html. Statuses of the
resources and reasons are assumed.
"""

from collections.abc import Mapping
from typing import Any

from moto.ec2.models import ec2_backends

from pulumi_vmimport_sandbox.aws.core.builder_image import BuilderImage, ImageCopy, LifecycleExecution
from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.image_builder.distribution_access import (
    AccessError,
    execution_role,
    lifecycle_role,
)

_CONTEXT = {"aws:ResourceTag/CreatedBy": "EC2 Image Builder"}


def advance_deletions(cloud: Cloud) -> None:
    """Complete the executions whose time has come."""
    for here, resources in list(cloud.image_builder.items()):
        for execution in resources.executions.values():
            if execution.status == "IN_PROGRESS" and cloud.now >= execution.ends_at:
                _complete(cloud, here, resources.images, execution)


def _complete(
    cloud: Cloud, here: AccountRegion, images: dict[str, BuilderImage], execution: LifecycleExecution
) -> None:
    image = images.get(execution.image_arn)
    copies = [] if image is None else [copy for copy in image.copies if copy.ami is not None]
    execution.resources = [_deleted(cloud, here, execution, copy) for copy in copies]
    failed = [entry for entry in execution.resources if entry["state"]["status"] != "SUCCESS"]
    execution.status = "FAILED" if failed else "SUCCESS"
    if failed:
        execution.reason = f"{len(failed)} of {len(execution.resources)} resources could not be deleted."
    else:
        images.pop(execution.image_arn, None)


def _deleted(cloud: Cloud, here: AccountRegion, execution: LifecycleExecution, copy: ImageCopy) -> dict[str, Any]:
    """Delete one AMI. Returns the element of ListLifecycleExecutionResources."""
    there = AccountRegion(copy.account, copy.region)
    ec2: Any = ec2_backends[there.account][there.region]
    state: Mapping[str, str] = {"status": "SUCCESS"}
    try:
        named = cloud.image_builder[here].images[execution.image_arn].execution_role
        own = execution_role(cloud, here, str(named))  # StartResourceStateUpdate has set it
        role = lifecycle_role(own, there, execution.image_arn)
        role.require("ec2:DeregisterImage", f"arn:aws:ec2:{there.region}::image/{copy.ami.id}", _CONTEXT)
        if execution.with_snapshots:
            role.require("ec2:DeleteSnapshot", f"arn:aws:ec2:{there.region}::snapshot/*", _CONTEXT)
    except (AccessError, ServiceError) as error:
        state = {"status": "FAILED", "reason": str(error)}
    else:
        if ec2.amis.pop(copy.ami.id, None) is not None:
            cloud.deregistered[copy.ami.id] = cloud.now
            ec2.deleted_amis.append(copy.ami.id)
            ec2.tags.pop(copy.ami.id, None)
        for snapshot in copy.ami.snapshots if execution.with_snapshots else ():
            ec2.snapshots.pop(snapshot.id, None)
            ec2.tags.pop(snapshot.id, None)
    return {
        "accountId": there.account,
        "region": there.region,
        "resourceId": copy.ami.id,
        "action": {"name": "DELETE"},
        "state": dict(state),
        "startTime": execution.started_at,
        "endTime": execution.ends_at,
    }
