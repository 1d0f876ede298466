"""The lifecycle of ImportWorkspaceImage."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pulumi_vmimport.aws.tables import ingestion_processes
from pulumi_vmimport.aws.tag_lists import tag_list
from pulumi_vmimport.aws.workspaces.ingestion_options import OsVersion
from pulumi_vmimport.aws.workspaces.workspace_images import WorkspaceImage
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known
from pulumi_vmimport.lifecycle.provenance import image_in
from pulumi_vmimport.lifecycle.unknown import UNKNOWN
from pulumi_vmimport.resources.rules.available_images import wait_until_available
from pulumi_vmimport.resources.workspaces.byol_source_rules import account_problems, ami_id_problem, ami_problems
from pulumi_vmimport.resources.workspaces.image_provenance import tags_of_ami
from pulumi_vmimport.resources.workspaces.import_workspace_image import (
    ImportWorkspaceImageInputs,
    ImportWorkspaceImageState,
)
from pulumi_vmimport.resources.workspaces.workspace_image_lifecycle import WorkspaceImageLifecycle


class ImportWorkspaceImageLifecycle(WorkspaceImageLifecycle[ImportWorkspaceImageInputs, ImportWorkspaceImageState]):
    inputs_type = ImportWorkspaceImageInputs
    state_type = ImportWorkspaceImageState
    local_inputs = frozenset({"applications", "keep_failed_image", "os_version", "retain_on_delete"})
    unread_inputs: ClassVar[Mapping[str, str]] = {
        "ec2ImageId": "only an image of this library has its AMI in its tags",
        "ingestionProcess": "WorkSpaces does not report it",
    }

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

    def reported_inputs(self, run: Run, image: WorkspaceImage, facts: Mapping[str, str]) -> Mapping[str, Any]:
        ami = image_in(facts.get("image"), "ami-")
        return {"ec2_image_id": ami[0] if ami and ami[1] == run.aws.region else UNKNOWN}

    def start(self, run: Run, inputs: ImportWorkspaceImageInputs, tags: Mapping[str, str]) -> str:
        wait_until_available(run, inputs.ec2_image_id)
        answer = run.aws.client("workspaces").import_workspace_image(
            Ec2ImageId=inputs.ec2_image_id,
            IngestionProcess=inputs.ingestion_process.value,
            ImageName=inputs.image_name,
            ImageDescription=inputs.image_description,
            Tags=tag_list({**tags, **tags_of_ami(run, inputs.ec2_image_id)}),
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
