"""ImportWorkspaceImage: creates a WorkSpaces image from a BYOL AMI.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_ImportWorkspaceImage.html,
https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.aws.tables import ingestion_processes
from pulumi_vmimport.aws.tables.ingestion_processes import Application, IngestionProcess, OsVersion
from pulumi_vmimport.aws.tag_lists import tag_list
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.resources.allowed_values import ApplicationValue, IngestionProcessValue, OsVersionValue
from pulumi_vmimport.resources.rules.available_images import wait_until_available
from pulumi_vmimport.resources.workspaces.byol_source_rules import account_problems, ami_id_problem, ami_problems
from pulumi_vmimport.resources.workspaces.workspace_image_lifecycle import (
    WorkspaceImageArgs,
    WorkspaceImageInputs,
    WorkspaceImageLifecycle,
    WorkspaceImageState,
)


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
            yield from _combination_problems(inputs, inputs.os_version)

    def preflight(self, run: Run, inputs: ImportWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().preflight(run, inputs)
        yield from account_problems(run, "ingestionProcess")
        if is_known(inputs.ingestion_process):
            for warning in ingestion_processes.table().processes[inputs.ingestion_process].warnings:
                run.warn(warning)
        if is_known(inputs.ec2_image_id):
            yield from ami_problems(run, inputs.ec2_image_id, "ec2ImageId")

    def start(self, run: Run, inputs: ImportWorkspaceImageInputs, tags: Mapping[str, str]) -> str:
        wait_until_available(run, inputs.ec2_image_id)
        answer = run.aws.client("workspaces").import_workspace_image(
            Ec2ImageId=inputs.ec2_image_id,
            IngestionProcess=inputs.ingestion_process.value,
            ImageName=inputs.image_name,
            ImageDescription=inputs.image_description,
            Tags=tag_list(tags),
            **({"Applications": [a.value for a in inputs.applications]} if inputs.applications else {}),  # type: ignore[arg-type] # the stubs have literals
        )
        return answer["ImageId"]


def _combination_problems(inputs: ImportWorkspaceImageInputs, os_version: OsVersion) -> Iterator[Problem]:
    """The problems of process, Windows version and Office together."""
    process = inputs.ingestion_process
    if reason := ingestion_processes.conflict(process, os_version):
        yield Problem("ingestionProcess", reason)
    for number, application in enumerate(inputs.applications or () if is_known(inputs.applications) else ()):
        if is_known(application) and (reason := ingestion_processes.office_conflict(application, process, os_version)):
            yield Problem(f"applications[{number}]", reason)


class ImportWorkspaceImageArgs(WorkspaceImageArgs):
    """The arguments of ImportWorkspaceImage.

    Changes to tags, retain_on_delete, keep_failed_image, os_version, timeout_minutes, profile and assume_role_arn are
    applied in place. A change to any other argument replaces the image.
    """

    ec2_image_id: pulumi.Input[str]
    """AMI to import, ami-...: Windows, imported with `license_type` BYOL, unencrypted, owned by your account."""
    ingestion_process: pulumi.Input[IngestionProcessValue]
    """How WorkSpaces prepares the image: BYOL_REGULAR, BYOL_GRAPHICS, BYOL_GRAPHICSPRO or BYOL_GRAPHICS_G4DN (PCoIP),
    BYOL_REGULAR_WSP or BYOL_GRAPHICS_G4DN_WSP (DCV), BYOL_REGULAR_BYOP or BYOL_GRAPHICS_G4DN_BYOP (WorkSpaces Core).
    docs/workspaces_images.md lists the requirements of each."""
    applications: NotRequired[pulumi.Input[list[pulumi.Input[ApplicationValue]]]]
    """Microsoft_Office_2016 or Microsoft_Office_2019, at most one, to subscribe to Office through AWS. Default: no
    Office."""
    os_version: NotRequired[pulumi.Input[OsVersionValue]]
    """Windows_10 or Windows_11; lets preview check that `ingestion_process` and `applications` support it. It is not
    sent to AWS. Default: no check."""


class ImportWorkspaceImage(ManagedResource, module="vmimport", name="ImportWorkspaceImage"):
    """A WorkSpaces image created from a BYOL AMI; the resource's id is the image's.

    The import takes at least 90 minutes. The account must be enabled for BYOL. If the import fails, the error lists
    every code that WorkSpaces returned, and the failed image is deleted.

    Source: https://docs.aws.amazon.com/workspaces/latest/api/API_ImportWorkspaceImage.html
    """

    image_id: pulumi.Output[str]
    """Id of the WorkSpaces image, wsi-..."""
    image_state: pulumi.Output[str]
    """AVAILABLE; after an interrupted run PENDING or ERROR."""
    required_tenancy: pulumi.Output[str | None]
    """DEDICATED, the tenancy of BYOL images."""
    owner_account_id: pulumi.Output[str | None]
    """Account that owns the image."""

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
