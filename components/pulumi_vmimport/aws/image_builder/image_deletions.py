"""Deletion of an image with its AMIs and snapshots in all Regions and accounts, as a lifecycle execution.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_StartResourceStateUpdate.html,
API_GetLifecycleExecution.html, API_ListLifecycleExecutionResources.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.image_builder.builder_images import NOT_FOUND
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.task_poller import Pollers

_FINAL_STATUSES = frozenset({"CANCELLED", "FAILED", "SUCCESS"})
LIFECYCLE_ROLE = "Ec2ImageBuilderCrossAccountLifecycleAccess"
"""The role that Image Builder requires in every other account to delete AMIs there.
Source: https://docs.aws.amazon.com/imagebuilder/latest/userguide/image-lifecycle-prerequisites.html"""


@dataclass(frozen=True)
class ImageDeletion:
    """A lifecycle execution as GetLifecycleExecution returns it."""

    id: str
    status: str
    reason: str | None

    @property
    def is_over(self) -> bool:
        """Whether the execution has ended; an unknown status means that it has not."""
        return self.status in _FINAL_STATUSES

    @property
    def succeeded(self) -> bool:
        """Whether everything was deleted."""
        return self.status == "SUCCESS"


def start(aws: AwsConnection, arn: str, execution_role: str) -> str:
    """Start the deletion of an image, its AMIs and their snapshots; returns the id of the execution."""
    answer = aws.client("imagebuilder").start_resource_state_update(
        resourceArn=arn,
        state={"status": "DELETED"},
        includeResources={"amis": True, "snapshots": True},
        executionRole=execution_role,
    )
    return str(answer["lifecycleExecutionId"])


def describe(aws: AwsConnection, ids: list[str]) -> dict[str, ImageDeletion]:
    """The existing executions of these ids, with one call each."""
    found: dict[str, ImageDeletion] = {}
    for id in ids:
        try:
            answer = aws.client("imagebuilder").get_lifecycle_execution(lifecycleExecutionId=id)
        except ClientError as error:
            if error_code(error) not in NOT_FOUND:
                raise
        else:
            state = answer["lifecycleExecution"]["state"]
            found[id] = ImageDeletion(id, state["status"], state.get("reason"))
    return found


def failures(aws: AwsConnection, id: str) -> list[str]:
    """The AMIs that an execution did not delete, with the reasons."""
    pages = aws.client("imagebuilder").get_paginator("list_lifecycle_execution_resources")
    return [
        _described(resource)
        for page in pages.paginate(lifecycleExecutionId=id)
        for resource in page["resources"]
        if resource.get("state", {}).get("status") != "SUCCESS"
    ]


POLLERS = Pollers[ImageDeletion](describe)


def _described(resource: Mapping[str, Any]) -> str:
    state = resource.get("state", {})
    words = state.get("reason") or state.get("status", "no reason")
    where = f"{resource.get('region', '')} (account {resource.get('accountId', '')})"
    return f'{where}: {resource["resourceId"]}: "{words}"'
