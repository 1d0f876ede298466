from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account, Samples

    from pulumi_vmimport_sandbox.aws import AwsSandbox


class Images:
    """The WorkSpaces images of an account that has an AMI to ingest."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.calls = account.workspaces
        self.ami = account.imported()["ImageId"]

    def ingest(self, **change: Any) -> str:
        request = {
            "Ec2ImageId": self.ami,
            "ImageName": "win10",
            "ImageDescription": "a desktop",
            "IngestionProcess": "BYOL_REGULAR_WSP",
        }
        return str(self.calls.import_workspace_image(**request | change)["ImageId"])

    def image(self, image_id: str) -> dict[str, Any]:
        image: dict[str, Any] = self.calls.describe_workspace_images(ImageIds=[image_id])["Images"][0]
        return image

    def refused(self, **change: Any) -> str:
        return self.account.refused(self.ingest, **change)[0]


@pytest.fixture
def images(ready: Account) -> Images:
    return Images(ready)


def test_an_ingestion_is_pending_until_its_duration_has_passed(images: Images, aws: AwsSandbox) -> None:
    image_id = images.ingest(Tags=[{"Key": "k", "Value": "v"}])
    began = aws.clock.now()
    aws.clock.advance(90 * 60 - 1)
    assert images.image(image_id)["State"] == "PENDING"
    aws.clock.advance(1)
    image = images.image(image_id)
    assert image["Created"].timestamp() == pytest.approx(began, abs=1)
    del image["Created"]
    assert image == {
        "Description": "a desktop",
        "ImageId": image_id,
        "Name": "win10",
        "OperatingSystem": {"Type": "WINDOWS"},
        "OwnerAccountId": "123456789012",
        "RequiredTenancy": "DEDICATED",
        "State": "AVAILABLE",
        "Updates": {"UpdateAvailable": False, "Description": "This WorkSpace image does not have updates available"},
    }


def test_durations_can_be_set(images: Images, aws: AwsSandbox) -> None:
    aws.settings.import_workspace_image_seconds = 5
    image_id = images.ingest()
    aws.clock.advance(5)
    assert images.image(image_id)["State"] == "AVAILABLE"


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown AMI": ({"Ec2ImageId": "ami-0123456789abcdef0"}, "ResourceNotFoundException"),
    "name with a space": ({"ImageName": "a b"}, "InvalidParameterValuesException"),
    "long name": ({"ImageName": "a" * 65}, "InvalidParameterValuesException"),
    "description": ({"ImageDescription": "a, b"}, "InvalidParameterValuesException"),
    "process": ({"IngestionProcess": "BYOL_GRAPHICS_G6"}, "InvalidParameterValuesException"),
    "application": ({"Applications": ["Solitaire"]}, "InvalidParameterValuesException"),
    "two applications": (
        {"Applications": ["Microsoft_Office_2016", "Microsoft_Office_2019"]}, "InvalidParameterValuesException",
    ),
    "reserved tag": ({"Tags": [{"Key": "aws:x", "Value": "v"}]}, "InvalidParameterValuesException"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "code"), REFUSALS.values(), ids=REFUSALS)
def test_fails_for_parameters_that_an_ingestion_rejects(images: Images, change: dict[str, Any], code: str) -> None:
    assert images.refused(**change) == code
    assert images.calls.describe_workspace_images()["Images"] == []


def test_fails_without_a_byol_account(images: Images, aws: AwsSandbox) -> None:
    assert images.calls.describe_account()["DedicatedTenancySupport"] == "ENABLED"
    aws.disable_byol()
    assert images.calls.describe_account()["DedicatedTenancySupport"] == "DISABLED"
    assert images.refused() == "OperationNotSupportedException"
    aws.enable_byol()
    images.ingest()


def test_byol_is_enabled_for_each_region(images: Images, aws: AwsSandbox) -> None:
    aws.disable_byol("us-west-2")
    images.ingest()
    assert aws.client("workspaces", "us-west-2").describe_account()["DedicatedTenancySupport"] == "DISABLED"


def test_fails_for_a_linux_image(images: Images, samples: type[Samples]) -> None:
    images.account.put("linux.ova", samples.ova("ubuntu64Guest"))
    linux = images.account.imported("linux.ova")["ImageId"]
    assert images.refused(Ec2ImageId=linux) == "InvalidParameterValuesException"


def test_fails_for_an_encrypted_image(images: Images) -> None:
    sealed = images.account.imported(Encrypted=True)["ImageId"]
    assert images.refused(Ec2ImageId=sealed) == "InvalidParameterValuesException"


def test_fails_for_a_deregistered_image(images: Images) -> None:
    images.account.ec2.deregister_image(ImageId=images.ami)
    assert images.refused() == "ResourceNotFoundException"


def test_fails_for_an_existing_name(images: Images) -> None:
    images.ingest()
    assert images.refused() == "ResourceAlreadyExistsException"
    images.ingest(ImageName="another")


WINDOWS_10, WINDOWS_11, SERVER = "windows9_64Guest", "windows11_64Guest", "windows2019srv_64Guest"
OFFICE = {
    "10, 2016": (WINDOWS_10, "BYOL_REGULAR_WSP", "Microsoft_Office_2016"),
    "10, GPU": (WINDOWS_10, "BYOL_GRAPHICS_G4DN_WSP", "Microsoft_Office_2019"),
    "11, 2019": (WINDOWS_11, "BYOL_REGULAR_WSP", "Microsoft_Office_2019"),
}
NO_OFFICE = {
    "11, 2016": (WINDOWS_11, "BYOL_REGULAR_WSP", "Microsoft_Office_2016"),
    "11, GPU": (WINDOWS_11, "BYOL_GRAPHICS_G4DN_WSP", "Microsoft_Office_2019"),
}


def _ami_of(images: Images, data: bytes) -> str:
    images.account.put("other.ova", data)
    return str(images.account.imported("other.ova")["ImageId"])


@pytest.mark.parametrize(("os_type", "process", "office"), OFFICE.values(), ids=OFFICE)
def test_office_is_installed(images: Images, samples: type[Samples], os_type: str, process: str, office: str) -> None:
    ami = _ami_of(images, samples.ova(os_type))
    images.ingest(Ec2ImageId=ami, IngestionProcess=process, Applications=[office])


@pytest.mark.parametrize(("os_type", "process", "office"), NO_OFFICE.values(), ids=NO_OFFICE)
def test_fails_for_office_with_an_unsupported_process(
    images: Images, samples: type[Samples], os_type: str, process: str, office: str
) -> None:
    ami = _ami_of(images, samples.ova(os_type))
    refused = images.refused(Ec2ImageId=ami, IngestionProcess=process, Applications=[office])
    assert refused == "InvalidParameterValuesException"


LATE = {
    "server": (SERVER, "BYOL_REGULAR_WSP", ["OSNotSupported"]),
    "11 on PCoIP": (WINDOWS_11, "BYOL_REGULAR", ["ProtocolOSIncompatibility"]),
    "11 on DCV": (WINDOWS_11, "BYOL_REGULAR_WSP", []),
    "10 on PCoIP": (WINDOWS_10, "BYOL_REGULAR", []),
}


@pytest.mark.parametrize(("os_type", "process", "codes"), LATE.values(), ids=LATE)
def test_the_image_fails_for_a_guest_that_workspaces_does_not_support(
    images: Images, samples: type[Samples], os_type: str, process: str, codes: list[str]
) -> None:
    image_id = images.ingest(Ec2ImageId=_ami_of(images, samples.ova(os_type)), IngestionProcess=process)
    assert images.image(image_id)["State"] == "PENDING"
    images.account.aws.clock.advance(images.account.aws.settings.import_workspace_image_seconds)
    assert [d["ErrorCode"] for d in images.image(image_id).get("ErrorDetails", [])] == codes


def test_an_injected_failure_ends_in_error_with_details(images: Images, aws: AwsSandbox) -> None:
    aws.faults.fail_workspace_image("VMWareToolsInstalled", "PendingReboot")
    image_id = images.ingest()
    assert "ErrorCode" not in images.image(image_id)
    aws.clock.advance(aws.settings.import_workspace_image_seconds)
    image = images.image(image_id)
    assert (image["State"], image["ErrorCode"]) == ("ERROR", "VMWareToolsInstalled")
    assert "PendingReboot" in image["ErrorMessage"]
    assert [d["ErrorCode"] for d in image["ErrorDetails"]] == ["VMWareToolsInstalled", "PendingReboot"]
    assert all(d["ErrorMessage"] for d in image["ErrorDetails"])
    images.calls.delete_workspace_image(ImageId=image_id)
    images.ingest()


def test_an_image_is_created_from_a_workspace(account: Account, aws: AwsSandbox) -> None:
    workspace = aws.make_workspace()
    answer = account.workspaces.create_workspace_image(Name="n", Description="d", WorkspaceId=workspace)
    assert (answer["State"], answer["RequiredTenancy"]) == ("PENDING", "DEFAULT")
    assert _state(account, workspace) == "SUSPENDED"
    aws.clock.advance(45 * 60 - 1)
    assert account.workspaces.describe_workspace_images()["Images"][0]["State"] == "PENDING"
    aws.clock.advance(1)
    assert account.workspaces.describe_workspace_images()["Images"][0]["State"] == "AVAILABLE"
    assert _state(account, workspace) == "AVAILABLE"


def _state(account: Account, workspace: str) -> str:
    return str(account.workspaces.describe_workspaces(WorkspaceIds=[workspace])["Workspaces"][0]["State"])


def test_an_image_of_a_dedicated_workspace_requires_dedicated_tenancy(account: Account, aws: AwsSandbox) -> None:
    workspace = aws.make_workspace(dedicated=True)
    answer = account.workspaces.create_workspace_image(Name="n", Description="d", WorkspaceId=workspace)
    assert answer["RequiredTenancy"] == "DEDICATED"


def test_an_image_of_a_workspace_can_fail(account: Account, aws: AwsSandbox) -> None:
    aws.faults.fail_workspace_image("UnknownError")
    workspace = aws.make_workspace()
    account.workspaces.create_workspace_image(Name="n", Description="d", WorkspaceId=workspace)
    aws.clock.advance(aws.settings.create_workspace_image_seconds)
    assert account.workspaces.describe_workspace_images()["Images"][0]["ErrorCode"] == "UnknownError"


@pytest.mark.parametrize("state", ["STOPPED", "SUSPENDED", "PENDING"])
def test_fails_for_a_workspace_that_is_not_available(account: Account, aws: AwsSandbox, state: str) -> None:
    workspace = aws.make_workspace()
    aws.set_workspace_state(workspace, state)
    request = {"Name": "n", "Description": "d", "WorkspaceId": workspace}
    code, message = account.refused(account.workspaces.create_workspace_image, **request)
    assert (code, state in message) == ("InvalidResourceStateException", True)


def test_fails_for_an_unknown_workspace_and_for_invalid_names(account: Account, aws: AwsSandbox) -> None:
    create = account.workspaces.create_workspace_image
    unknown = {"Name": "n", "Description": "d", "WorkspaceId": "ws-012345678"}
    assert account.refused(create, **unknown)[0] == "ResourceNotFoundException"
    workspace = aws.make_workspace()
    bad = {"Name": "a b", "Description": "d", "WorkspaceId": workspace}
    assert account.refused(create, **bad)[0] == "InvalidParameterValuesException"


def test_fails_to_delete_a_pending_image(images: Images, aws: AwsSandbox) -> None:
    image_id = images.ingest()
    delete = images.calls.delete_workspace_image
    assert images.account.refused(delete, ImageId=image_id)[0] == "InvalidResourceStateException"
    aws.clock.advance(aws.settings.import_workspace_image_seconds)
    delete(ImageId=image_id)
    assert images.calls.describe_workspace_images(ImageIds=[image_id])["Images"] == []


def test_fails_to_delete_a_shared_image(images: Images, aws: AwsSandbox) -> None:
    image_id = images.ingest()
    aws.clock.advance(aws.settings.import_workspace_image_seconds)
    other = aws.second_account().account_id
    share = {"ImageId": image_id, "SharedAccountId": other}
    images.calls.update_workspace_image_permission(**share, AllowCopyImage=True)
    code, message = images.account.refused(images.calls.delete_workspace_image, ImageId=image_id)
    assert (code, other in message) == ("ResourceAssociatedException", True)
    images.calls.update_workspace_image_permission(**share, AllowCopyImage=False)
    images.calls.delete_workspace_image(ImageId=image_id)


def test_deleting_an_unknown_image_succeeds(account: Account) -> None:
    account.workspaces.delete_workspace_image(ImageId="wsi-012345678")


def test_images_are_returned_in_pages_without_unknown_ids(images: Images) -> None:
    made = [images.ingest(ImageName=f"i{n}") for n in range(5)]
    pages = images.calls.get_paginator("describe_workspace_images").paginate(PaginationConfig={"PageSize": 2})
    assert [[i["ImageId"] for i in page["Images"]] for page in pages] == [made[:2], made[2:4], made[4:]]
    found = images.calls.describe_workspace_images(ImageIds=[made[3], "wsi-012345678"])["Images"]
    assert [i["ImageId"] for i in found] == [made[3]]
    assert images.calls.describe_workspace_images(ImageIds=["wsi-012345678"])["Images"] == []
    assert images.calls.describe_workspace_images(ImageType="SHARED")["Images"] == []
    bad = images.account.refused(images.calls.describe_workspace_images, NextToken="x")
    assert bad[0] == "InvalidParameterValuesException"


def test_tags_are_added_and_replaced(images: Images) -> None:
    image_id = images.ingest(Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    images.calls.create_tags(ResourceId=image_id, Tags=[{"Key": "a", "Value": "9"}, {"Key": "c", "Value": "3"}])
    images.calls.delete_tags(ResourceId=image_id, TagKeys=["b", "never there"])
    tags = images.calls.describe_tags(ResourceId=image_id)["TagList"]
    assert tags == [{"Key": "a", "Value": "9"}, {"Key": "c", "Value": "3"}]


@pytest.mark.parametrize("operation", ["create_tags", "delete_tags", "describe_tags"])
def test_fails_for_tags_of_a_resource_that_does_not_exist(account: Account, operation: str) -> None:
    more: dict[str, dict[str, Any]] = {
        "create_tags": {"Tags": [{"Key": "k", "Value": "v"}]},
        "delete_tags": {"TagKeys": ["k"]},
        "describe_tags": {},
    }
    call = getattr(account.workspaces, operation)
    assert account.refused(call, ResourceId="wsi-012345678", **more[operation])[0] == "ResourceNotFoundException"


def test_fails_for_too_many_tags(images: Images) -> None:
    image_id = images.ingest()
    tags = [{"Key": f"k{n}", "Value": "v"} for n in range(51)]
    code, _ = images.account.refused(images.calls.create_tags, ResourceId=image_id, Tags=tags)
    assert code == "ResourceLimitExceededException"
