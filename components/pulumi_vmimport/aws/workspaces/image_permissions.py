"""The accounts that a WorkSpaces image is shared with.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_DescribeWorkspaceImagePermissions.html,
API_UpdateWorkspaceImagePermission.html.
"""

from typing import Any

from pulumi_vmimport.aws.connection import AwsConnection


def shared_account_ids(aws: AwsConnection, image_id: str) -> list[str]:
    """The ids of the accounts, sorted.

    Raises:
        ClientError: with code ResourceNotFoundException if the account owns no image with this id.
    """
    accounts: set[str] = set()
    token: dict[str, Any] = {}
    while True:  # botocore has no paginator for this operation
        answer = aws.client("workspaces").describe_workspace_image_permissions(ImageId=image_id, **token)
        accounts |= {permission["SharedAccountId"] for permission in answer.get("ImagePermissions", [])}
        if not answer.get("NextToken"):
            return sorted(accounts)
        token = {"NextToken": answer["NextToken"]}


def share(aws: AwsConnection, image_id: str, account_id: str) -> None:
    """Allow an account to copy the image."""
    _update(aws, image_id, account_id, may_copy=True)


def stop_sharing(aws: AwsConnection, image_id: str, account_id: str) -> None:
    """Revoke the permission; existing copies are not affected.

    Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/share-custom-image.html
    """
    _update(aws, image_id, account_id, may_copy=False)


def _update(aws: AwsConnection, image_id: str, account_id: str, *, may_copy: bool) -> None:
    aws.client("workspaces").update_workspace_image_permission(
        ImageId=image_id, SharedAccountId=account_id, AllowCopyImage=may_copy
    )
