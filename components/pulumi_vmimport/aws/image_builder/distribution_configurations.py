"""Distribution configurations of EC2 Image Builder, as far as the distribution of an image needs them.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_GetDistributionConfiguration.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.image_builder.builder_images import NOT_FOUND, targets_of
from pulumi_vmimport.aws.service_errors import error_code


@dataclass(frozen=True)
class DistributionConfiguration:
    """A distribution configuration."""

    arn: str
    targets: tuple[tuple[str, str | None], ...]
    """The Regions and accounts; an account of None is that of the configuration."""
    distributions: tuple[Mapping[str, Any], ...]
    """The settings of each Region, as the API returns them."""
    updated: str
    """When it was last changed; ISO 8601."""

    @property
    def other_accounts(self) -> tuple[str, ...]:
        """The accounts, other than its own, that receive copies."""
        own = self.arn.split(":")[4]
        return tuple(sorted({account for _, account in self.targets if account is not None} - {own}))


def find(aws: AwsConnection, arn: str) -> DistributionConfiguration | None:
    """The configuration, or None if it does not exist."""
    try:
        answer = aws.client("imagebuilder").get_distribution_configuration(distributionConfigurationArn=arn)
    except ClientError as error:
        if error_code(error) in NOT_FOUND:
            return None
        raise
    found = answer["distributionConfiguration"]
    return DistributionConfiguration(
        arn=found["arn"],
        targets=targets_of(found["distributions"]),
        distributions=tuple(found["distributions"]),
        updated=found.get("dateUpdated") or found.get("dateCreated", ""),
    )
