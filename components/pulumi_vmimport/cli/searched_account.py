"""The account that is searched, with its Regions and buckets."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.s3.s3_locations import bucket_region
from pulumi_vmimport.cli.aws_error_text import aws_error_text
from pulumi_vmimport.cli.command_error import CommandError
from pulumi_vmimport.shown_value import shown_value


@dataclass(frozen=True)
class SearchedAccount:
    """An account, and where to search in it."""

    settings: AwsSettings
    account_id: str
    regions: tuple[str, ...]
    buckets: Mapping[str, str] | None
    """The Region of each bucket that an option names; None for all buckets of the account"""

    def aws(self, region: str) -> AwsConnection:
        """AWS in one of the Regions."""
        return connection(replace(self.settings, region=region))


@cache
def connection(settings: AwsSettings) -> AwsConnection:
    """One connection for the same settings."""
    return AwsConnection(settings)


def account_of(
    profile: str | None, regions: Sequence[str], buckets: Sequence[str], *, all_regions: bool
) -> SearchedAccount:
    """The account that the options select. Raises: CommandError when there is none or AWS rejects the credentials."""
    with _command_errors():
        # boto3 itself reads AWS_DEFAULT_REGION only.
        settings = AwsSettings(region=regions[0] if regions else os.environ.get("AWS_REGION"), profile=profile)
        aws = connection(settings)
        if aws.region is None:
            raise CommandError("no Region is set: add --region, or set AWS_REGION")
        account_id = aws.account_id
        if all_regions:
            regions = sorted(region["RegionName"] for region in aws.client("ec2").describe_regions()["Regions"])
        searched = tuple(dict.fromkeys(regions)) or (aws.region,)
        return SearchedAccount(settings, account_id, searched, _regions_of(aws, buckets, searched) if buckets else None)


def _regions_of(aws: AwsConnection, buckets: Sequence[str], searched: Sequence[str]) -> dict[str, str]:
    found = {bucket: bucket_region(aws, bucket) for bucket in buckets}
    for bucket, region in found.items():
        if region is None:
            raise CommandError(f"--bucket: there is no bucket {shown_value(bucket)}")
        if region not in searched:
            raise CommandError(f"--bucket: bucket {shown_value(bucket)} is in {region}: add --region {region}")
    return {bucket: str(region) for bucket, region in found.items()}


@contextmanager
def _command_errors() -> Iterator[None]:
    """Reports an error of AWS or of the connection in one line."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise CommandError(aws_error_text(error)) from error
