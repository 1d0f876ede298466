"""CopyWorkspaceImage: a WorkSpaces image, one's own or a shared one, copied into the resource's Region and account.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CopyWorkspaceImage.html; requirements WS-05 to WS-09.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.aws.tag_lists import tag_list
from pulumi_vmimport.aws.workspaces import workspace_images
from pulumi_vmimport.aws.workspaces.workspace_images import WorkspaceImage
from pulumi_vmimport.lifecycle.contract import PartialFailureError, Problem, Run, is_known
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.lifecycle.property_bag import updatable
from pulumi_vmimport.lifecycle.task_waiting import POLLS_BEFORE_GONE
from pulumi_vmimport.resources.workspaces.byol_source_rules import account_problems
from pulumi_vmimport.resources.workspaces.workspace_image_lifecycle import (
    WorkspaceImageArgs,
    WorkspaceImageInputs,
    WorkspaceImageLifecycle,
    WorkspaceImageState,
    image_id_problem,
)

_REGION = re.compile(r"[-0-9a-z]{1,31}")
_ACCOUNT = re.compile(r"\d{12}")
# Partitions that images do not leave, and what is said of copies within them. Source: the page of the API (WS-05).
_CLOSED = {
    "cn-": "in China images are copied within their own Region only",
    "us-gov-": "in GovCloud AWS Support copies images to another Region",
    "us-iso": "images do not leave this partition",
}


@dataclass(frozen=True, kw_only=True)
class CopyWorkspaceImageInputs(WorkspaceImageInputs):
    source_image_id: str
    source_region: str
    source_owner_account_id: str | None = updatable()


@dataclass(frozen=True, kw_only=True)
class CopyWorkspaceImageState(CopyWorkspaceImageInputs, WorkspaceImageState):
    pass


class CopyWorkspaceImageLifecycle(WorkspaceImageLifecycle[CopyWorkspaceImageInputs, CopyWorkspaceImageState]):
    inputs_type = CopyWorkspaceImageInputs
    state_type = CopyWorkspaceImageState
    mend = "see that source and target Region are available and copy it again"

    def check(self, inputs: CopyWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().check(inputs)
        if is_known(inputs.source_image_id) and (reason := image_id_problem(inputs.source_image_id)):
            yield Problem("sourceImageId", reason)
        if is_known(inputs.source_region):
            if not _REGION.fullmatch(inputs.source_region):
                yield Problem("sourceRegion", f"expected a Region such as eu-west-1, got {inputs.source_region!r}")
            elif is_known(inputs.region) and inputs.region and (closed := _closed(inputs.source_region, inputs.region)):
                yield Problem("sourceRegion", f"expected {inputs.region}, got {inputs.source_region}: {closed} (WS-05)")
        owner = inputs.source_owner_account_id
        if is_known(owner) and owner is not None and not _ACCOUNT.fullmatch(owner):
            yield Problem("sourceOwnerAccountId", f"expected 12 digits, got {owner!r}")

    def preflight(self, run: Run, inputs: CopyWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().preflight(run, inputs)
        if not is_known(inputs.source_image_id, inputs.source_region):
            return
        source = _source(run, inputs)
        if source is None:
            if not run.supplied_by_resource("sourceImageId"):
                yield Problem("sourceImageId", _missing(run, inputs))
            return
        if is_known(inputs.source_owner_account_id) and (reason := _other_owner(run, inputs, source)):
            yield Problem("sourceOwnerAccountId", reason)
        if source.state != "AVAILABLE" and not run.supplied_by_resource("sourceImageId"):
            yield Problem("sourceImageId", f"expected an image that is AVAILABLE, {source.id} is {source.state}")
        if source.required_tenancy == "DEDICATED":
            yield from account_problems(run, "sourceImageId")

    def start(self, run: Run, inputs: CopyWorkspaceImageInputs, tags: Mapping[str, str]) -> str:
        source = self._awaited_source(run, inputs)
        if source is None:
            raise PartialFailureError(_missing(run, inputs))
        if reason := _other_owner(run, inputs, source):
            raise PartialFailureError(f"nothing was copied: {reason}")
        answer = run.aws.client("workspaces").copy_workspace_image(
            Name=inputs.image_name,
            Description=inputs.image_description,
            SourceImageId=inputs.source_image_id,
            SourceRegion=inputs.source_region,
            Tags=tag_list(tags),
        )
        return answer["ImageId"]

    def _awaited_source(self, run: Run, inputs: CopyWorkspaceImageInputs) -> WorkspaceImage | None:
        """The source; one that was shared a moment ago may not show at once."""
        for _ in range(POLLS_BEFORE_GONE - 1):
            if source := _source(run, inputs):
                return source
            run.status(f"waiting for {inputs.source_image_id} to show in {inputs.source_region}")
            run.wait(run.poll_seconds)
        return _source(run, inputs)


def _closed(source: str, target: str) -> str | None:
    """Why nothing is copied between two Regions."""
    if source == target:
        return None
    return next(
        (why for prefix, why in _CLOSED.items() if source.startswith(prefix) or target.startswith(prefix)), None
    )


def _source(run: Run, inputs: CopyWorkspaceImageInputs) -> WorkspaceImage | None:
    return workspace_images.find_shared(run.aws.in_region(inputs.source_region), inputs.source_image_id)


def _missing(run: Run, inputs: CopyWorkspaceImageInputs) -> str:
    return (
        f"there is no image {inputs.source_image_id} in {inputs.source_region} that account {run.aws.account_id} owns "
        "or that is shared with it; its owner shares it in that very Region (WorkspaceImagePermissions)"
    )


def _other_owner(run: Run, inputs: CopyWorkspaceImageInputs, source: WorkspaceImage) -> str | None:
    """Why the source is not of whom it is expected to be (WS-09)."""
    expected = inputs.source_owner_account_id or run.aws.account_id
    if source.owner_account_id == expected:
        return None
    return (
        f"image {source.id} ({source.name}) belongs to account {source.owner_account_id}, expected {expected}; if you "
        "trust that account, name it here"
    )


class CopyWorkspaceImageArgs(WorkspaceImageArgs):
    """The arguments of CopyWorkspaceImage; `region` is where the copy is made.

    A change of any but tags, retain_on_delete, keep_failed_image, source_owner_account_id, timeout_minutes, profile and
    assume_role_arn replaces the copy.
    """

    source_image_id: pulumi.Input[str]
    """The image to copy, wsi-...: one of the account's own, or one that another account shares with it."""
    source_region: pulumi.Input[str]
    """The Region of that image. In China and GovCloud it must be the copy's own."""
    source_owner_account_id: NotRequired[pulumi.Input[str]]
    """The account that must own that image, 12 digits; nothing is copied from any other. Default: your own account."""


class CopyWorkspaceImage(ManagedResource, module="vmimport", name="CopyWorkspaceImage"):
    """A copy of a WorkSpaces image in the resource's Region and account; the resource's id is the copy's.

    The owner of the source is looked at before anything is copied. Bundles are made of the copy, not of a shared image;
    the copy stays when the source is no longer shared.

    Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CopyWorkspaceImage.html
    """

    image_id: pulumi.Output[str]
    """The copy, wsi-..."""
    image_state: pulumi.Output[str]
    """AVAILABLE, or where a run that was interrupted left it."""
    required_tenancy: pulumi.Output[str | None]
    """DEFAULT, or DEDICATED for BYOL."""
    owner_account_id: pulumi.Output[str | None]
    """The account that owns the copy."""

    @overload
    def __init__(
        self, resource_name: str, args: CopyWorkspaceImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[CopyWorkspaceImageArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: CopyWorkspaceImageArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
