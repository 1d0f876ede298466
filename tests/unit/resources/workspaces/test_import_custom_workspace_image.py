"""Tests specific to ImportCustomWorkspaceImage. test_workspace_image.py tests what all image resources share."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.session import get_session

from pulumi_vmimport.aws.workspaces.ingestion_options import OsVersion
from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError
from pulumi_vmimport.resources.workspaces.import_custom_workspace_image import (
    ImageComputeType,
    ImageValidationMode,
    Protocol,
)
from pulumi_vmimport.resources.workspaces.import_custom_workspace_image_lifecycle import (
    ImportCustomWorkspaceImageLifecycle,
)
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = ImportCustomWorkspaceImageLifecycle()
NewRun = Callable[..., Any]
Checked = Callable[..., list[tuple[str, str]]]
LookedUp = Callable[..., dict[str, str]]
BUILDER = "arn:aws:imagebuilder:eu-west-1:123456789012"
BAG = {
    "region": "eu-west-1",
    "imageName": "win10",
    "imageDescription": "a desktop",
    "computeType": "BASE",
    "protocol": "DCV",
    "osVersion": "Windows_10",
    "infrastructureConfigurationArn": f"{BUILDER}:infrastructure-configuration/byol",
    "ec2ImageId": "ami-0123456789abcdef0",
}
TASK = {"ec2ImageId": None, "ec2ImportTaskId": "import-ami-0123456789abcdef0"}
IMAGE = f"{BUILDER}:image/win-10/1.0.0/1"
BUILD = {"ec2ImageId": None, "imageBuildVersionArn": IMAGE}


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        pytest.param({"ec2ImageId": None}, "ec2ImageId", "exactly one of ec2ImportTaskId, image", id="no-source"),
        pytest.param(
            {"ec2ImportTaskId": TASK["ec2ImportTaskId"]}, "ec2ImageId", "exactly one of .* got 2", id="two-sources"
        ),
        pytest.param({"ec2ImageId": "ami-1"}, "ec2ImageId", "8 or 17 hex digits, got 'ami-1'", id="ami"),
        pytest.param(TASK | {"ec2ImportTaskId": "import-1"}, "ec2ImportTaskId", "got 'import-1'", id="task"),
        pytest.param(
            BUILD | {"imageBuildVersionArn": f"{BUILDER}:image/x/1.0/1"}, "imageBuildVersionArn", "1.0.0/1", id="build"
        ),
        pytest.param(
            BUILD | {"imageBuildVersionArn": IMAGE.replace("eu-west-1", "us-east-1")},
            "imageBuildVersionArn",
            "Region eu-west-1, got arn:aws:imagebuilder:us-east-1",
            id="build-of-another-region",
        ),
        pytest.param(
            {"infrastructureConfigurationArn": BAG["infrastructureConfigurationArn"].replace("eu-west-1", "us-east-1")},
            "infrastructureConfigurationArn",
            "Region eu-west-1, got arn:aws:imagebuilder:us-east-1",
            id="infrastructure-of-another-region",
        ),
        pytest.param(
            {"infrastructureConfigurationArn": "byol"},
            "infrastructureConfigurationArn",
            "infrastructure-configuration/NAME, got 'byol'",
            id="infrastructure",
        ),
        pytest.param(
            {"osVersion": "Windows_11", "protocol": "PCOIP"}, "protocol", "PCoIP, got PCOIP", id="windows-11-pcoip"
        ),
        pytest.param({"computeType": "STANDARD"}, "computeType", "GRAPHICS_G7, got 'STANDARD'", id="compute-type"),
        pytest.param({"imageValidationMode": "NONE"}, "imageValidationMode", "SERVICE_MANAGED", id="validation"),
    ],
)
def test_fails_in_check(values: dict[str, Any], path: str, reason: str, checked: Checked) -> None:
    found = checked(lifecycle, BAG | values)
    assert [p for p, _ in found] == [path]
    assert re.search(reason, found[0][1])


@pytest.mark.parametrize("values", [{}, TASK, BUILD, {"protocol": "PCOIP"}, {"imageValidationMode": "SERVICE_MANAGED"}])
def test_valid_inputs_have_no_problem(values: dict[str, Any], checked: Checked) -> None:
    assert checked(lifecycle, BAG | values) == []


def test_an_unknown_source_is_neither_missing_nor_counted(checked: Checked) -> None:
    assert checked(lifecycle, BAG | {"ec2ImageId": None, "ec2ImportTaskId": UNKNOWN}) == []


@pytest.mark.parametrize(
    ("closed_set", "shape"),
    [
        (ImageComputeType, "ImageComputeType"),
        (Protocol, "CustomImageProtocol"),
        (OsVersion, "OSVersion"),
        (ImageValidationMode, "ImageValidationMode"),
    ],
)
def test_allowed_values_are_those_of_the_service_model(closed_set: Any, shape: str) -> None:
    found: Any = get_session().get_service_model("workspaces").shape_for(shape)
    assert {member.value for member in closed_set} == set(found.enum)


def test_the_status_shows_state_percentage_and_message(custom_kind: Any, run: Any, aws: AwsSandbox) -> None:
    created = lifecycle.create(run, custom_kind.inputs)
    assert any(re.match(rf"\d+% updating operating system: .*{created.id}", text) for text in run.texts)
    assert created.state.required_tenancy == "DEDICATED"


def test_a_running_import_task_is_a_source(
    custom_kind: Any,
    run: Any,
    aws: AwsSandbox,
    image_members: dict[str, Any],
    looked_up: LookedUp,
    requests_of: Callable[[str], list[dict[str, Any]]],
) -> None:
    task = aws.observer("ec2").import_image(**image_members)["ImportTaskId"]
    inputs = replace(
        custom_kind.inputs,
        ec2_image_id=None,
        ec2_import_task_id=task,
        image_validation_mode=ImageValidationMode.SERVICE_MANAGED,
    )
    assert looked_up(lifecycle, run, inputs) == {}
    created = lifecycle.create(run, inputs)
    assert custom_kind.images() == {created.id: "AVAILABLE"}
    (request,) = requests_of("ImportCustomWorkspaceImage")
    assert request["ImageSource"] == {"Ec2ImportTaskId": task}
    assert request["ImageValidationMode"] == "SERVICE_MANAGED"
    assert any(f"Waiting for the import task {task}" in text for text in run.texts)


@pytest.fixture
def image_members(bucket: str, role: str, byol_ami: str) -> dict[str, Any]:
    """The members of an ImportImage of the object that `byol_ami` came from."""
    container = {"Format": "RAW", "UserBucket": {"S3Bucket": bucket, "S3Key": "win10.raw"}}
    return {"DiskContainers": [container], "LicenseType": "BYOL", "Platform": "Windows"}


def test_preflight_reports_a_task_that_cannot_become_an_image(
    custom_kind: Any, new_run: NewRun, aws: AwsSandbox, image_members: dict[str, Any], looked_up: LookedUp
) -> None:
    ec2 = aws.observer("ec2")
    inputs = replace(custom_kind.inputs, ec2_image_id=None, ec2_import_task_id="import-ami-0123456789abcdef0")
    reason = looked_up(lifecycle, new_run(), inputs)["ec2ImportTaskId"]
    assert "import-ami-0123456789abcdef0 in eu-west-1" in reason
    assert looked_up(lifecycle, new_run(supplied=("ec2ImportTaskId",)), inputs) == {}
    licensed = ec2.import_image(**image_members | {"LicenseType": "AWS"})["ImportTaskId"]
    reason = looked_up(lifecycle, new_run(), replace(inputs, ec2_import_task_id=licensed))["ec2ImportTaskId"]
    assert f"BYOL, {licensed} has AWS" in reason
    ec2.cancel_import_task(ImportTaskId=licensed)
    reason = looked_up(lifecycle, new_run(), replace(inputs, ec2_import_task_id=licensed))["ec2ImportTaskId"]
    assert reason.startswith(f"import task {licensed} is delet")


def test_preflight_reports_a_missing_ami(
    custom_kind: Any, new_run: NewRun, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    aws.observer("ec2").deregister_image(ImageId=custom_kind.inputs.ec2_image_id)
    assert list(looked_up(lifecycle, new_run(), custom_kind.inputs)) == ["ec2ImageId"]
    assert looked_up(lifecycle, new_run(supplied=("ec2ImageId",)), custom_kind.inputs) == {}


def test_preflight_reports_an_account_without_byol_and_warns_about_byop(
    custom_kind: Any, run: Any, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    aws.disable_byol()
    found = looked_up(lifecycle, run, replace(custom_kind.inputs, protocol=Protocol.BYOP))
    assert "is not enabled for BYOL in eu-west-1" in found["imageName"]
    assert any("allow-listed" in text for text in run.warnings)


def test_fails_with_the_error_details_of_the_import(custom_kind: Any, run: Any, aws: AwsSandbox) -> None:
    aws.faults.fail_workspace_image("AppXPackagesInstalled", "DomainJoined")
    with pytest.raises(CleanFailureError, match=r"AppXPackagesInstalled: .*; DomainJoined: .*; .* image was deleted"):
        lifecycle.create(run, custom_kind.inputs)
    assert custom_kind.images() == {}


def test_fails_with_the_state_message_without_error_details(
    custom_kind: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = run.aws.client("workspaces")
    answer = {"State": "ERROR", "StateMessage": "the pipeline ended"}
    monkeypatch.setattr(client, "describe_custom_workspace_image_import", lambda **members: answer)
    monkeypatch.setattr(client, "delete_workspace_image", lambda **members: {})
    with pytest.raises(CleanFailureError, match="ended in ERROR: ERROR: the pipeline ended; "):
        lifecycle.create(run, custom_kind.inputs)


def test_an_image_builder_image_must_exist_and_not_have_failed(
    custom_kind: Any, run: Any, aws: AwsSandbox, image_members: dict[str, Any], looked_up: LookedUp
) -> None:
    builder, ec2 = aws.observer("imagebuilder"), aws.observer("ec2")
    path, request = "imageBuildVersionArn", {"name": "w", "semanticVersion": "1.0.0", "platform": "Windows"}

    def problems(arn: str) -> dict[str, str]:
        inputs = replace(custom_kind.inputs, ec2_image_id=None, image_build_version_arn=arn)
        return looked_up(lifecycle, run, inputs)

    assert problems(IMAGE) == {path: f"there is no Image Builder image {IMAGE}"}
    good = builder.import_vm_image(**request, vmImportTaskId=ec2.import_image(**image_members)["ImportTaskId"])
    aws.faults.fail_import("ClientError: Unsupported kernel")
    bad = builder.import_vm_image(**request, vmImportTaskId=ec2.import_image(**image_members)["ImportTaskId"])
    assert problems(good["imageArn"]) == problems(bad["imageArn"]) == {}
    aws.clock.advance(aws.settings.import_seconds)
    assert problems(good["imageArn"]) == {}
    reason = problems(bad["imageArn"])[path]
    assert (f"{bad['imageArn']} is FAILED" in reason, "Unsupported kernel" in reason) == (True, True)
    (ami,) = builder.get_image(imageBuildVersionArn=good["imageArn"])["image"]["outputResources"]["amis"]
    ec2.deregister_image(ImageId=ami["image"])
    assert problems(good["imageArn"]) == {path: f"there is no AMI {ami['image']} in eu-west-1"}
