"""Images that Image Builder makes of an import task or of an ISO file.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ImportVmImage.html, API_ImportDiskImage.html,
API_GetInfrastructureConfiguration.html
"""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.image_builder.builder_images import NOT_FOUND
from pulumi_vmimport.aws.service_errors import error_code


def import_vm_image(aws: AwsConnection, request: Mapping[str, Any], token: str, tags: Mapping[str, str]) -> str:
    """Call ImportVmImage and return the ARN of the image. The same token returns the image that it started before."""
    answer = aws.client("imagebuilder").import_vm_image(**request, clientToken=token, tags=dict(tags))
    return str(answer["imageArn"])


def import_disk_image(aws: AwsConnection, request: Mapping[str, Any], token: str, tags: Mapping[str, str]) -> str:
    """Call ImportDiskImage and return the ARN of the image. The same token returns the image that it started before."""
    answer = aws.client("imagebuilder").import_disk_image(**request, clientToken=token, tags=dict(tags))
    return str(answer["imageBuildVersionArn"])


def infrastructure_exists(aws: AwsConnection, arn: str) -> bool:
    """Whether an infrastructure configuration exists."""
    try:
        aws.client("imagebuilder").get_infrastructure_configuration(infrastructureConfigurationArn=arn)
    except ClientError as error:
        if error_code(error) in NOT_FOUND:
            return False
        raise
    return True
