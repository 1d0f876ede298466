from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.workspaces.conftest import Desktops

    from pulumi_vmimport_sandbox.aws import AwsSandbox


def _request(image_id: str, **change: Any) -> dict[str, Any]:
    return {
        "BundleName": "desktop",
        "BundleDescription": "a desktop",
        "ImageId": image_id,
        "ComputeType": {"Name": "STANDARD"},
        "UserStorage": {"Capacity": "50"},
        **change,
    }


def _create(desktops: Desktops, image_id: str, **change: Any) -> str:
    """A bundle that is AVAILABLE."""
    bundle = desktops.calls.create_workspace_bundle(**_request(image_id, **change))["WorkspaceBundle"]
    desktops.aws.clock.advance(desktops.aws.settings.create_bundle_seconds)
    return str(bundle["BundleId"])


def _found(desktops: Desktops, bundle_id: str) -> dict[str, Any]:
    found: dict[str, Any] = desktops.calls.describe_workspace_bundles(BundleIds=[bundle_id])["Bundles"][0]
    return found


def test_a_bundle_is_pending_until_its_duration_has_passed(desktops: Desktops, aws: AwsSandbox) -> None:
    image_id = desktops.plain()
    answered = desktops.calls.create_workspace_bundle(**_request(image_id))["WorkspaceBundle"]
    assert answered["State"] == "PENDING"
    aws.clock.advance(aws.settings.create_bundle_seconds - 1)
    assert _found(desktops, answered["BundleId"]) == answered
    aws.clock.advance(1)
    found = _found(desktops, answered["BundleId"])
    assert found.pop("CreationTime") == found.pop("LastUpdatedTime") == answered["CreationTime"]
    assert found == {
        "BundleId": answered["BundleId"],
        "Name": "desktop",
        "Owner": aws.account_id,
        "Description": "a desktop",
        "ImageId": image_id,
        "RootStorage": {"Capacity": "80"},
        "UserStorage": {"Capacity": "50"},
        "ComputeType": {"Name": "STANDARD"},
        "State": "AVAILABLE",
        "BundleType": "REGULAR",
    }


def test_a_bundle_can_fail(desktops: Desktops, aws: AwsSandbox) -> None:
    image_id = desktops.plain()
    aws.faults.fail_workspace_bundle()
    failed = _create(desktops, image_id)
    assert _found(desktops, failed)["State"] == "ERROR"
    assert _found(desktops, _create(desktops, image_id, BundleName="next"))["State"] == "AVAILABLE"


TAKEN = {
    "small": ("STANDARD", "80", "10"),
    "large": ("POWERPRO", "175", "100"),
    "largest": ("GENERALPURPOSE_8XLARGE", "2000", "2000"),
    "GPU": ("GRAPHICS_G4DN", "100", "100"),
}
NOT_TAKEN = {
    "user": ("STANDARD", "80", "20"),
    "root": ("STANDARD", "100", "100"),
    "small user of a large root": ("STANDARD", "175", "50"),
    "too much": ("STANDARD", "2001", "100"),
    "no number": ("STANDARD", "80GB", "10"),
    "compute type": ("HUGE", "80", "10"),
}


@pytest.mark.parametrize(("compute", "root", "user"), TAKEN.values(), ids=TAKEN)
def test_documented_volume_sizes_are_accepted(desktops: Desktops, compute: str, root: str, user: str) -> None:
    change = {"ComputeType": {"Name": compute}, "RootStorage": {"Capacity": root}, "UserStorage": {"Capacity": user}}
    found = _found(desktops, _create(desktops, desktops.plain(), **change))
    assert {name: found[name] for name in change} == change


@pytest.mark.parametrize(("user", "root"), [("100", "80"), ("200", "175")])
def test_the_default_root_volume_is_the_smallest(desktops: Desktops, user: str, root: str) -> None:
    bundle_id = _create(desktops, desktops.plain(), UserStorage={"Capacity": user})
    assert _found(desktops, bundle_id)["RootStorage"] == {"Capacity": root}


@pytest.mark.parametrize(("compute", "root", "user"), NOT_TAKEN.values(), ids=NOT_TAKEN)
def test_fails_for_unsupported_compute_types_and_sizes(desktops: Desktops, compute: str, root: str, user: str) -> None:
    change = {"ComputeType": {"Name": compute}, "RootStorage": {"Capacity": root}, "UserStorage": {"Capacity": user}}
    request = _request(desktops.plain(), **change)
    assert desktops.refused(desktops.calls.create_workspace_bundle, **request)[0] == "InvalidParameterValuesException"


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "name": ({"BundleName": "a b"}, "InvalidParameterValuesException"),
    "description": ({"BundleDescription": "a, b"}, "InvalidParameterValuesException"),
    "long description": ({"BundleDescription": "a" * 256}, "InvalidParameterValuesException"),
    "unknown image": ({"ImageId": "wsi-012345678"}, "ResourceNotFoundException"),
    "reserved tag": ({"Tags": [{"Key": "aws:x", "Value": "v"}]}, "InvalidParameterValuesException"),
}


@pytest.mark.parametrize(("change", "code"), REFUSALS.values(), ids=REFUSALS)
def test_fails_for_parameters_that_a_bundle_rejects(desktops: Desktops, change: dict[str, Any], code: str) -> None:
    request = _request(desktops.plain(), **change)
    assert desktops.refused(desktops.calls.create_workspace_bundle, **request)[0] == code
    assert desktops.calls.describe_workspace_bundles()["Bundles"] == []


@pytest.mark.parametrize("state", ["PENDING", "ERROR"])
def test_fails_for_an_image_that_is_not_available(desktops: Desktops, aws: AwsSandbox, state: str) -> None:
    if state == "ERROR":
        aws.faults.fail_workspace_image("PendingReboot")
    image_id = desktops.ingest(desktops.ami())
    if state == "ERROR":
        aws.clock.advance(aws.settings.import_workspace_image_seconds)
    code, message = desktops.refused(desktops.calls.create_workspace_bundle, **_request(image_id))
    assert (code, state in message) == ("ResourceUnavailableException", True)


def test_fails_for_an_existing_name_and_above_the_quota(desktops: Desktops, aws: AwsSandbox) -> None:
    image_id, create = desktops.plain(), desktops.calls.create_workspace_bundle
    _create(desktops, image_id)
    assert desktops.refused(create, **_request(image_id))[0] == "ResourceAlreadyExistsException"
    aws.settings.workspace_bundle_quota = 1
    assert desktops.refused(create, **_request(image_id, BundleName="b"))[0] == "ResourceLimitExceededException"


def test_update_sets_another_image_in_place(desktops: Desktops, aws: AwsSandbox) -> None:
    old, new = desktops.plain(), desktops.plain()
    bundle_id = _create(desktops, old)
    desktops.calls.update_workspace_bundle(BundleId=bundle_id, ImageId=new)
    found = _found(desktops, bundle_id)
    assert (found["ImageId"], found["State"]) == (new, "AVAILABLE")
    assert found["LastUpdatedTime"] > found["CreationTime"]
    desktops.calls.delete_workspace_image(ImageId=old)
    code, message = desktops.refused(desktops.calls.delete_workspace_image, ImageId=new)
    assert (code, bundle_id in message) == ("ResourceAssociatedException", True)


def test_fails_for_an_invalid_update(desktops: Desktops, aws: AwsSandbox) -> None:
    image_id, update = desktops.plain(), desktops.calls.update_workspace_bundle
    pending = desktops.calls.create_workspace_bundle(**_request(image_id))["WorkspaceBundle"]["BundleId"]
    requests = {
        "ResourceUnavailableException": {"BundleId": pending, "ImageId": image_id},
        "ResourceNotFoundException": {"BundleId": "wsb-012345678", "ImageId": image_id},
        "InvalidParameterValuesException": {"BundleId": pending},
    }
    assert [desktops.refused(update, **request)[0] for request in requests.values()] == list(requests)
    aws.clock.advance(aws.settings.create_bundle_seconds)
    request = {"BundleId": pending, "ImageId": "wsi-012345678"}
    assert desktops.refused(update, **request)[0] == "ResourceNotFoundException"


def test_a_bundle_is_deleted_unless_a_workspace_uses_it(desktops: Desktops, aws: AwsSandbox) -> None:
    bundle_id = _create(desktops, desktops.plain())
    assert sum(bundle_id in line for line in aws.remaining_resources()) == 1
    workspace = aws.make_workspace(bundle_id=bundle_id)
    delete = desktops.calls.delete_workspace_bundle
    code, message = desktops.refused(delete, BundleId=bundle_id)
    assert (code, workspace in message) == ("ResourceAssociatedException", True)
    desktops.calls.terminate_workspaces(TerminateWorkspaceRequests=[{"WorkspaceId": workspace}])
    delete(BundleId=bundle_id)
    assert desktops.refused(delete, BundleId=bundle_id)[0] == "ResourceNotFoundException"
    assert not any(bundle_id in line for line in aws.remaining_resources())


def test_bundles_are_found_by_id_or_owner(desktops: Desktops, aws: AwsSandbox) -> None:
    image_id = desktops.plain()
    made = [_create(desktops, image_id, BundleName=f"b{number}") for number in range(30)]
    describe = desktops.calls.describe_workspace_bundles
    pages = desktops.calls.get_paginator("describe_workspace_bundles").paginate()
    assert [[b["BundleId"] for b in page["Bundles"]] for page in pages] == [made[:25], made[25:]]
    assert len(describe(Owner=aws.account_id)["Bundles"]) == 25
    assert describe(Owner="AMAZON")["Bundles"] == describe(BundleIds=["wsb-012345678"])["Bundles"] == []
    both = {"BundleIds": made[:1], "Owner": aws.account_id}
    assert desktops.refused(describe, **both)[0] == "InvalidParameterValuesException"
    theirs = aws.second_account().client("workspaces")
    assert theirs.describe_workspace_bundles(BundleIds=made[:1])["Bundles"] == []


def test_a_bundle_has_tags(desktops: Desktops) -> None:
    bundle_id = _create(desktops, desktops.plain(), Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    desktops.calls.create_tags(ResourceId=bundle_id, Tags=[{"Key": "a", "Value": "9"}])
    desktops.calls.delete_tags(ResourceId=bundle_id, TagKeys=["b"])
    assert desktops.calls.describe_tags(ResourceId=bundle_id)["TagList"] == [{"Key": "a", "Value": "9"}]
