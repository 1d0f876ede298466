"""ImportWorkspaceImage: a BYOL AMI becomes a WorkSpaces image.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_ImportWorkspaceImage.html; requirements WS-01 to WS-03.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.aws.tables import ingestion_processes
from pulumi_vmimport.aws.tables.ingestion_processes import Application, IngestionProcess, OsVersion
from pulumi_vmimport.aws.tag_lists import tag_list
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.lifecycle.property_bag import updatable
from pulumi_vmimport.resources.allowed_values import ApplicationValue, IngestionProcessValue, OsVersionValue
from pulumi_vmimport.resources.workspaces.byol_source_rules import account_problems, ami_problems
from pulumi_vmimport.resources.workspaces.workspace_image_lifecycle import (
    WorkspaceImageArgs,
    WorkspaceImageInputs,
    WorkspaceImageLifecycle,
    WorkspaceImageState,
)

__all__ = [
    "Application",
    "ImportWorkspaceImage",
    "ImportWorkspaceImageArgs",
    "ImportWorkspaceImageInputs",
    "ImportWorkspaceImageLifecycle",
    "ImportWorkspaceImageState",
    "IngestionProcess",
    "OsVersion",
]

_AMI = re.compile(r"ami-([0-9a-f]{8}|[0-9a-f]{17})")


@dataclass(frozen=True, kw_only=True)
class ImportWorkspaceImageInputs(WorkspaceImageInputs):
    ec2_image_id: str
    ingestion_process: IngestionProcess
    applications: tuple[Application, ...] | None = None
    os_version: OsVersion | None = updatable()


@dataclass(frozen=True, kw_only=True)
class ImportWorkspaceImageState(ImportWorkspaceImageInputs, WorkspaceImageState):
    pass


class ImportWorkspaceImageLifecycle(WorkspaceImageLifecycle[ImportWorkspaceImageInputs, ImportWorkspaceImageState]):
    inputs_type = ImportWorkspaceImageInputs
    state_type = ImportWorkspaceImageState

    def check(self, inputs: ImportWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().check(inputs)
        if is_known(inputs.ec2_image_id) and (reason := ami_id_problem(inputs.ec2_image_id)):
            yield Problem("ec2ImageId", reason)
        if is_known(inputs.applications) and inputs.applications is not None and len(inputs.applications) > 1:
            yield Problem("applications", f"expected at most one application, got {len(inputs.applications)}")
        if is_known(inputs.os_version, inputs.ingestion_process) and inputs.os_version is not None:
            yield from _conflicts(inputs, inputs.os_version)

    def preflight(self, run: Run, inputs: ImportWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().preflight(run, inputs)
        yield from account_problems(run, "ingestionProcess")
        if is_known(inputs.ingestion_process):
            for warning in ingestion_processes.table().processes[inputs.ingestion_process].warnings:
                run.warn(warning)
        if is_known(inputs.ec2_image_id):
            yield from ami_problems(run, inputs.ec2_image_id, "ec2ImageId")

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


def ami_id_problem(image_id: str) -> str | None:
    """Why something is no id of an AMI."""
    return None if _AMI.fullmatch(image_id) else f"expected ami- and 8 or 17 hex digits, got {image_id!r}"


def _conflicts(inputs: ImportWorkspaceImageInputs, system: OsVersion) -> Iterator[Problem]:
    process = inputs.ingestion_process
    if reason := ingestion_processes.conflict(process, system):
        yield Problem("ingestionProcess", reason)
    for number, application in enumerate(inputs.applications or () if is_known(inputs.applications) else ()):
        if is_known(application) and (reason := ingestion_processes.office_conflict(application, process, system)):
            yield Problem(f"applications[{number}]", reason)


class ImportWorkspaceImageArgs(WorkspaceImageArgs):
    """The arguments of ImportWorkspaceImage.

    A change of any but tags, retain_on_delete, keep_failed_image, os_version, timeout_minutes, profile and
    assume_role_arn replaces the image.
    """

    ec2_image_id: pulumi.Input[str]
    """The AMI: Windows, imported with licence BYOL, unencrypted, in your account."""
    ingestion_process: pulumi.Input[IngestionProcessValue]
    """BYOL_REGULAR, BYOL_GRAPHICS, BYOL_GRAPHICSPRO, BYOL_GRAPHICS_G4DN, or one of these with _WSP (DCV) or _BYOP; what
    each needs is in docs/workspaces_images.md."""
    applications: NotRequired[pulumi.Input[list[pulumi.Input[ApplicationValue]]]]
    """At most one of Microsoft_Office_2016 and Microsoft_Office_2019. Default: none."""
    os_version: NotRequired[pulumi.Input[OsVersionValue]]
    """Windows_10 or Windows_11: preview then sees which processes and Office it does not go with. Default: no check."""


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

    @overload
    def __init__(
        self, resource_name: str, args: ImportWorkspaceImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[ImportWorkspaceImageArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: ImportWorkspaceImageArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
