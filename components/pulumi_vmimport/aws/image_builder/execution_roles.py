"""The role that EC2 Image Builder assumes to distribute and delete AMIs.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_DistributeImage.html
"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.iam.iam_documents import trusts_service
from pulumi_vmimport.aws.service_errors import error_code

SERVICE_PRINCIPAL = "imagebuilder.amazonaws.com"


def trust_of(aws: AwsConnection, role: str) -> Mapping[str, Any] | None:
    """The trust policy of a role by its name or ARN; None if the account has no such role."""
    try:
        found = aws.client("iam").get_role(RoleName=role.rpartition("/")[2])["Role"]
    except ClientError as error:
        if error_code(error) == "NoSuchEntity":
            return None
        raise
    if role.startswith("arn:") and found["Arn"] != role:
        return None
    document: Any = found["AssumeRolePolicyDocument"]
    return dict(json.loads(document)) if isinstance(document, str) else dict(document)


def trusts_image_builder(trust: Mapping[str, Any], account_id: str) -> bool:
    """Whether a trust policy lets Image Builder assume its role for an account."""
    return trusts_service(trust, SERVICE_PRINCIPAL, {"aws:sourceaccount": account_id})
