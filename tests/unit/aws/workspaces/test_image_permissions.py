from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.workspaces import image_permissions

IMAGE = "wsi-0123456789"
Stub = Callable[..., Stubber]


def test_accounts_are_listed_over_all_pages_sorted_and_once(aws: AwsConnection, stub: Stub) -> None:
    pages = [(["222222222222", "111111111111"], {}), (["111111111111", "000000000000"], {"NextToken": "more"})]
    for (accounts, token), following in zip(pages, ({"NextToken": "more"}, {}), strict=True):
        permissions = [{"SharedAccountId": account} for account in accounts]
        stub("workspaces").add_response(
            "describe_workspace_image_permissions",
            {"ImagePermissions": permissions, **following},
            {"ImageId": IMAGE, **token},
        )
    assert image_permissions.shared_account_ids(aws, IMAGE) == ["000000000000", "111111111111", "222222222222"]


def test_an_image_that_is_not_shared_has_no_accounts(aws: AwsConnection, stub: Stub) -> None:
    stub("workspaces").add_response("describe_workspace_image_permissions", {}, {"ImageId": IMAGE})
    assert image_permissions.shared_account_ids(aws, IMAGE) == []


def test_fails_when_the_image_does_not_exist(aws: AwsConnection, stub: Stub) -> None:
    stub("workspaces").add_client_error("describe_workspace_image_permissions", "ResourceNotFoundException")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        image_permissions.shared_account_ids(aws, IMAGE)


@pytest.mark.parametrize(
    ("update", "may_copy"), [(image_permissions.share, True), (image_permissions.stop_sharing, False)]
)
def test_a_permission_is_granted_and_revoked(
    aws: AwsConnection, stub: Stub, update: Callable[..., None], may_copy: bool
) -> None:
    stub("workspaces").add_response(
        "update_workspace_image_permission",
        {},
        {"ImageId": IMAGE, "SharedAccountId": "111111111111", "AllowCopyImage": may_copy},
    )
    update(aws, IMAGE, "111111111111")
