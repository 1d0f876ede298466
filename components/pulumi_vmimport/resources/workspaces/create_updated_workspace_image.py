"""CreateUpdatedWorkspaceImage: creates a WorkSpaces image with the latest WorkSpaces drivers and components.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CreateUpdatedWorkspaceImage.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Unpack, overload

import pulumi

from pulumi_vmimport.aws.tag_lists import tag_list
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.resources.workspaces.identifier_rules import image_id_problem
from pulumi_vmimport.resources.workspaces.source_image_rules import availability_problems, own_image
from pulumi_vmimport.resources.workspaces.workspace_image_lifecycle import (
    WorkspaceImageArgs,
    WorkspaceImageInputs,
    WorkspaceImageLifecycle,
    WorkspaceImageState,
)


@dataclass(frozen=True, kw_only=True)
class CreateUpdatedWorkspaceImageInputs(WorkspaceImageInputs):
    source_image_id: str


@dataclass(frozen=True, kw_only=True)
class CreateUpdatedWorkspaceImageState(CreateUpdatedWorkspaceImageInputs, WorkspaceImageState):
    pass


class CreateUpdatedWorkspaceImageLifecycle(
    WorkspaceImageLifecycle[CreateUpdatedWorkspaceImageInputs, CreateUpdatedWorkspaceImageState]
):
    inputs_type = CreateUpdatedWorkspaceImageInputs
    state_type = CreateUpdatedWorkspaceImageState
    remedy = "fix a WorkSpace of the source image, create an image from it and update that image"

    def check(self, inputs: CreateUpdatedWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().check(inputs)
        if is_known(inputs.source_image_id) and (reason := image_id_problem(inputs.source_image_id)):
            yield Problem("sourceImageId", reason)

    def preflight(self, run: Run, inputs: CreateUpdatedWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().preflight(run, inputs)
        if not is_known(inputs.source_image_id):
            return
        source = yield from own_image(run, inputs.source_image_id, "sourceImageId", "copy it first")
        if source is None:
            return
        yield from availability_problems(run, source, "sourceImageId")
        if source.update_available is False and not self.was_started(run, inputs):
            run.warn(f"WorkSpaces has no update for image {source.id} ({source.name}) and may reject the request")

    def start(self, run: Run, inputs: CreateUpdatedWorkspaceImageInputs, tags: Mapping[str, str]) -> str:
        answer = run.aws.client("workspaces").create_updated_workspace_image(
            Name=inputs.image_name,
            Description=inputs.image_description,
            SourceImageId=inputs.source_image_id,
            Tags=tag_list(tags),
        )
        return answer["ImageId"]


class CreateUpdatedWorkspaceImageArgs(WorkspaceImageArgs):
    """The arguments of CreateUpdatedWorkspaceImage.

    Changes to tags, retain_on_delete, keep_failed_image, timeout_minutes, profile and assume_role_arn are applied in
    place. A change to any other argument replaces the image.
    """

    source_image_id: pulumi.Input[str]
    """Image to update, wsi-..., with Windows 10 or Windows Server 2016 or 2019. The image itself does not change."""


class CreateUpdatedWorkspaceImage(ManagedResource, module="vmimport", name="CreateUpdatedWorkspaceImage"):
    """A copy of a WorkSpaces image with the latest WorkSpaces drivers and components; the resource's id is the image's.

    It does not include Windows or application updates. Set the new image on bundles before you delete the old one.

    Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CreateUpdatedWorkspaceImage.html
    """

    image_id: pulumi.Output[str]
    """Id of the new image, wsi-..."""
    image_state: pulumi.Output[str]
    """AVAILABLE; after an interrupted run PENDING or ERROR."""
    required_tenancy: pulumi.Output[str | None]
    """DEFAULT, or DEDICATED for BYOL."""
    owner_account_id: pulumi.Output[str | None]
    """Account that owns the image."""

    @overload
    def __init__(
        self, resource_name: str, args: CreateUpdatedWorkspaceImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[CreateUpdatedWorkspaceImageArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: CreateUpdatedWorkspaceImageArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
