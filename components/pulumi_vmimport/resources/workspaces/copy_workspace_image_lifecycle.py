"""The lifecycle of CopyWorkspaceImage."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_fixed

from pulumi_vmimport.aws.tag_lists import tag_list
from pulumi_vmimport.aws.workspaces import workspace_images
from pulumi_vmimport.aws.workspaces.workspace_images import WorkspaceImage
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Problem, Run, is_known
from pulumi_vmimport.lifecycle.provenance import image_in
from pulumi_vmimport.lifecycle.task_waiting import POLLS_BEFORE_GONE
from pulumi_vmimport.resources.rules.account_rules import unusable_regions
from pulumi_vmimport.resources.workspaces.byol_source_rules import account_problems
from pulumi_vmimport.resources.workspaces.copy_workspace_image import CopyWorkspaceImageInputs, CopyWorkspaceImageState
from pulumi_vmimport.resources.workspaces.identifier_rules import account_id_problem, image_id_problem
from pulumi_vmimport.resources.workspaces.image_provenance import tags_of_workspace_image
from pulumi_vmimport.resources.workspaces.source_image_rules import availability_problems
from pulumi_vmimport.resources.workspaces.workspace_image_lifecycle import WorkspaceImageLifecycle
from pulumi_vmimport.shown_value import shown_value

_REGION = re.compile(r"[-0-9a-z]{1,31}")
# Images cannot leave these partitions. Source: the page above.
_PARTITION_RULES = {
    "cn-": "in China, images can be copied within a Region only",
    "us-gov-": "in GovCloud, AWS Support copies images to another Region",
    "us-iso": "images cannot be copied out of this partition",
}


class CopyWorkspaceImageLifecycle(WorkspaceImageLifecycle[CopyWorkspaceImageInputs, CopyWorkspaceImageState]):
    inputs_type = CopyWorkspaceImageInputs
    state_type = CopyWorkspaceImageState
    local_inputs = frozenset({"keep_failed_image", "retain_on_delete", "source_owner_account_id"})
    unread_inputs: ClassVar[Mapping[str, str]] = {
        "sourceImageId": "only an image of this library has its source in its tags",
        "sourceRegion": "only an image of this library has its source in its tags",
    }
    remedy = "check that the source image and its Region are available, then copy it again"

    def check(self, inputs: CopyWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().check(inputs)
        if is_known(inputs.source_image_id) and (reason := image_id_problem(inputs.source_image_id)):
            yield Problem("sourceImageId", reason)
        if is_known(inputs.source_region):
            yield from _region_problems(inputs.source_region, inputs.region if is_known(inputs.region) else None)
        owner = inputs.source_owner_account_id
        if is_known(owner) and owner is not None and (reason := account_id_problem(owner)):
            yield Problem("sourceOwnerAccountId", reason)

    def preflight(self, run: Run, inputs: CopyWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().preflight(run, inputs)
        if not is_known(inputs.source_image_id, inputs.source_region):
            return
        unusable = unusable_regions(run, [inputs.source_region])
        if unusable:
            yield from (Problem("sourceRegion", reason) for reason in unusable.values())
            return
        source = _find_source(run, inputs)
        if source is None:
            if not run.supplied_by_resource("sourceImageId"):
                yield Problem("sourceImageId", _missing_source(run, inputs))
            return
        if is_known(inputs.source_owner_account_id) and (reason := _owner_conflict(run, inputs, source)):
            yield Problem("sourceOwnerAccountId", reason)
        yield from availability_problems(run, source, "sourceImageId")
        if source.required_tenancy == "DEDICATED":
            yield from account_problems(run, "sourceImageId")

    def reported_inputs(self, run: Run, image: WorkspaceImage, facts: Mapping[str, str]) -> Mapping[str, Any]:
        source = image_in(facts.get("image"), "wsi-")
        return {"source_image_id": source[0], "source_region": source[1]} if source else {}

    def start(self, run: Run, inputs: CopyWorkspaceImageInputs, tags: Mapping[str, str]) -> str:
        source = _wait_for_source(run, inputs)
        if source is None:
            raise CleanFailureError(_missing_source(run, inputs))
        if reason := _owner_conflict(run, inputs, source):
            raise CleanFailureError(f"nothing was copied: {reason}")
        source_tags = tags_of_workspace_image(run, source.id, inputs.source_region, source.owner_account_id)
        answer = run.aws.client("workspaces").copy_workspace_image(
            Name=inputs.image_name,
            Description=inputs.image_description,
            SourceImageId=inputs.source_image_id,
            SourceRegion=inputs.source_region,
            Tags=tag_list({**tags, **source_tags}),
        )
        return answer["ImageId"]


def _region_problems(source: str, target: str | None) -> Iterator[Problem]:
    if not _REGION.fullmatch(source):
        example = target if target and _REGION.fullmatch(target) else "eu-west-1"
        yield Problem("sourceRegion", f"expected a Region such as {example}, got {shown_value(source)}")
    elif target and target != source:
        for prefix, rule in _PARTITION_RULES.items():
            if source.startswith(prefix) or target.startswith(prefix):
                yield Problem("sourceRegion", f"expected {target}, got {source}: {rule}")
                return


def _find_source(run: Run, inputs: CopyWorkspaceImageInputs) -> WorkspaceImage | None:
    return workspace_images.find_shared(run.aws.in_region(inputs.source_region), inputs.source_image_id)


def _wait_for_source(run: Run, inputs: CopyWorkspaceImageInputs) -> WorkspaceImage | None:
    """The source image. WorkSpaces may not list an image immediately after it was shared."""
    waiting = f"waiting for {inputs.source_image_id} to appear in {inputs.source_region}"
    retrying = Retrying(
        retry=retry_if_result(lambda source: source is None),
        before_sleep=lambda _: run.status(waiting),
        stop=stop_after_attempt(POLLS_BEFORE_GONE),
        wait=wait_fixed(run.poll_seconds),
        sleep=run.wait,
        retry_error_callback=lambda _: None,
    )
    return retrying(_find_source, run, inputs)


def _missing_source(run: Run, inputs: CopyWorkspaceImageInputs) -> str:
    return (
        f"there is no image {inputs.source_image_id} in {inputs.source_region} that account {run.aws.account_id} owns "
        "or that is shared with it; the owner must share it in that Region (WorkspaceImagePermissions)"
    )


def _owner_conflict(run: Run, inputs: CopyWorkspaceImageInputs, source: WorkspaceImage) -> str | None:
    """Why the source image must not be copied: another account than the expected one owns it."""
    expected = inputs.source_owner_account_id or run.aws.account_id
    if source.owner_account_id == expected:
        return None
    return (
        f"image {source.id} ({source.name}) belongs to account {source.owner_account_id}, expected {expected}; if you "
        "trust that account, set source_owner_account_id to it"
    )
