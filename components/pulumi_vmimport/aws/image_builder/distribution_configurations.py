"""Distribution configurations of EC2 Image Builder, as far as the distribution of an image needs them.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_GetDistributionConfiguration.html,
API_ListDistributionConfigurations.html, API_DeleteDistributionConfiguration.html.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.image_builder.builder_images import NOT_FOUND, targets_of
from pulumi_vmimport.aws.service_errors import error_code

_CONFIGURATIONS_PER_PAGE = 25


@dataclass(frozen=True)
class ListedConfiguration:
    """A distribution configuration as ListDistributionConfigurations returns it."""

    arn: str
    region_count: int
    tags: Mapping[str, str]
    created: str
    """ISO 8601; empty if Image Builder does not report it."""


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


def list_own(aws: AwsConnection) -> Iterator[ListedConfiguration]:
    """The account's configurations in the Region."""
    pages = aws.client("imagebuilder").get_paginator("list_distribution_configurations")
    for page in pages.paginate(PaginationConfig={"PageSize": _CONFIGURATIONS_PER_PAGE}):
        for listed in page["distributionConfigurationSummaryList"]:
            yield ListedConfiguration(
                arn=listed["arn"],
                region_count=len(listed.get("regions", [])),
                tags=listed.get("tags", {}),
                created=listed.get("dateCreated", ""),
            )


def delete(aws: AwsConnection, arn: str) -> None:
    """Delete a configuration, not what it distributed; succeeds if it does not exist."""
    try:
        aws.client("imagebuilder").delete_distribution_configuration(distributionConfigurationArn=arn)
    except ClientError as error:
        if error_code(error) not in NOT_FOUND:
            raise
