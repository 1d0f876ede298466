"""CreateWorkspaceImage: creates a WorkSpaces image from a WorkSpace.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CreateWorkspaceImage.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Unpack, overload

import pulumi

from pulumi_vmimport.aws.tag_lists import tag_list
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.resources.workspaces.workspace_image_lifecycle import (
    WorkspaceImageArgs,
    WorkspaceImageInputs,
    WorkspaceImageLifecycle,
    WorkspaceImageState,
)
from pulumi_vmimport.shown_value import shown_value

_WORKSPACE_ID = re.compile(r"ws-[0-9a-z]{8,63}")


@dataclass(frozen=True, kw_only=True)
class CreateWorkspaceImageInputs(WorkspaceImageInputs):
    workspace_id: str


@dataclass(frozen=True, kw_only=True)
class CreateWorkspaceImageState(CreateWorkspaceImageInputs, WorkspaceImageState):
    pass


class CreateWorkspaceImageLifecycle(WorkspaceImageLifecycle[CreateWorkspaceImageInputs, CreateWorkspaceImageState]):
    inputs_type = CreateWorkspaceImageInputs
    state_type = CreateWorkspaceImageState
    remedy = "fix the WorkSpace"

    def check(self, inputs: CreateWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().check(inputs)
        if is_known(inputs.workspace_id) and not _WORKSPACE_ID.fullmatch(inputs.workspace_id):
            yield Problem("workspaceId", f"expected ws- and 8 to 63 of a-z 0-9, got {shown_value(inputs.workspace_id)}")

    def preflight(self, run: Run, inputs: CreateWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().preflight(run, inputs)
        if not is_known(inputs.workspace_id) or run.supplied_by_resource("workspaceId"):
            return
        answer = run.aws.client("workspaces").describe_workspaces(WorkspaceIds=[inputs.workspace_id])
        workspace = next(iter(answer["Workspaces"]), None)
        if workspace is None:
            yield Problem("workspaceId", f"there is no WorkSpace {inputs.workspace_id} in {run.aws.region}")
        elif (state := workspace["State"]) != "AVAILABLE" and not self.was_started(run, inputs):
            # A WorkSpace is SUSPENDED while its image is created.
            yield Problem("workspaceId", f"expected a WorkSpace that is AVAILABLE, {inputs.workspace_id} is {state}")

    def start(self, run: Run, inputs: CreateWorkspaceImageInputs, tags: Mapping[str, str]) -> str:
        answer = run.aws.client("workspaces").create_workspace_image(
            Name=inputs.image_name,
            Description=inputs.image_description,
            WorkspaceId=inputs.workspace_id,
            Tags=tag_list(tags),
        )
        return answer["ImageId"]


class CreateWorkspaceImageArgs(WorkspaceImageArgs):
    """The arguments of CreateWorkspaceImage.

    Changes to tags, retain_on_delete, keep_failed_image, timeout_minutes, profile and assume_role_arn are applied in
    place. A change to any other argument replaces the image.
    """

    workspace_id: pulumi.Input[str]
    """WorkSpace to create the image from, ws-...; it must be AVAILABLE, and is SUSPENDED while the image is created."""


class CreateWorkspaceImage(ManagedResource, module="vmimport", name="CreateWorkspaceImage"):
    """A WorkSpaces image created from a WorkSpace; the resource's id is the image's. It takes about 45 minutes.

    To import an AMI, use ImportWorkspaceImage.

    Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CreateWorkspaceImage.html
    """

    image_id: pulumi.Output[str]
    """Id of the WorkSpaces image, wsi-..."""
    image_state: pulumi.Output[str]
    """AVAILABLE; after an interrupted run PENDING or ERROR."""
    required_tenancy: pulumi.Output[str | None]
    """DEFAULT, or DEDICATED for BYOL."""
    owner_account_id: pulumi.Output[str | None]
    """Account that owns the image."""

    @overload
    def __init__(
        self, resource_name: str, args: CreateWorkspaceImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[CreateWorkspaceImageArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: CreateWorkspaceImageArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
