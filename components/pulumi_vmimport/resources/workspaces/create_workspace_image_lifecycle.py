"""The lifecycle of CreateWorkspaceImage."""

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

from pulumi_vmimport.aws.tag_lists import tag_list
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known
from pulumi_vmimport.resources.workspaces.create_workspace_image import (
    CreateWorkspaceImageInputs,
    CreateWorkspaceImageState,
)
from pulumi_vmimport.resources.workspaces.workspace_image_lifecycle import WorkspaceImageLifecycle
from pulumi_vmimport.shown_value import shown_value

_WORKSPACE_ID = re.compile(r"ws-[0-9a-z]{8,63}")


class CreateWorkspaceImageLifecycle(WorkspaceImageLifecycle[CreateWorkspaceImageInputs, CreateWorkspaceImageState]):
    inputs_type = CreateWorkspaceImageInputs
    state_type = CreateWorkspaceImageState
    unread_inputs: ClassVar[Mapping[str, str]] = {
        "workspaceId": "WorkSpaces does not report the WorkSpace of an image",
    }
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
