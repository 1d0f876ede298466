"""CreateWorkspaceImage: a running WorkSpace becomes a WorkSpaces image.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CreateWorkspaceImage.html; requirement WS-04.
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

_WORKSPACE = re.compile(r"ws-[0-9a-z]{8,63}")


@dataclass(frozen=True, kw_only=True)
class CreateWorkspaceImageInputs(WorkspaceImageInputs):
    workspace_id: str


@dataclass(frozen=True, kw_only=True)
class CreateWorkspaceImageState(CreateWorkspaceImageInputs, WorkspaceImageState):
    pass


class CreateWorkspaceImageLifecycle(WorkspaceImageLifecycle[CreateWorkspaceImageInputs, CreateWorkspaceImageState]):
    inputs_type = CreateWorkspaceImageInputs
    state_type = CreateWorkspaceImageState
    mend = "mend the WorkSpace"

    def check(self, inputs: CreateWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().check(inputs)
        if is_known(inputs.workspace_id) and not _WORKSPACE.fullmatch(inputs.workspace_id):
            yield Problem("workspaceId", f"expected ws- and 8 to 63 of a-z 0-9, got {inputs.workspace_id!r}")

    def preflight(self, run: Run, inputs: CreateWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().preflight(run, inputs)
        if not is_known(inputs.workspace_id) or run.supplied_by_resource("workspaceId"):
            return
        found = run.aws.client("workspaces").describe_workspaces(WorkspaceIds=[inputs.workspace_id])["Workspaces"]
        if not found:
            yield Problem("workspaceId", f"there is no WorkSpace {inputs.workspace_id} in {run.aws.region}")
        elif found[0].get("State") != "AVAILABLE" and not self.is_begun(run, inputs):  # while imaged it is SUSPENDED
            yield Problem(
                "workspaceId", f"expected a WorkSpace that is AVAILABLE, {inputs.workspace_id} is {found[0]['State']}"
            )

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

    A change of any but tags, retain_on_delete, keep_failed_image, timeout_minutes, profile and assume_role_arn replaces
    the image.
    """

    workspace_id: pulumi.Input[str]
    """The WorkSpace to take the image of; it must be AVAILABLE."""


class CreateWorkspaceImage(ManagedResource, module="vmimport", name="CreateWorkspaceImage"):
    """A WorkSpaces image made from a running WorkSpace; the resource's id is the image's. It takes some 45 minutes.

    For an AMI use ImportWorkspaceImage. Source:
    https://docs.aws.amazon.com/workspaces/latest/api/API_CreateWorkspaceImage.html
    """

    image_id: pulumi.Output[str]
    """The WorkSpaces image, wsi-..."""
    image_state: pulumi.Output[str]
    """AVAILABLE, or where a run that was interrupted left it."""
    required_tenancy: pulumi.Output[str | None]
    """DEFAULT, or DEDICATED for BYOL."""
    owner_account_id: pulumi.Output[str | None]
    """The account that owns the image."""

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
