"""Two accounts: one shares an image, the other sees it, copies it and can do no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from moto.workspaces.models import workspaces_backends

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.workspaces.conftest import Desktops

    from pulumi_vmimport_sandbox.aws import Account, AwsSandbox

HERE, THERE = "eu-west-1", "us-west-2"
STRANGER = "345678901234"


@pytest.fixture
def other(desktops: Desktops) -> Account:
    return desktops.aws.second_account()


def _shown(calls: Any, **request: Any) -> list[str]:
    return [image["ImageId"] for image in calls.describe_workspace_images(**request)["Images"]]


def _permissions(desktops: Desktops, image_id: str) -> list[str]:
    answer = desktops.calls.describe_workspace_image_permissions(ImageId=image_id)
    assert answer["ImageId"] == image_id
    return [permission["SharedAccountId"] for permission in answer["ImagePermissions"]]


def test_another_account_sees_a_shared_image_and_its_owner(desktops: Desktops, other: Account) -> None:
    image_id, theirs = desktops.byol(), other.client("workspaces")
    assert _shown(theirs) == []
    desktops.share(image_id, other.account_id)
    assert _permissions(desktops, image_id) == [other.account_id]
    requests: list[dict[str, Any]] = [{}, {"ImageType": "SHARED"}, {"ImageIds": [image_id]}]
    assert [_shown(theirs, **request) for request in requests] == [[image_id]] * 3
    assert _shown(theirs, ImageType="OWNED") == _shown(desktops.calls, ImageType="SHARED") == []
    assert desktops.found(image_id, theirs) == desktops.found(image_id)
    assert desktops.found(image_id, theirs)["OwnerAccountId"] == desktops.aws.account_id
    assert _shown(other.client("workspaces", THERE)) == []


def test_sharing_twice_succeeds_and_unsharing_hides_the_image(desktops: Desktops, other: Account) -> None:
    image_id = desktops.plain()
    for _ in range(2):
        desktops.share(image_id, other.account_id)
    desktops.share(image_id, STRANGER)
    assert _permissions(desktops, image_id) == [other.account_id, STRANGER]
    desktops.share(image_id, other.account_id, allow=False)
    assert _permissions(desktops, image_id) == [STRANGER]
    assert _shown(other.client("workspaces")) == []


def test_another_account_copies_an_image_to_any_region_and_keeps_the_copy(
    desktops: Desktops, other: Account, aws: AwsSandbox
) -> None:
    image_id = desktops.byol()
    request = {"Name": "theirs", "SourceImageId": image_id, "SourceRegion": HERE}
    theirs = other.client("workspaces", THERE)
    assert desktops.refused(theirs.copy_workspace_image, **request)[0] == "ResourceNotFoundException"
    desktops.share(image_id, other.account_id)
    copy_id = theirs.copy_workspace_image(**request)["ImageId"]
    aws.clock.advance(aws.settings.copy_workspace_image_seconds)
    desktops.share(image_id, other.account_id, allow=False)
    desktops.calls.delete_workspace_image(ImageId=image_id)
    copied = desktops.found(copy_id, theirs)
    assert (copied["State"], copied["OwnerAccountId"]) == ("AVAILABLE", other.account_id)


def test_only_copies_count_toward_the_quota_of_the_other_account(
    desktops: Desktops, other: Account, aws: AwsSandbox
) -> None:
    aws.settings.workspace_image_quota = 2
    image_id = desktops.plain()
    desktops.share(image_id, other.account_id)
    theirs, request = other.client("workspaces"), {"SourceImageId": image_id, "SourceRegion": HERE}
    for name in ("a", "b"):
        theirs.copy_workspace_image(Name=name, **request)
    assert desktops.refused(theirs.copy_workspace_image, Name="c", **request)[0] == "ResourceLimitExceededException"


RECIPIENTS_CALLS: dict[str, dict[str, Any]] = {
    "update_workspace_image_permission": {"AllowCopyImage": True, "SharedAccountId": STRANGER},
    "describe_workspace_image_permissions": {},
    "delete_workspace_image": {},
    "create_workspace_bundle": {
        "BundleName": "b",
        "BundleDescription": "d",
        "ComputeType": {"Name": "STANDARD"},
        "UserStorage": {"Capacity": "50"},
    },
}


@pytest.mark.parametrize("call", RECIPIENTS_CALLS)
def test_fails_to_do_more_than_copy_with_a_shared_image(desktops: Desktops, other: Account, call: str) -> None:
    image_id = desktops.plain()
    desktops.share(image_id, other.account_id)
    theirs = getattr(other.client("workspaces"), call)
    code, _ = desktops.refused(theirs, ImageId=image_id, **RECIPIENTS_CALLS[call])
    assert code == "AccessDeniedException"
    assert _permissions(desktops, image_id) == [other.account_id]


def test_fails_to_tag_the_image_of_another_account(desktops: Desktops, other: Account) -> None:
    image_id = desktops.plain()
    desktops.share(image_id, other.account_id)
    code, _ = desktops.refused(other.client("workspaces").describe_tags, ResourceId=image_id)
    assert code == "ResourceNotFoundException"


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "too few digits": ({"SharedAccountId": "12345"}, "InvalidParameterValuesException"),
    "itself": ({"SharedAccountId": "123456789012"}, "InvalidParameterValuesException"),
    "unknown image": ({"ImageId": "wsi-012345678"}, "ResourceNotFoundException"),
    "not shared": ({"AllowCopyImage": False}, "InvalidParameterValuesException"),
}


@pytest.mark.parametrize(("change", "code"), REFUSALS.values(), ids=REFUSALS)
def test_fails_to_share_an_invalid_image_or_with_an_invalid_account(
    desktops: Desktops, change: dict[str, Any], code: str
) -> None:
    image_id = desktops.plain()
    request = {"ImageId": image_id, "AllowCopyImage": True, "SharedAccountId": STRANGER, **change}
    assert desktops.refused(desktops.calls.update_workspace_image_permission, **request)[0] == code
    assert _permissions(desktops, image_id) == []


def test_fails_to_share_an_image_that_is_not_available(desktops: Desktops, other: Account) -> None:
    image_id = desktops.ingest(desktops.ami())
    request = {"ImageId": image_id, "AllowCopyImage": True, "SharedAccountId": other.account_id}
    code, _ = desktops.refused(desktops.calls.update_workspace_image_permission, **request)
    assert code == "ResourceUnavailableException"


@pytest.mark.parametrize("why", ["another organization", "no organization", "no BYOL", "GovCloud"])
def test_fails_to_share_a_byol_image_with_an_ineligible_account(desktops: Desktops, aws: AwsSandbox, why: str) -> None:
    image_id, calls = desktops.byol(), desktops.calls
    recipient = aws.account(STRANGER) if "organization" in why else aws.second_account()
    match why:
        case "another organization":
            aws.second_account()
            recipient.client("organizations").create_organization()
        case "no BYOL":
            recipient.disable_byol()
        case "GovCloud":
            here = workspaces_backends[aws.account_id][HERE].workspace_images
            workspaces_backends[aws.account_id]["us-gov-west-1"].workspace_images[image_id] = here[image_id]
            calls = desktops.there("us-gov-west-1")
    request = {"ImageId": image_id, "AllowCopyImage": True, "SharedAccountId": recipient.account_id}
    code, message = desktops.refused(calls.update_workspace_image_permission, **request)
    words = {"no BYOL": "not enabled for BYOL", "GovCloud": "GovCloud"}.get(why, "not in the same organization")
    assert (code, words in message) == ("OperationNotSupportedException", True)
    plain = desktops.plain()
    desktops.share(plain, recipient.account_id)


def test_fails_to_describe_the_permissions_of_an_unknown_image(desktops: Desktops) -> None:
    code, _ = desktops.refused(desktops.calls.describe_workspace_image_permissions, ImageId="wsi-012345678")
    assert code == "ResourceNotFoundException"


def test_permissions_come_in_pages(desktops: Desktops) -> None:
    image_id = desktops.plain()
    accounts = [f"{number:012}" for number in range(30)]
    for account in accounts:
        desktops.share(image_id, account)
    first = desktops.calls.describe_workspace_image_permissions(ImageId=image_id)
    rest = desktops.calls.describe_workspace_image_permissions(ImageId=image_id, NextToken=first["NextToken"])
    shown = [p["SharedAccountId"] for p in (*first["ImagePermissions"], *rest["ImagePermissions"])]
    assert (len(first["ImagePermissions"]), shown) == (25, accounts)
    assert "NextToken" not in rest
