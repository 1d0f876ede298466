from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.loaders import Loader

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.workspaces.conftest import Desktops

    from pulumi_vmimport_sandbox.aws import AwsSandbox

CONFIGURATION = "arn:aws:imagebuilder:eu-west-1:123456789012:infrastructure-configuration/desktops"
BUILD = "arn:aws:imagebuilder:eu-west-1:123456789012:image/win10/1.0.0/1"


def _request(source: dict[str, str], **change: Any) -> dict[str, Any]:
    return {
        "ImageName": "win10",
        "ImageDescription": "a desktop",
        "ComputeType": "BASE",
        "Protocol": "DCV",
        "ImageSource": source,
        "InfrastructureConfigurationArn": CONFIGURATION,
        "Platform": "WINDOWS",
        "OsVersion": "Windows_10",
        **change,
    }


def _start(desktops: Desktops, source: dict[str, str], **change: Any) -> str:
    answer = desktops.calls.import_custom_workspace_image(**_request(source, **change))
    assert answer["State"] == "PENDING"
    return str(answer["ImageId"])


def _import(desktops: Desktops, image_id: str) -> dict[str, Any]:
    found: dict[str, Any] = desktops.calls.describe_custom_workspace_image_import(ImageId=image_id)
    del found["ResponseMetadata"]
    return found


def _states() -> set[str]:
    model = Loader().load_service_model("workspaces", "service-2")
    return set(model["shapes"]["CustomWorkspaceImageImportState"]["enum"])


def test_an_import_goes_through_all_states(desktops: Desktops, aws: AwsSandbox) -> None:
    ami = desktops.ami()
    began = aws.clock.now()
    image_id = _start(desktops, {"Ec2ImageId": ami})
    seen, percents = [], []
    for _ in range(121):
        shown = _import(desktops, image_id)
        seen.append(shown["State"])
        percents.append(shown["ProgressPercentage"])
        listed = desktops.found(image_id)["State"]
        assert listed == ("AVAILABLE" if shown["State"] == "COMPLETED" else "PENDING")
        aws.clock.advance(60)
    assert set(seen) == _states() - {"ERROR"}
    assert (percents, percents[0], percents[-1]) == (sorted(percents), 0, 100)
    shown = _import(desktops, image_id)
    assert shown.pop("Created").timestamp() == pytest.approx(began, abs=1)
    assert shown.pop("LastUpdatedTime").timestamp() == pytest.approx(began + aws.settings.custom_import_seconds, abs=1)
    assert shown == {
        "ImageId": image_id,
        "InfrastructureConfigurationArn": CONFIGURATION,
        "State": "COMPLETED",
        "StateMessage": "The image was imported.",
        "ProgressPercentage": 100,
        "ImageSource": {"Ec2ImageId": ami},
        "ErrorDetails": [],
    }
    image = desktops.found(image_id)
    assert (image["Name"], image["RequiredTenancy"]) == ("win10", "DEDICATED")


def test_an_import_waits_for_a_running_import_task(desktops: Desktops, aws: AwsSandbox) -> None:
    task_id = desktops.account.start()
    image_id = _start(desktops, {"Ec2ImportTaskId": task_id})
    aws.clock.advance(aws.settings.import_seconds - 1)
    shown = _import(desktops, image_id)
    assert (shown["State"], shown["ProgressPercentage"], task_id in shown["StateMessage"]) == ("PENDING", 0, True)
    aws.clock.advance(aws.settings.custom_import_seconds)
    assert _import(desktops, image_id)["State"] == "PUBLISHING"
    aws.clock.advance(1)
    assert _import(desktops, image_id)["State"] == "COMPLETED"


def test_an_import_ends_with_its_import_task(desktops: Desktops, aws: AwsSandbox) -> None:
    aws.faults.fail_import("ClientError: Unsupported kernel")
    image_id = _start(desktops, {"Ec2ImportTaskId": desktops.account.start()})
    aws.clock.advance(aws.settings.import_seconds)
    shown = _import(desktops, image_id)
    assert (shown["State"], "Unsupported kernel" in shown["StateMessage"]) == ("ERROR", True)
    assert "Unsupported kernel" in shown["ErrorDetails"][0]["ErrorMessage"]
    assert desktops.found(image_id)["State"] == "ERROR"


def test_an_import_of_a_completed_task_or_a_build_starts_immediately(desktops: Desktops, aws: AwsSandbox) -> None:
    task_id = desktops.account.start()
    aws.clock.advance(10 * aws.settings.import_seconds)
    sources = {"task": {"Ec2ImportTaskId": task_id}, "build": {"ImageBuildVersionArn": BUILD}}
    made = [_start(desktops, source, ImageName=name) for name, source in sources.items()]
    aws.clock.advance(aws.settings.custom_import_seconds)
    assert [_import(desktops, image_id)["State"] for image_id in made] == ["COMPLETED"] * 2


def test_an_injected_failure_is_reported_after_the_guest_is_checked(desktops: Desktops, aws: AwsSandbox) -> None:
    ami = desktops.ami()
    aws.faults.fail_workspace_image("VMWareToolsInstalled", "PendingReboot")
    image_id = _start(desktops, {"Ec2ImageId": ami})
    aws.clock.advance(54 * 60)
    assert _import(desktops, image_id)["State"] == "IMAGE_COMPATIBILITY_CHECKING"
    aws.clock.advance(60)
    shown, image = _import(desktops, image_id), desktops.found(image_id)
    assert (shown["State"], shown["ProgressPercentage"]) == ("ERROR", 44)
    codes = ["VMWareToolsInstalled", "PendingReboot"]
    assert [d["ErrorCode"] for d in shown["ErrorDetails"]] == [d["ErrorCode"] for d in image["ErrorDetails"]] == codes
    assert aws.clock.now() == pytest.approx(shown["LastUpdatedTime"].timestamp(), abs=1)


def test_every_code_of_the_service_can_be_injected(desktops: Desktops, aws: AwsSandbox) -> None:
    model = Loader().load_service_model("workspaces", "service-2")
    codes = model["shapes"]["WorkspaceImageErrorDetailCode"]["enum"]
    assert len(codes) == 48
    ami = desktops.ami()
    aws.faults.fail_workspace_image(*codes, times=2)
    made = [_start(desktops, {"Ec2ImageId": ami}), desktops.ingest(ami)]
    aws.clock.advance(aws.settings.custom_import_seconds)
    for image_id in made:
        assert [d["ErrorCode"] for d in desktops.found(image_id)["ErrorDetails"]] == codes


GUESTS = {
    "right": ("windows11_64Guest", "Windows_11", "COMPLETED"),
    "older": ("windows9_64Guest", "Windows_11", "ERROR"),
    "newer": ("windows11_64Guest", "Windows_10", "ERROR"),
    "server": ("windows2019srv_64Guest", "Windows_10", "ERROR"),
}


@pytest.mark.parametrize(("guest", "os_version", "state"), GUESTS.values(), ids=GUESTS)
def test_the_guest_must_match_the_request(
    desktops: Desktops, aws: AwsSandbox, guest: str, os_version: str, state: str
) -> None:
    image_id = _start(desktops, {"Ec2ImageId": desktops.ami(guest)}, OsVersion=os_version)
    aws.clock.advance(aws.settings.custom_import_seconds)
    assert _import(desktops, image_id)["State"] == state


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "compute": ({"ComputeType": "STANDARD"}, "InvalidParameterValuesException"),
    "protocol": ({"Protocol": "WSP"}, "InvalidParameterValuesException"),
    "platform": ({"Platform": "LINUX"}, "InvalidParameterValuesException"),
    "system": ({"OsVersion": "Windows_7"}, "InvalidParameterValuesException"),
    "mode": ({"ImageValidationMode": "NONE"}, "InvalidParameterValuesException"),
    "Windows 11 on PCoIP": ({"OsVersion": "Windows_11", "Protocol": "PCOIP"}, "InvalidParameterValuesException"),
    "name": ({"ImageName": "a b"}, "InvalidParameterValuesException"),
    "configuration": ({"InfrastructureConfigurationArn": "desktops"}, "InvalidParameterValuesException"),
    "build": ({"ImageSource": {"ImageBuildVersionArn": "win10"}}, "InvalidParameterValuesException"),
    "form of a task": ({"ImageSource": {"Ec2ImportTaskId": "import-ami-0123-567"}}, "InvalidParameterValuesException"),
    "unknown task": (
        {"ImageSource": {"Ec2ImportTaskId": "import-ami-0123456789abcdef0"}}, "ResourceNotFoundException",
    ),
    "unknown AMI": ({"ImageSource": {"Ec2ImageId": "ami-0123456789abcdef0"}}, "ResourceNotFoundException"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "code"), REFUSALS.values(), ids=REFUSALS)
def test_fails_for_parameters_that_an_import_rejects(desktops: Desktops, change: dict[str, Any], code: str) -> None:
    request = _request({"ImageBuildVersionArn": BUILD}, **change)
    assert desktops.refused(desktops.calls.import_custom_workspace_image, **request)[0] == code
    assert desktops.calls.describe_workspace_images()["Images"] == []


def test_fails_for_a_task_without_a_usable_result(desktops: Desktops, aws: AwsSandbox) -> None:
    desktops.account.put("linux.ova", desktops.samples.ova("ubuntu64Guest"))
    linux, failed = desktops.account.start("linux.ova"), desktops.account.start()
    desktops.account.cancel(failed)
    sealed = desktops.account.start(Encrypted=True)
    for task_id, word in ((linux, "does not import Windows"), (failed, "it must be active"), (sealed, "encrypted")):
        request = _request({"Ec2ImportTaskId": task_id})
        code, message = desktops.refused(desktops.calls.import_custom_workspace_image, **request)
        assert (code, word in message) == ("InvalidParameterValuesException", True)


def test_fails_without_byol_and_for_an_existing_name(desktops: Desktops, aws: AwsSandbox) -> None:
    request = _request({"ImageBuildVersionArn": BUILD})
    call = desktops.calls.import_custom_workspace_image
    aws.disable_byol()
    assert desktops.refused(call, **request)[0] == "OperationNotSupportedException"
    aws.enable_byol()
    call(**request)
    assert desktops.refused(call, **request)[0] == "ResourceAlreadyExistsException"


def test_fails_to_describe_the_import_of_an_image_that_was_not_imported(desktops: Desktops) -> None:
    describe = desktops.calls.describe_custom_workspace_image_import
    for image_id in (desktops.plain(), "wsi-012345678"):
        assert desktops.refused(describe, ImageId=image_id)[0] == "ResourceNotFoundException"


def test_an_import_is_a_remaining_resource_until_its_image_is_deleted(desktops: Desktops, aws: AwsSandbox) -> None:
    before = aws.remaining_resources()
    image_id = _start(desktops, {"ImageBuildVersionArn": BUILD}, Tags=[{"Key": "k", "Value": "v"}])
    assert desktops.calls.describe_tags(ResourceId=image_id)["TagList"] == [{"Key": "k", "Value": "v"}]
    aws.clock.advance(120)
    assert aws.remaining_resources() == [
        *before[:-3],
        f"workspaces eu-west-1 image {image_id} (win10, IN_PROGRESS)",
        *before[-3:],
    ]
    delete = desktops.calls.delete_workspace_image
    assert desktops.refused(delete, ImageId=image_id)[0] == "InvalidResourceStateException"
    aws.clock.advance(aws.settings.custom_import_seconds)
    delete(ImageId=image_id)
    assert aws.remaining_resources() == before
    describe = desktops.calls.describe_custom_workspace_image_import
    assert desktops.refused(describe, ImageId=image_id)[0] == "ResourceNotFoundException"
