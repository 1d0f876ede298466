"""Operations that use an AMI wait for it."""

from collections.abc import Callable
from typing import Any

import pytest
from moto.ec2.models import ec2_backends

from pulumi_vmimport.aws.ec2.export_options import ExportFormat
from pulumi_vmimport.aws.workspaces.ingestion_options import IngestionProcess, OsVersion
from pulumi_vmimport.lifecycle.contract import CleanFailureError
from pulumi_vmimport.resources.ec2_tasks.export_image import ExportImageInputs
from pulumi_vmimport.resources.ec2_tasks.export_image_lifecycle import ExportImageLifecycle
from pulumi_vmimport.resources.workspaces.import_custom_workspace_image import (
    ImageComputeType,
    ImportCustomWorkspaceImageInputs,
    Protocol,
)
from pulumi_vmimport.resources.workspaces.import_custom_workspace_image_lifecycle import (
    ImportCustomWorkspaceImageLifecycle,
)
from pulumi_vmimport.resources.workspaces.import_workspace_image import ImportWorkspaceImageInputs
from pulumi_vmimport.resources.workspaces.import_workspace_image_lifecycle import ImportWorkspaceImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION = "eu-west-1"
INFRASTRUCTURE = f"arn:aws:imagebuilder:{REGION}:123456789012:infrastructure-configuration/byol"
Prepare = Callable[[str], tuple[Any, Any]]


@pytest.fixture(params=["ImportWorkspaceImage", "ImportCustomWorkspaceImage", "ExportImage"])
def operation(request: pytest.FixtureRequest, export_bucket: str, export_role: str, byol_ami: str) -> tuple[Any, Any]:
    """A lifecycle that uses an AMI, and its inputs."""
    image: dict[str, Any] = {
        "region": REGION,
        "image_name": "win10",
        "image_description": "a desktop",
        "ec2_image_id": byol_ami,
    }
    match request.param:
        case "ImportWorkspaceImage":
            process = IngestionProcess.BYOL_REGULAR_WSP
            return ImportWorkspaceImageLifecycle(), ImportWorkspaceImageInputs(**image, ingestion_process=process)
        case "ImportCustomWorkspaceImage":
            inputs = ImportCustomWorkspaceImageInputs(
                **image,
                compute_type=ImageComputeType.BASE,
                protocol=Protocol.DCV,
                os_version=OsVersion.WINDOWS_10,
                infrastructure_configuration_arn=INFRASTRUCTURE,
            )
            return ImportCustomWorkspaceImageLifecycle(), inputs
        case _:
            return ExportImageLifecycle(), ExportImageInputs(
                region=REGION,
                image_id=byol_ami,
                disk_image_format=ExportFormat.VMDK,
                s3_bucket=export_bucket,
                role_name=export_role,
            )


def ami(id: str) -> Any:
    return ec2_backends["123456789012"][REGION].amis[id]


@pytest.mark.parametrize("state", ["pending", "transient", "reticulating"])
def test_an_ami_that_is_not_available_yet_is_waited_for(
    operation: tuple[Any, Any], new_run: Any, byol_ami: str, aws: AwsSandbox, state: str
) -> None:
    lifecycle, inputs = operation
    ami(byol_ami).state = state
    run = new_run()

    def finish() -> None:
        if run.waits == 3:
            ami(byol_ami).state = "available"

    run.then = finish
    assert lifecycle.create(run, inputs).id
    assert [text for text in run.texts if byol_ami in text and state in text]


def test_fails_with_the_reason_when_the_ami_fails(operation: tuple[Any, Any], new_run: Any, byol_ami: str) -> None:
    lifecycle, inputs = operation
    ami(byol_ami).state = "pending"
    run = new_run()

    def fail() -> None:
        ami(byol_ami).state = "failed"

    run.then = fail
    with pytest.raises(CleanFailureError, match=f"{byol_ami} is failed, expected available.*nothing was started"):
        lifecycle.create(run, inputs)
