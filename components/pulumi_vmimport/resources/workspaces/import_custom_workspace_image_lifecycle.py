"""The lifecycle of ImportCustomWorkspaceImage."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from pulumi_vmimport.aws.ec2 import import_tasks
from pulumi_vmimport.aws.ec2.import_request import api_members
from pulumi_vmimport.aws.image_builder import builder_images
from pulumi_vmimport.aws.image_builder.builder_images import COMPLETE_STATUSES
from pulumi_vmimport.aws.tag_lists import tag_list
from pulumi_vmimport.aws.workspaces import custom_image_imports
from pulumi_vmimport.aws.workspaces.ingestion_options import OsVersion
from pulumi_vmimport.aws.workspaces.workspace_images import WorkspaceImage
from pulumi_vmimport.lifecycle.contract import Problem, Progress, Run, is_known, is_set
from pulumi_vmimport.lifecycle.schema import camel_case
from pulumi_vmimport.lifecycle.task_waiting import wait_for_end
from pulumi_vmimport.lifecycle.unknown import UNKNOWN
from pulumi_vmimport.resources.rules.available_images import wait_until_available
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.resources.workspaces.byol_source_rules import account_problems, ami_id_problem, ami_problems
from pulumi_vmimport.resources.workspaces.image_provenance import tags_of_ami, tags_of_build, tags_of_task
from pulumi_vmimport.resources.workspaces.import_custom_workspace_image import (
    ImportCustomWorkspaceImageInputs,
    ImportCustomWorkspaceImageState,
    Protocol,
)
from pulumi_vmimport.resources.workspaces.workspace_image_lifecycle import WorkspaceImageLifecycle
from pulumi_vmimport.shown_value import shown_value

_TASK_ID = re.compile(r"import-ami-([a-zA-Z0-9]{8}|[a-zA-Z0-9]{17})")
_BUILD_ARN = re.compile(
    r"arn:aws[^:]*:imagebuilder:([^:]+):(\d{12}|aws(-[a-z-]+)?):image/[a-z0-9-_]+/"
    r"((\d+|x)\.(\d+|x)\.(\d+|x)|\d+\.\d+\.\d+/\d+)"
)
_INFRASTRUCTURE_ARN = re.compile(
    r"arn:aws[^:]*:imagebuilder:([^:]+):(\d{12}|aws):infrastructure-configuration/[a-z0-9-_]+"
)
_SOURCES = ("ec2_import_task_id", "image_build_version_arn", "ec2_image_id")
_OTHER_MEMBERS = ("compute_type", "protocol", "os_version", "infrastructure_configuration_arn", "image_validation_mode")


class ImportCustomWorkspaceImageLifecycle(
    WorkspaceImageLifecycle[ImportCustomWorkspaceImageInputs, ImportCustomWorkspaceImageState]
):
    inputs_type = ImportCustomWorkspaceImageInputs
    state_type = ImportCustomWorkspaceImageState
    local_inputs = frozenset({"image_validation_mode", "keep_failed_image", "retain_on_delete"})
    unread_inputs: ClassVar[Mapping[str, str]] = {
        "computeType": "WorkSpaces does not report it",
        "protocol": "WorkSpaces does not report it",
        "osVersion": "WorkSpaces does not report it",
        "infrastructureConfigurationArn": "WorkSpaces reports it for a custom image import alone",
        "ec2ImageId": "WorkSpaces reports it for a custom image import alone",
    }

    def check(self, inputs: ImportCustomWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().check(inputs)
        yield from _source_problems(inputs)
        if is_known(inputs.infrastructure_configuration_arn):
            yield from _arn_problems(
                "infrastructureConfigurationArn",
                inputs.infrastructure_configuration_arn,
                _INFRASTRUCTURE_ARN,
                inputs.region,
            )
        if inputs.protocol is Protocol.PCOIP and inputs.os_version is OsVersion.WINDOWS_11:
            yield Problem("protocol", "expected DCV or BYOP, because Windows 11 does not support PCoIP, got PCOIP")

    def preflight(self, run: Run, inputs: ImportCustomWorkspaceImageInputs) -> Iterator[Problem]:
        yield from super().preflight(run, inputs)
        yield from account_problems(run, "imageName")
        if inputs.protocol is Protocol.BYOP:
            run.warn("protocol BYOP is for WorkSpaces Core and requires that AWS has allow-listed the account")
        if is_known(inputs.ec2_image_id) and inputs.ec2_image_id is not None:
            yield from ami_problems(run, inputs.ec2_image_id, "ec2ImageId")
        if is_known(inputs.ec2_import_task_id) and inputs.ec2_import_task_id is not None:
            yield from _task_problems(run, inputs.ec2_import_task_id)
        if is_set(inputs.image_build_version_arn) and _BUILD_ARN.fullmatch(inputs.image_build_version_arn):
            yield from _build_problems(run, inputs.image_build_version_arn)

    def reported_inputs(self, run: Run, image: WorkspaceImage, facts: Mapping[str, str]) -> Mapping[str, Any]:
        task = custom_image_imports.describe(run.aws, [image.id]).get(image.id)
        sources = {name: task.source.get(name) if task else UNKNOWN for name in _SOURCES}
        infrastructure = task.infrastructure_configuration_arn if task else None
        return {**sources, "infrastructure_configuration_arn": infrastructure or UNKNOWN}

    def start(self, run: Run, inputs: ImportCustomWorkspaceImageInputs, tags: Mapping[str, str]) -> str:
        if inputs.ec2_image_id is not None:
            wait_until_available(run, inputs.ec2_image_id)
        source: Any = api_members(inputs, _SOURCES)
        members: Mapping[str, Any] = api_members(inputs, _OTHER_MEMBERS)
        answer = run.aws.client("workspaces").import_custom_workspace_image(
            ImageName=inputs.image_name,
            ImageDescription=inputs.image_description,
            ImageSource=source,
            Platform="WINDOWS",
            Tags=tag_list({**tags, **_source_tags(run, inputs)}),
            **members,
        )
        return answer["ImageId"]

    def _wait_for_end(self, run: Run, id: str) -> WorkspaceImage | None:
        ended = wait_for_end(run, custom_image_imports.POLLERS, id, lambda task: task.is_over, _progress)
        if ended is not None and ended.state == "ERROR":
            return replace(WorkspaceImage.read({"ImageId": id, "State": "ERROR"}), errors=ended.errors)
        return super()._wait_for_end(run, id)


def _source_tags(run: Run, inputs: ImportCustomWorkspaceImageInputs) -> Mapping[str, str]:
    if inputs.ec2_image_id is not None:
        return tags_of_ami(run, inputs.ec2_image_id)
    if inputs.image_build_version_arn is not None:
        return tags_of_build(run, inputs.image_build_version_arn)
    return {} if inputs.ec2_import_task_id is None else tags_of_task(run, inputs.ec2_import_task_id)


def _progress(task: custom_image_imports.CustomImageImport) -> Progress:
    message = f": {task.message}" if task.message else ""
    return Progress(f"{task.state_name}{message}", task.progress)


def _source_problems(inputs: ImportCustomWorkspaceImageInputs) -> Iterator[Problem]:
    """The problems of the sources: exactly one is required. One that is unknown may turn out to be None."""
    values = {name: getattr(inputs, name) for name in _SOURCES}
    sources = [name for name, value in values.items() if is_set(value)]
    expected = "expected exactly one of ec2ImportTaskId, imageBuildVersionArn and ec2ImageId"
    if len(sources) > 1:
        yield Problem(camel_case(sources[-1]), f"{expected}, got {len(sources)}")
    elif not sources and is_known(*values.values()):
        yield Problem("ec2ImageId", f"{expected}, got none")
    task_id, build_arn, image_id = inputs.ec2_import_task_id, inputs.image_build_version_arn, inputs.ec2_image_id
    if is_known(task_id) and task_id is not None and not _TASK_ID.fullmatch(task_id):
        yield Problem(
            "ec2ImportTaskId", f"expected import-ami- and 8 or 17 letters and digits, got {shown_value(task_id)}"
        )
    if is_known(build_arn) and build_arn is not None:
        yield from _arn_problems("imageBuildVersionArn", build_arn, _BUILD_ARN, inputs.region)
    if is_known(image_id) and image_id is not None and (reason := ami_id_problem(image_id)):
        yield Problem("ec2ImageId", reason)


def _arn_problems(path: str, arn: str, pattern: re.Pattern[str], region: str | None) -> Iterator[Problem]:
    """The problems of an EC2 Image Builder ARN, which must be in the resource's Region."""
    match = pattern.fullmatch(arn)
    if match is None:
        example = "infrastructure-configuration/NAME" if pattern is _INFRASTRUCTURE_ARN else "image/NAME/1.0.0/1"
        yield Problem(path, f"expected arn:aws:imagebuilder:REGION:ACCOUNT:{example}, got {shown_value(arn)}")
    elif is_known(region) and region and match[1] != region:
        yield Problem(path, f"expected an ARN in Region {region}, got {arn}")


def _build_problems(run: Run, arn: str) -> Iterator[Problem]:
    """The problems of an Image Builder image and, if the account owns it, of its AMI."""
    path = "imageBuildVersionArn"
    with warn_on_aws_error(run, f"Image Builder image {arn}"):
        image = builder_images.find(run.aws, arn)
        if image is None:
            if not run.supplied_by_resource(path):
                yield Problem(path, f"there is no Image Builder image {arn}")
        elif not image.is_in_progress and image.status not in COMPLETE_STATUSES:
            yield Problem(path, f"Image Builder image {arn} is {image.status}: {image.reason or 'no reason'}")
        elif image.account_id == run.aws.account_id:
            for image_id in image.own_amis.get(str(run.aws.region), [])[:1]:
                yield from ami_problems(run, image_id, path)


def _task_problems(run: Run, task_id: str) -> Iterator[Problem]:
    """The problems of an import task, which may still be running."""
    task = import_tasks.IMAGE_IMPORTS.find(run.aws, task_id)
    if task is None:
        if not run.supplied_by_resource("ec2ImportTaskId"):
            yield Problem("ec2ImportTaskId", f"there is no import task {task_id} in {run.aws.region}")
    elif task.is_failing:
        yield Problem("ec2ImportTaskId", f"import task {task_id} is {task.status}: {task.message or 'no message'}")
    elif task.license_type not in {None, "BYOL"}:
        yield Problem("ec2ImportTaskId", f"expected a task with license type BYOL, {task_id} has {task.license_type}")
