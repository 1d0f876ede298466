"""CreateUpdatedWorkspaceImage: a WorkSpaces image with the latest drivers and components of WorkSpaces.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CreateUpdatedWorkspaceImage.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pulumi

from pulumi_vmimport.aws.tag_lists import tag_list
from pulumi_vmimport.aws.workspaces import workspace_images
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.resources.workspaces.workspace_image_lifecycle import (
    WorkspaceImageArgs,
    WorkspaceImageInputs,
    WorkspaceImageLifecycle,
    WorkspaceImageState,
    image_id_problem,
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
    mend = "mend a WorkSpace of the source image, take an image of that and update it"

    def check(self, inputs: CreateUpdatedWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().check(inputs)
        if is_known(inputs.source_image_id) and (reason := image_id_problem(inputs.source_image_id)):
            yield Problem("sourceImageId", reason)

    def preflight(self, run: Run, inputs: CreateUpdatedWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().preflight(run, inputs)
        if not is_known(inputs.source_image_id):
            return
        source = workspace_images.find(run.aws, inputs.source_image_id)
        if source is None:
            if not run.supplied_by_resource("sourceImageId"):
                yield Problem("sourceImageId", f"there is no image {inputs.source_image_id} in {run.aws.region}")
            return
        if source.owner_account_id not in {None, run.aws.account_id}:
            yield Problem(
                "sourceImageId",
                f"image {source.id} belongs to account {source.owner_account_id}, expected your own, "
                f"{run.aws.account_id}; copy it first (WS-08)",
            )
        if source.state != "AVAILABLE" and not run.supplied_by_resource("sourceImageId"):
            yield Problem("sourceImageId", f"expected an image that is AVAILABLE, {source.id} is {source.state}")
        if source.update_available is False and not self.is_begun(run, inputs):
            run.warn(f"WorkSpaces has no update for image {source.id} ({source.name}), and may refuse to make one")

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

    A change of any but tags, retain_on_delete, keep_failed_image, timeout_minutes, profile and assume_role_arn replaces
    the image.
    """

    source_image_id: pulumi.Input[str]
    """The image to update, wsi-..., of Windows 10 or Windows Server 2016 or 2019; it stays as it is."""


class CreateUpdatedWorkspaceImage(ManagedResource, module="vmimport", name="CreateUpdatedWorkspaceImage"):
    """A WorkSpaces image with the latest drivers and components of WorkSpaces; the resource's id is the image's.

    Windows updates and those of applications are not part of it. Give bundles the new image before the old one goes.

    Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CreateUpdatedWorkspaceImage.html
    """

    image_id: pulumi.Output[str]
    """The new image, wsi-..."""
    image_state: pulumi.Output[str]
    """AVAILABLE, or where a run that was interrupted left it."""
    required_tenancy: pulumi.Output[str | None]
    """DEFAULT, or DEDICATED for BYOL."""
    owner_account_id: pulumi.Output[str | None]
    """The account that owns the image."""

    def __init__(
        self, name: str, args: CreateUpdatedWorkspaceImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args, opts)
