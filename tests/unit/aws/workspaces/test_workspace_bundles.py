from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.workspaces import workspace_bundles
from pulumi_vmimport.aws.workspaces.compute_types import ComputeType
from pulumi_vmimport.aws.workspaces.workspace_bundles import BundleDescription

BUNDLE, IMAGE = "wsb-0123456789", "wsi-0123456789"
Stub = Callable[..., Stubber]


def bundle(id: str = BUNDLE, **members: Any) -> dict[str, Any]:
    return {"BundleId": id, "Name": "web", "ImageId": IMAGE, **members}


def test_compute_types_are_those_of_the_service_model() -> None:
    model: Any = get_session().get_service_model("workspaces").shape_for("Compute")
    assert set(ComputeType) <= set(model.enum)


def test_a_bundle_is_read_with_all_its_facts() -> None:
    found = BundleDescription.read(bundle(State="PENDING"))
    assert found == BundleDescription(BUNDLE, "web", IMAGE, "PENDING")
    assert found.pending
    bare = BundleDescription.read({"BundleId": BUNDLE})
    assert bare == BundleDescription(BUNDLE, "", None, "AVAILABLE")
    assert not bare.pending


def test_a_bundle_is_created_with_members_and_tags(aws: AwsConnection, stub: Stub) -> None:
    members: dict[str, Any] = {
        "BundleName": "web",
        "BundleDescription": "web",
        "ImageId": IMAGE,
        "ComputeType": {"Name": "VALUE"},
        "UserStorage": {"Capacity": "10"},
    }
    stub("workspaces").add_response(
        "create_workspace_bundle",
        {"WorkspaceBundle": bundle()},
        {**members, "Tags": [{"Key": "team", "Value": "blue"}]},
    )
    assert workspace_bundles.create(aws, members, {"team": "blue"}).id == BUNDLE


def test_the_image_of_a_bundle_is_replaced(aws: AwsConnection, stub: Stub) -> None:
    stub("workspaces").add_response("update_workspace_bundle", {}, {"BundleId": BUNDLE, "ImageId": IMAGE})
    workspace_bundles.set_image(aws, BUNDLE, IMAGE)


def test_describe_sends_at_most_25_ids(aws: AwsConnection, stub: Stub) -> None:
    ids = [f"wsb-{number:010}" for number in range(26)]
    for batch in (ids[:25], ids[25:]):
        stub("workspaces").add_response(
            "describe_workspace_bundles", {"Bundles": [bundle(batch[0])]}, {"BundleIds": batch}
        )
    assert set(workspace_bundles.describe(aws, ids)) == {ids[0], ids[25]}


def test_a_bundle_is_found_or_none(aws: AwsConnection, stub: Stub) -> None:
    stub("workspaces").add_response("describe_workspace_bundles", {"Bundles": [bundle()]}, {"BundleIds": [BUNDLE]})
    stub("workspaces").add_response("describe_workspace_bundles", {}, {"BundleIds": [BUNDLE]})
    stub("workspaces").add_client_error("describe_workspace_bundles", "ResourceNotFoundException")
    assert workspace_bundles.find(aws, BUNDLE) == BundleDescription.read(bundle())
    assert workspace_bundles.find(aws, BUNDLE) is None
    assert workspace_bundles.find(aws, BUNDLE) is None


def test_own_bundles_are_found_by_name_and_image_on_any_page(aws: AwsConnection, stub: Stub) -> None:
    other = bundle("wsb-1111111111", Name="other", ImageId="wsi-1111111111")
    for _ in range(3):
        stub("workspaces").add_response("describe_workspace_bundles", {"Bundles": [other], "NextToken": "more"}, {})
        stub("workspaces").add_response("describe_workspace_bundles", {"Bundles": [bundle()]}, {"NextToken": "more"})
    found = workspace_bundles.find_by_name(aws, "web")
    assert found is not None
    assert found.id == BUNDLE
    assert workspace_bundles.find_by_name(aws, "nobody") is None
    assert [each.id for each in workspace_bundles.list_by_image(aws, IMAGE)] == [BUNDLE]


def test_workspaces_of_a_bundle_are_listed_over_all_pages(aws: AwsConnection, stub: Stub) -> None:
    stub("workspaces").add_response(
        "describe_workspaces",
        {"Workspaces": [{"WorkspaceId": "ws-111111111"}], "NextToken": "more"},
        {"BundleId": BUNDLE},
    )
    stub("workspaces").add_response(
        "describe_workspaces",
        {"Workspaces": [{"WorkspaceId": "ws-222222222"}]},
        {"BundleId": BUNDLE, "NextToken": "more"},
    )
    assert workspace_bundles.list_workspaces(aws, BUNDLE) == ["ws-111111111", "ws-222222222"]


def test_delete_names_the_bundle_and_accepts_one_that_is_gone(aws: AwsConnection, stub: Stub) -> None:
    stub("workspaces").add_response("delete_workspace_bundle", {}, {"BundleId": BUNDLE})
    stub("workspaces").add_client_error("delete_workspace_bundle", "ResourceNotFoundException")
    workspace_bundles.delete(aws, BUNDLE)
    workspace_bundles.delete(aws, BUNDLE)


def test_fails_for_every_other_error(aws: AwsConnection, stub: Stub) -> None:
    stub("workspaces").add_client_error("describe_workspace_bundles", "AccessDeniedException")
    stub("workspaces").add_client_error("delete_workspace_bundle", "ResourceAssociatedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        workspace_bundles.find(aws, BUNDLE)
    with pytest.raises(ClientError, match="ResourceAssociatedException"):
        workspace_bundles.delete(aws, BUNDLE)
