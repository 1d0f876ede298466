"""ImportWorkspaceImage: a BYOL AMI becomes a WorkSpaces image.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_ImportWorkspaceImage.html; requirements WS-01 to WS-03.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NotRequired

import pulumi

from pulumi_vmimport.aws import images, workspace_images
from pulumi_vmimport.aws.import_request import tag_list
from pulumi_vmimport.lifecycle.contract import Problem, Run, known
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.resources.workspace_image import (
    WorkspaceImageArgs,
    WorkspaceImageInputs,
    WorkspaceImageLifecycle,
    WorkspaceImageState,
)

_AMI = re.compile(r"ami-([0-9a-f]{8}|[0-9a-f]{17})")


class IngestionProcess(StrEnum):
    """What the image is for: WSP is DCV, BYOP is WorkSpaces Core (allow-listed), the others PCoIP."""

    BYOL_REGULAR = "BYOL_REGULAR"
    BYOL_GRAPHICS = "BYOL_GRAPHICS"
    BYOL_GRAPHICSPRO = "BYOL_GRAPHICSPRO"
    BYOL_GRAPHICS_G4DN = "BYOL_GRAPHICS_G4DN"
    BYOL_REGULAR_WSP = "BYOL_REGULAR_WSP"
    BYOL_GRAPHICS_G4DN_WSP = "BYOL_GRAPHICS_G4DN_WSP"
    BYOL_REGULAR_BYOP = "BYOL_REGULAR_BYOP"
    BYOL_GRAPHICS_G4DN_BYOP = "BYOL_GRAPHICS_G4DN_BYOP"


class Application(StrEnum):
    """Office, subscribed through AWS."""

    OFFICE_2016 = "Microsoft_Office_2016"
    OFFICE_2019 = "Microsoft_Office_2019"


@dataclass(frozen=True, kw_only=True)
class ImportWorkspaceImageInputs(WorkspaceImageInputs):
    ec2_image_id: str
    ingestion_process: IngestionProcess
    applications: tuple[Application, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class ImportWorkspaceImageState(ImportWorkspaceImageInputs, WorkspaceImageState):
    pass


class ImportWorkspaceImageLifecycle(WorkspaceImageLifecycle[ImportWorkspaceImageInputs, ImportWorkspaceImageState]):
    inputs = ImportWorkspaceImageInputs
    state = ImportWorkspaceImageState

    def check(self, inputs: ImportWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().check(inputs)
        if known(inputs.ec2_image_id) and not _AMI.fullmatch(inputs.ec2_image_id):
            yield Problem("ec2ImageId", f"expected ami- and 8 or 17 hex digits, got {inputs.ec2_image_id!r}")
        if known(inputs.applications) and inputs.applications is not None and len(inputs.applications) > 1:
            yield Problem("applications", f"expected at most one application, got {len(inputs.applications)}")

    def look_up(self, run: Run, inputs: ImportWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().look_up(run, inputs)
        if not workspace_images.byol_is_enabled(run.aws):
            yield Problem(
                "ingestionProcess",
                f"account {run.aws.account_id} is not enabled for BYOL in {run.aws.region} (DedicatedTenancySupport); "
                "ask AWS: https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html",
            )
        if not known(inputs.ec2_image_id):
            return
        image = images.find(run.aws, inputs.ec2_image_id)
        if image is None:
            if not run.promised("ec2ImageId"):
                yield Problem("ec2ImageId", f"there is no AMI {inputs.ec2_image_id} in {run.aws.region}")
            return
        if image.owner_id != run.aws.account_id:
            yield Problem(
                "ec2ImageId",
                f"AMI {image.id} belongs to account {image.owner_id}, expected your own, {run.aws.account_id}; import "
                "or copy it into your account first",
            )
        if (image.platform or "").lower() != "windows":
            yield Problem("ec2ImageId", f"expected a Windows AMI, got {image.platform_details or 'another system'}")

    def start(self, run: Run, inputs: ImportWorkspaceImageInputs, tags: Mapping[str, str]) -> str:
        answer = run.aws.client("workspaces").import_workspace_image(
            Ec2ImageId=inputs.ec2_image_id,
            IngestionProcess=inputs.ingestion_process.value,
            ImageName=inputs.image_name,
            ImageDescription=inputs.image_description,
            Tags=tag_list(tags),
            **({"Applications": [a.value for a in inputs.applications]} if inputs.applications else {}),  # type: ignore[arg-type] # the stubs spell each value out
        )
        return answer["ImageId"]


class ImportWorkspaceImageArgs(WorkspaceImageArgs):
    """The arguments of ImportWorkspaceImage.

    A change of any but tags, retain_on_delete, timeout_minutes, profile and assume_role_arn replaces the image.
    """

    ec2_image_id: pulumi.Input[str]
    """The AMI: Windows, imported with licence BYOL, unencrypted, in your account."""
    ingestion_process: pulumi.Input[str]
    """BYOL_REGULAR, BYOL_GRAPHICS, BYOL_GRAPHICSPRO, BYOL_GRAPHICS_G4DN, or one of these with _WSP (DCV) or _BYOP."""
    applications: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """At most one of Microsoft_Office_2016 and Microsoft_Office_2019. Default: none."""


class ImportWorkspaceImage(ManagedResource, module="vmimport", name="ImportWorkspaceImage"):
    """A WorkSpaces image made from a BYOL AMI; the resource's id is the image's. It takes 90 minutes and more.

    The account must be approved for BYOL. An ingestion that fails shows every error code and leaves no image behind.

    Source: https://docs.aws.amazon.com/workspaces/latest/api/API_ImportWorkspaceImage.html
    """

    image_id: pulumi.Output[str]
    """The WorkSpaces image, wsi-..."""
    image_state: pulumi.Output[str]
    """AVAILABLE, or where a run that was interrupted left it."""
    required_tenancy: pulumi.Output[str | None]
    """DEDICATED for BYOL."""
    owner_account_id: pulumi.Output[str | None]
    """The account that owns the image."""

    def __init__(self, name: str, args: ImportWorkspaceImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)
