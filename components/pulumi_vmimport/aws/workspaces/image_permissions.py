"""With whom a WorkSpaces image is shared.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_DescribeWorkspaceImagePermissions.html,
API_UpdateWorkspaceImagePermission.html.
"""

from typing import Any

from pulumi_vmimport.aws.connection import AwsConnection


def shared_with(aws: AwsConnection, image_id: str) -> list[str]:
    """The accounts, sorted. Raises: ClientError ResourceNotFoundException where there is no such image of one's own."""
    accounts: set[str] = set()
    token: dict[str, Any] = {}
    while True:  # botocore has no paginator for this call
        answer = aws.client("workspaces").describe_workspace_image_permissions(ImageId=image_id, **token)
        accounts |= {permission["SharedAccountId"] for permission in answer.get("ImagePermissions", [])}
        if not answer.get("NextToken"):
            return sorted(accounts)
        token = {"NextToken": answer["NextToken"]}


def share(aws: AwsConnection, image_id: str, account_id: str) -> None:
    """Let an account copy the image."""
    _update(aws, image_id, account_id, may_copy=True)


def stop_sharing(aws: AwsConnection, image_id: str, account_id: str) -> None:
    """Let it no longer do so; copies that it has made stay (WS-12)."""
    _update(aws, image_id, account_id, may_copy=False)


def _update(aws: AwsConnection, image_id: str, account_id: str, *, may_copy: bool) -> None:
    aws.client("workspaces").update_workspace_image_permission(
        ImageId=image_id, SharedAccountId=account_id, AllowCopyImage=may_copy
    )
