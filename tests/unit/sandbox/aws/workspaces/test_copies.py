from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from moto.workspaces.models import workspaces_backends

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.workspaces.conftest import Desktops

    from pulumi_vmimport_sandbox.aws import AwsSandbox

HERE, THERE = "eu-west-1", "us-west-2"


def _copy(desktops: Desktops, image_id: str, **change: Any) -> str:
    request = {"Name": "copy", "SourceImageId": image_id, "SourceRegion": HERE, **change}
    return str(desktops.there().copy_workspace_image(**request)["ImageId"])


def test_a_copy_in_another_region_is_pending_until_its_duration_has_passed(desktops: Desktops, aws: AwsSandbox) -> None:
    image_id = desktops.byol()
    copy_id = _copy(desktops, image_id, Tags=[{"Key": "k", "Value": "v"}])
    began = aws.clock.now()
    aws.clock.advance(aws.settings.copy_workspace_image_seconds - 1)
    assert desktops.found(copy_id, desktops.there())["State"] == "PENDING"
    aws.clock.advance(1)
    copied, source = desktops.found(copy_id, desktops.there()), desktops.found(image_id)
    assert copied.pop("Created").timestamp() == pytest.approx(began, abs=1)
    del source["Created"]
    assert copied == {**source, "ImageId": copy_id, "Name": "copy"}
    assert desktops.there().describe_tags(ResourceId=copy_id)["TagList"] == [{"Key": "k", "Value": "v"}]
    assert desktops.calls.describe_workspace_images(ImageIds=[copy_id])["Images"] == []


def test_a_copy_can_have_its_own_description(desktops: Desktops) -> None:
    copy_id = _copy(desktops, desktops.plain(), Description="another")
    assert desktops.found(copy_id, desktops.there())["Description"] == "another"


def test_a_copy_can_fail(desktops: Desktops, aws: AwsSandbox) -> None:
    image_id = desktops.plain()
    aws.faults.fail_workspace_image("UnknownError")
    copy_id = _copy(desktops, image_id)
    aws.clock.advance(aws.settings.copy_workspace_image_seconds)
    assert desktops.found(copy_id, desktops.there())["ErrorCode"] == "UnknownError"


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown image": ({"SourceImageId": "wsi-012345678"}, "ResourceNotFoundException"),
    "the wrong Region": ({"SourceRegion": "eu-central-1"}, "ResourceNotFoundException"),
    "no Region": ({"SourceRegion": "eu-nowhere-1"}, "InvalidParameterValuesException"),
    "another partition": ({"SourceRegion": "cn-northwest-1"}, "InvalidParameterValuesException"),
    "name": ({"Name": "a b"}, "InvalidParameterValuesException"),
    "description": ({"Description": "a, b"}, "InvalidParameterValuesException"),
}


@pytest.mark.parametrize(("change", "code"), REFUSALS.values(), ids=REFUSALS)
def test_fails_to_copy_with_invalid_parameters(desktops: Desktops, change: dict[str, Any], code: str) -> None:
    request = {"Name": "copy", "SourceImageId": desktops.plain(), "SourceRegion": HERE, **change}
    assert desktops.refused(desktops.there().copy_workspace_image, **request)[0] == code
    assert desktops.there().describe_workspace_images()["Images"] == []


def test_fails_to_copy_an_image_that_is_not_available(desktops: Desktops) -> None:
    request = {"Name": "copy", "SourceImageId": desktops.ingest(desktops.ami()), "SourceRegion": HERE}
    code, message = desktops.refused(desktops.there().copy_workspace_image, **request)
    assert (code, "PENDING" in message) == ("ResourceUnavailableException", True)


def test_fails_to_copy_to_a_name_that_exists_in_the_region(desktops: Desktops) -> None:
    image_id = desktops.plain()
    _copy(desktops, image_id)
    request = {"Name": "copy", "SourceImageId": image_id, "SourceRegion": HERE}
    code, _ = desktops.refused(desktops.there().copy_workspace_image, **request)
    assert code == "ResourceAlreadyExistsException"
    desktops.calls.copy_workspace_image(**request)


def test_fails_to_copy_a_byol_image_without_byol(desktops: Desktops, aws: AwsSandbox) -> None:
    byol, plain = desktops.byol(), desktops.plain()
    aws.disable_byol(THERE)
    request = {"Name": "copy", "SourceRegion": HERE}
    code, _ = desktops.refused(desktops.there().copy_workspace_image, SourceImageId=byol, **request)
    assert code == "OperationNotSupportedException"
    desktops.there().copy_workspace_image(SourceImageId=plain, **request)


@pytest.mark.parametrize(
    ("source", "target"),
    [("cn-north-1", "cn-northwest-1"), ("us-gov-east-1", "us-gov-west-1")],
    ids=["China", "GovCloud"],
)
def test_fails_to_copy_between_regions_that_do_not_support_it(
    desktops: Desktops, aws: AwsSandbox, source: str, target: str
) -> None:
    image_id = desktops.plain()
    here = workspaces_backends[aws.account_id][HERE].workspace_images
    workspaces_backends[aws.account_id][target].workspace_images[image_id] = here[image_id]
    request = {"Name": "copy", "SourceImageId": image_id}
    calls = desktops.there(target)
    code, _ = desktops.refused(calls.copy_workspace_image, SourceRegion=source, **request)
    assert code == "OperationNotSupportedException"
    calls.copy_workspace_image(SourceRegion=target, **request)


def test_fails_to_exceed_the_quota_of_images_in_a_region(desktops: Desktops, aws: AwsSandbox) -> None:
    image_id = desktops.plain()
    aws.settings.workspace_image_quota = 1
    request = {"SourceImageId": image_id, "SourceRegion": HERE}
    _copy(desktops, image_id)
    for calls in (desktops.calls, desktops.there()):
        code, message = desktops.refused(calls.copy_workspace_image, Name="more", **request)
        assert (code, "quota of 1" in message) == ("ResourceLimitExceededException", True)


UPDATES = {
    "Windows 10": ("windows9_64Guest", True),
    "Server 2019": ("Microsoft Windows Server 2019", True),
    "Windows 11": ("windows11_64Guest", False),
    "Server 2022": ("Microsoft Windows Server 2022", False),
}


@pytest.mark.parametrize(("guest", "can"), UPDATES.values(), ids=UPDATES)
def test_only_some_systems_can_be_updated(desktops: Desktops, aws: AwsSandbox, guest: str, can: bool) -> None:
    image_id = desktops.byol("windows9_64Guest" if "Server" in guest else guest)
    if "Server" in guest:
        source = workspaces_backends[aws.account_id][HERE].workspace_images[image_id]
        source.guest = type(source.guest)(guest, True, False)
    aws.offer_image_update(image_id)
    assert desktops.found(image_id)["Updates"]["UpdateAvailable"] is True
    request = {"Name": "newer", "Description": "d", "SourceImageId": image_id}
    if not can:
        code, _ = desktops.refused(desktops.calls.create_updated_workspace_image, **request)
        assert code == "OperationNotSupportedException"
        return
    newer = desktops.calls.create_updated_workspace_image(**request)["ImageId"]
    assert desktops.found(newer)["State"] == "PENDING"
    aws.clock.advance(aws.settings.update_workspace_image_seconds)
    found = desktops.found(newer)
    assert (found["State"], found["RequiredTenancy"], found["Updates"]["UpdateAvailable"]) == (
        "AVAILABLE", "DEDICATED", False,
    )  # fmt: skip


def test_fails_to_update_an_image_without_an_update(desktops: Desktops) -> None:
    request = {"Name": "newer", "Description": "d", "SourceImageId": desktops.plain()}
    code, message = desktops.refused(desktops.calls.create_updated_workspace_image, **request)
    assert (code, "no update" in message) == ("OperationNotSupportedException", True)


def test_fails_to_update_an_image_that_is_not_available(desktops: Desktops) -> None:
    request = {"Name": "newer", "Description": "d", "SourceImageId": desktops.ingest(desktops.ami())}
    code, _ = desktops.refused(desktops.calls.create_updated_workspace_image, **request)
    assert code == "InvalidResourceStateException"
