"""Requests for distribution configurations: the settings of an existing one, and AWS's validation of a new one.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateDistributionConfiguration.html,
API_GetDistributionConfiguration.html
"""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.image_builder.builder_images import NOT_FOUND
from pulumi_vmimport.aws.service_errors import error_code

_ACCEPTED = "DryRunOperationException"
# A denied or failed call says nothing about the request.
_REJECTED = frozenset({
    "InvalidParameterCombinationException",
    "InvalidParameterException",
    "InvalidParameterValueException",
    "InvalidRequestException",
    "ResourceAlreadyExistsException",
    "ServiceQuotaExceededException",
})  # fmt: skip


def find_settings(aws: AwsConnection, arn: str) -> Mapping[str, Any] | None:
    """The configuration as GetDistributionConfiguration returns it; None if it does not exist."""
    try:
        answer = aws.client("imagebuilder").get_distribution_configuration(distributionConfigurationArn=arn)
    except ClientError as error:
        if error_code(error) in NOT_FOUND:
            return None
        raise
    found: Mapping[str, Any] = answer["distributionConfiguration"]
    return found


def rejection(aws: AwsConnection, request: Mapping[str, Any]) -> ClientError | None:
    """Why Image Builder would reject a CreateDistributionConfiguration request; None if it would accept it.

    Raises:
        ClientError: Image Builder did not validate the request, for example because a permission is missing.
    """
    try:
        aws.client("imagebuilder").create_distribution_configuration(**request, dryRun=True)
    except ClientError as error:
        if error_code(error) == _ACCEPTED:
            return None
        if error_code(error) in _REJECTED:
            return error
        raise
    return None
