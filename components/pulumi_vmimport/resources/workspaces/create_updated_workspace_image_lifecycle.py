"""The lifecycle of CreateUpdatedWorkspaceImage."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pulumi_vmimport.aws.tag_lists import tag_list
from pulumi_vmimport.aws.workspaces.workspace_images import WorkspaceImage
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known
from pulumi_vmimport.lifecycle.provenance import image_in
from pulumi_vmimport.resources.workspaces.create_updated_workspace_image import (
    CreateUpdatedWorkspaceImageInputs,
    CreateUpdatedWorkspaceImageState,
)
from pulumi_vmimport.resources.workspaces.identifier_rules import image_id_problem
from pulumi_vmimport.resources.workspaces.image_provenance import tags_of_workspace_image
from pulumi_vmimport.resources.workspaces.source_image_rules import availability_problems, own_image
from pulumi_vmimport.resources.workspaces.workspace_image_lifecycle import WorkspaceImageLifecycle


class CreateUpdatedWorkspaceImageLifecycle(
    WorkspaceImageLifecycle[CreateUpdatedWorkspaceImageInputs, CreateUpdatedWorkspaceImageState]
):
    inputs_type = CreateUpdatedWorkspaceImageInputs
    state_type = CreateUpdatedWorkspaceImageState
    unread_inputs: ClassVar[Mapping[str, str]] = {
        "sourceImageId": "only an image of this library has its source in its tags",
    }
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

    def reported_inputs(self, run: Run, image: WorkspaceImage, facts: Mapping[str, str]) -> Mapping[str, Any]:
        source = image_in(facts.get("image"), "wsi-")
        return {"source_image_id": source[0]} if source and source[1] == run.aws.region else {}

    def start(self, run: Run, inputs: CreateUpdatedWorkspaceImageInputs, tags: Mapping[str, str]) -> str:
        answer = run.aws.client("workspaces").create_updated_workspace_image(
            Name=inputs.image_name,
            Description=inputs.image_description,
            SourceImageId=inputs.source_image_id,
            Tags=tag_list({**tags, **tags_of_workspace_image(run, inputs.source_image_id)}),
        )
        return answer["ImageId"]
