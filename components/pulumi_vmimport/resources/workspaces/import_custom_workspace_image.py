"""ImportCustomWorkspaceImage: EC2 Image Builder makes a WorkSpaces image of an import task, a build or an AMI.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_ImportCustomWorkspaceImage.html; requirement WS-01.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal, NotRequired

import pulumi

from pulumi_vmimport.aws.ec2 import import_tasks
from pulumi_vmimport.aws.ec2.import_request import api_members
from pulumi_vmimport.aws.tables.ingestion_processes import OsVersion
from pulumi_vmimport.aws.tag_lists import tag_list
from pulumi_vmimport.aws.workspaces import custom_image_imports
from pulumi_vmimport.aws.workspaces.workspace_images import WorkspaceImage
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known, is_set
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.lifecycle.task_waiting import wait_for_end
from pulumi_vmimport.resources.allowed_values import OsVersionValue
from pulumi_vmimport.resources.workspaces.byol_source_rules import account_problems, ami_problems
from pulumi_vmimport.resources.workspaces.import_workspace_image import ami_id_problem
from pulumi_vmimport.resources.workspaces.workspace_image_lifecycle import (
    WorkspaceImageArgs,
    WorkspaceImageInputs,
    WorkspaceImageLifecycle,
    WorkspaceImageState,
)

_TASK = re.compile(r"import-ami-([a-zA-Z0-9]{8}|[a-zA-Z0-9]{17})")
_BUILD = re.compile(
    r"arn:aws[^:]*:imagebuilder:([^:]+):(\d{12}|aws(-[a-z-]+)?):image/[a-z0-9-_]+/"
    r"((\d+|x)\.(\d+|x)\.(\d+|x)|\d+\.\d+\.\d+/\d+)"
)
_INFRASTRUCTURE = re.compile(r"arn:aws[^:]*:imagebuilder:([^:]+):(\d{12}|aws):infrastructure-configuration/[a-z0-9-_]+")
_SOURCES = ("ec2_import_task_id", "image_build_version_arn", "ec2_image_id")
_WIRE = {"ec2_import_task_id": "ec2ImportTaskId", "image_build_version_arn": "imageBuildVersionArn"}
_WANTED = ("compute_type", "protocol", "os_version", "infrastructure_configuration_arn", "image_validation_mode")


class ImageComputeType(StrEnum):
    """The machines that the image is for."""

    BASE = "BASE"
    GRAPHICS_G4DN = "GRAPHICS_G4DN"
    GRAPHICS_G6 = "GRAPHICS_G6"
    GRAPHICS_G7 = "GRAPHICS_G7"


class Protocol(StrEnum):
    """How users reach the WorkSpace; BYOP is a protocol of one's own (WorkSpaces Core)."""

    PCOIP = "PCOIP"
    DCV = "DCV"
    BYOP = "BYOP"


class ImageValidationMode(StrEnum):
    """Who tests the image before it is published."""

    CUSTOMER_MANAGED = "CUSTOMER_MANAGED"
    SERVICE_MANAGED = "SERVICE_MANAGED"


@dataclass(frozen=True, kw_only=True)
class ImportCustomWorkspaceImageInputs(WorkspaceImageInputs):
    compute_type: ImageComputeType
    protocol: Protocol
    os_version: OsVersion
    infrastructure_configuration_arn: str
    ec2_import_task_id: str | None = None
    image_build_version_arn: str | None = None
    ec2_image_id: str | None = None
    image_validation_mode: ImageValidationMode | None = None


@dataclass(frozen=True, kw_only=True)
class ImportCustomWorkspaceImageState(ImportCustomWorkspaceImageInputs, WorkspaceImageState):
    pass


class ImportCustomWorkspaceImageLifecycle(
    WorkspaceImageLifecycle[ImportCustomWorkspaceImageInputs, ImportCustomWorkspaceImageState]
):
    inputs_type = ImportCustomWorkspaceImageInputs
    state_type = ImportCustomWorkspaceImageState

    def check(self, inputs: ImportCustomWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().check(inputs)
        yield from _source_problems(inputs)
        if is_known(inputs.infrastructure_configuration_arn):
            arn = inputs.infrastructure_configuration_arn
            yield from _arn_problems("infrastructureConfigurationArn", arn, _INFRASTRUCTURE, inputs)
        if is_known(inputs.image_build_version_arn) and inputs.image_build_version_arn is not None:
            yield from _arn_problems("imageBuildVersionArn", inputs.image_build_version_arn, _BUILD, inputs)
        task, ami = inputs.ec2_import_task_id, inputs.ec2_image_id
        if is_known(task) and task is not None and not _TASK.fullmatch(task):
            yield Problem("ec2ImportTaskId", f"expected import-ami- and 8 or 17 letters and digits, got {task!r}")
        if is_known(ami) and ami is not None and (reason := ami_id_problem(ami)):
            yield Problem("ec2ImageId", reason)
        if inputs.protocol is Protocol.PCOIP and inputs.os_version is OsVersion.WINDOWS_11:
            yield Problem("protocol", "expected DCV or BYOP for Windows 11, which has no PCoIP, got PCOIP")

    def preflight(self, run: Run, inputs: ImportCustomWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().preflight(run, inputs)
        yield from account_problems(run, "imageName")
        if inputs.protocol is Protocol.BYOP:
            run.warn("protocol BYOP is for WorkSpaces Core: AWS must have allow-listed the account for it")
        if is_known(inputs.ec2_image_id) and inputs.ec2_image_id is not None:
            yield from ami_problems(run, inputs.ec2_image_id, "ec2ImageId")
        if is_known(inputs.ec2_import_task_id) and inputs.ec2_import_task_id is not None:
            yield from _task_problems(run, inputs.ec2_import_task_id)

    def start(self, run: Run, inputs: ImportCustomWorkspaceImageInputs, tags: Mapping[str, str]) -> str:
        members: Mapping[str, Any] = api_members(inputs, _WANTED)
        source: Any = api_members(inputs, _SOURCES)
        answer = run.aws.client("workspaces").import_custom_workspace_image(
            ImageName=inputs.image_name,
            ImageDescription=inputs.image_description,
            ImageSource=source,
            Platform="WINDOWS",
            Tags=tag_list(tags),
            **members,
        )
        return answer["ImageId"]

    def _settled(self, run: Run, id: str) -> WorkspaceImage | None:
        ended = wait_for_end(
            run, custom_image_imports.POLLERS, id, lambda task: task.is_over, lambda task: task.summary
        )
        if ended is not None and ended.state == "ERROR":
            return replace(WorkspaceImage.read({"ImageId": id, "State": "ERROR"}), errors=ended.errors)
        return super()._settled(run, id)


def _source_problems(inputs: ImportCustomWorkspaceImageInputs) -> Iterator[Problem]:
    """The problem of none or several sources; what is not known yet may turn out to be none."""
    values = {name: getattr(inputs, name) for name in _SOURCES}
    given = [name for name, value in values.items() if is_set(value)]
    names = "ec2ImportTaskId, imageBuildVersionArn and ec2ImageId"
    if len(given) > 1:
        yield Problem(_WIRE.get(given[-1], "ec2ImageId"), f"expected exactly one of {names}, got {len(given)}")
    elif not given and is_known(*values.values()):
        yield Problem("ec2ImageId", f"expected exactly one of {names}, got none")


def _arn_problems(
    path: str, arn: str, form: re.Pattern[str], inputs: ImportCustomWorkspaceImageInputs
) -> Iterator[Problem]:
    """The problems of an ARN of Image Builder."""
    match = form.fullmatch(arn)
    if match is None:
        kind = "infrastructure-configuration/NAME" if form is _INFRASTRUCTURE else "image/NAME/1.0.0/1"
        yield Problem(path, f"expected arn:aws:imagebuilder:REGION:ACCOUNT:{kind}, got {arn!r}")
    elif is_known(inputs.region) and inputs.region and match[1] != inputs.region:
        yield Problem(path, f"expected one of Region {inputs.region}, got {arn}")


def _task_problems(run: Run, task_id: str) -> Iterator[Problem]:
    """The problems of an import task that may still run."""
    task = import_tasks.IMAGE_IMPORTS.find(run.aws, task_id)
    if task is None:
        if not run.supplied_by_resource("ec2ImportTaskId"):
            yield Problem("ec2ImportTaskId", f"EC2 lists no import task {task_id} in {run.aws.region}")
    elif task.is_failing:
        yield Problem("ec2ImportTaskId", f"import task {task_id} is {task.status}: {task.message or 'no message'}")
    elif task.license_type not in {None, "BYOL"}:
        yield Problem("ec2ImportTaskId", f"expected a task with licence BYOL, {task_id} has {task.license_type}")


class ImportCustomWorkspaceImageArgs(WorkspaceImageArgs):
    """The arguments of ImportCustomWorkspaceImage, with exactly one source.

    A change of any but tags, retain_on_delete, keep_failed_image, timeout_minutes, profile and assume_role_arn replaces
    the image.
    """

    compute_type: pulumi.Input[Literal["BASE", "GRAPHICS_G4DN", "GRAPHICS_G6", "GRAPHICS_G7"]]
    """BASE, GRAPHICS_G4DN, GRAPHICS_G6 or GRAPHICS_G7."""
    protocol: pulumi.Input[Literal["PCOIP", "DCV", "BYOP"]]
    """PCOIP (Windows 10 only), DCV or BYOP."""
    os_version: pulumi.Input[OsVersionValue]
    """Windows_10 or Windows_11."""
    infrastructure_configuration_arn: pulumi.Input[str]
    """The infrastructure configuration of EC2 Image Builder that says where the image is built and tested."""
    ec2_import_task_id: NotRequired[pulumi.Input[str]]
    """Source: an import task of EC2, import-ami-..., which may still run; its AMI is taken when it is there."""
    image_build_version_arn: NotRequired[pulumi.Input[str]]
    """Source: a build version of an EC2 Image Builder image."""
    ec2_image_id: NotRequired[pulumi.Input[str]]
    """Source: an AMI, Windows, imported with licence BYOL, unencrypted, in your account."""
    image_validation_mode: NotRequired[pulumi.Input[Literal["CUSTOMER_MANAGED", "SERVICE_MANAGED"]]]
    """CUSTOMER_MANAGED or SERVICE_MANAGED: who tests the image. Default: left to WorkSpaces."""


class ImportCustomWorkspaceImage(ManagedResource, module="vmimport", name="ImportCustomWorkspaceImage"):
    """A WorkSpaces image that EC2 Image Builder makes of an import task, a build or an AMI; its id is the resource's.

    State and percent of the import are shown while it runs. docs/workspaces_images.md says when to take this one and
    when ImportWorkspaceImage.

    Source: https://docs.aws.amazon.com/workspaces/latest/api/API_ImportCustomWorkspaceImage.html
    """

    image_id: pulumi.Output[str]
    """The WorkSpaces image, wsi-..."""
    image_state: pulumi.Output[str]
    """AVAILABLE, or where a run that was interrupted left it."""
    required_tenancy: pulumi.Output[str | None]
    """DEDICATED for BYOL."""
    owner_account_id: pulumi.Output[str | None]
    """The account that owns the image."""

    def __init__(
        self, name: str, args: ImportCustomWorkspaceImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args, opts)
