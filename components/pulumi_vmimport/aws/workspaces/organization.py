"""The organization of an account: a BYOL image can be shared only within it.

Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/share-custom-image.html,
https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeAccount.html.
"""

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code


def organization_of_caller(aws: AwsConnection) -> str | None:
    """The id of the organization of the caller's account, o-...; None if it is in none."""
    try:
        return str(aws.client("organizations").describe_organization()["Organization"]["Id"])
    except ClientError as error:
        if error_code(error) == "AWSOrganizationsNotInUseException":
            return None
        raise


def account_status(aws: AwsConnection, account_id: str) -> str | None:
    """ACTIVE, SUSPENDED ..., or None if the account is not in the organization of the caller.

    Raises:
        ClientError: with code AccessDeniedException for other accounts than the management account and delegated
            administrators.
    """
    try:
        account = aws.client("organizations").describe_account(AccountId=account_id)["Account"]
    except ClientError as error:
        if error_code(error) == "AccountNotFoundException":
            return None
        raise
    return str(account["Status"])
