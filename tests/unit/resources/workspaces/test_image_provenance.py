"""A WorkSpaces image leads to the AMI or image that it was made of, and to the source of that."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pulumi_vmimport.aws.workspaces.ingestion_options import IngestionProcess
from pulumi_vmimport.resources.workspaces.copy_workspace_image import CopyWorkspaceImageInputs
from pulumi_vmimport.resources.workspaces.copy_workspace_image_lifecycle import CopyWorkspaceImageLifecycle
from pulumi_vmimport.resources.workspaces.create_updated_workspace_image import CreateUpdatedWorkspaceImageInputs
from pulumi_vmimport.resources.workspaces.create_updated_workspace_image_lifecycle import (
    CreateUpdatedWorkspaceImageLifecycle,
)
from pulumi_vmimport.resources.workspaces.import_workspace_image import ImportWorkspaceImageInputs
from pulumi_vmimport.resources.workspaces.import_workspace_image_lifecycle import ImportWorkspaceImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

NewRun = Callable[..., Any]
MACHINE = "4222c0de-0000-1111-2222-333344445555 2026-11-28T10:00:00Z"
NAMES: dict[str, Any] = {"region": "eu-west-1", "image_name": "win10", "image_description": "a desktop"}


@pytest.fixture
def imported(new_run: NewRun, aws: AwsSandbox, byol_ami: str) -> tuple[str, Any]:
    """A WorkSpaces image of an AMI that leads to a virtual machine: its AMI and state."""
    tags = [{"Key": "vmimport:source-machine", "Value": MACHINE}, {"Key": "team", "Value": "blue"}]
    aws.observer("ec2").create_tags(Resources=[byol_ami], Tags=tags)
    inputs = ImportWorkspaceImageInputs(
        **NAMES, ec2_image_id=byol_ami, ingestion_process=IngestionProcess.BYOL_REGULAR_WSP
    )
    return byol_ami, ImportWorkspaceImageLifecycle().create(new_run(), inputs).state


def test_an_image_of_an_ami_leads_to_the_machine_of_the_ami(imported: tuple[str, Any]) -> None:
    ami, state = imported
    assert (state.provenance["image"], state.provenance["virtualMachine"]) == (f"{ami}@eu-west-1", MACHINE)
    assert "team" not in state.provenance


def test_an_image_of_an_image_builder_image_leads_to_the_machine_of_its_ami(
    custom_kind: Any, new_run: NewRun, aws: AwsSandbox, byol_ami: str
) -> None:
    ec2, builder = aws.observer("ec2"), aws.observer("imagebuilder")
    ec2.create_tags(Resources=[byol_ami], Tags=[{"Key": "vmimport:source-machine", "Value": MACHINE}])
    task_id = ec2.describe_import_image_tasks()["ImportImageTasks"][0]["ImportTaskId"]
    request = {"name": "w", "semanticVersion": "1.0.0", "platform": "Windows", "vmImportTaskId": task_id}
    arn = builder.import_vm_image(**request)["imageArn"]
    inputs = replace(custom_kind.inputs, ec2_image_id=None, image_build_version_arn=arn)
    state = custom_kind.lifecycle.create(new_run(), inputs).state
    assert (state.provenance["image"], state.provenance["virtualMachine"]) == (f"{byol_ami}@eu-west-1", MACHINE)


def test_an_updated_image_leads_to_both_images_before_it(
    imported: tuple[str, Any], new_run: NewRun, aws: AwsSandbox
) -> None:
    ami, source = imported
    aws.offer_image_update(source.image_id)
    inputs = CreateUpdatedWorkspaceImageInputs(**NAMES | {"image_name": "win11"}, source_image_id=source.image_id)
    state = CreateUpdatedWorkspaceImageLifecycle().create(new_run(), inputs).state
    assert state.provenance is not None
    assert state.provenance["image"] == f"{source.image_id}@eu-west-1 {ami}@eu-west-1"
    assert state.provenance["virtualMachine"] == MACHINE


def test_a_copy_leads_to_the_image_in_the_other_region(imported: tuple[str, Any], new_run: NewRun) -> None:
    _, source = imported
    inputs = CopyWorkspaceImageInputs(
        **NAMES | {"image_name": "copy"}, source_image_id=source.image_id, source_region="eu-west-1"
    )
    state = CopyWorkspaceImageLifecycle().create(new_run(), inputs).state
    assert state.provenance is not None
    assert state.provenance["image"].startswith(f"{source.image_id}@eu-west-1")


def test_a_refresh_of_an_older_state_finds_the_source_in_the_tags(imported: tuple[str, Any], new_run: NewRun) -> None:
    _, state = imported
    lifecycle = ImportWorkspaceImageLifecycle()
    found = lifecycle.read(new_run(), state.image_id, replace(state, provenance=None))
    assert found is not None
    assert found.provenance == state.provenance
