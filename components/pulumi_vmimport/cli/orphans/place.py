"""Where to look: an account, its Regions, its buckets."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.aws.connection import AwsConnection, AwsSettings
from pulumi_vmimport.aws.s3.s3_locations import bucket_region
from pulumi_vmimport.aws.service_errors import credentials_expired, error_message
from pulumi_vmimport.cli.trouble import Trouble


@dataclass(frozen=True)
class Place:
    """Where to look, and as whom."""

    settings: AwsSettings
    account: str
    regions: tuple[str, ...]
    buckets: Mapping[str, str] | None
    """The Regions of the buckets that were named; None for all buckets of the account"""

    def aws(self, region: str) -> AwsConnection:
        """AWS in one of the Regions."""
        return connection(replace(self.settings, region=region))


@cache
def connection(settings: AwsSettings) -> AwsConnection:
    """One connection for the same settings."""
    return AwsConnection(settings)


def find_place(profile: str | None, regions: Sequence[str], buckets: Sequence[str], *, all_regions: bool) -> Place:
    """The place that the options name. Raises: Trouble where there is none, or no way to it."""
    with _told():
        # boto3 itself reads AWS_DEFAULT_REGION only.
        settings = AwsSettings(region=regions[0] if regions else os.environ.get("AWS_REGION"), profile=profile)
        aws = connection(settings)
        if aws.region is None:
            raise Trouble("no Region is set: add --region, or set AWS_REGION")
        account = aws.account_id
        if all_regions:
            regions = sorted(region["RegionName"] for region in aws.client("ec2").describe_regions()["Regions"])
        looked = tuple(dict.fromkeys(regions)) or (aws.region,)
        return Place(settings, account, looked, _regions_of(aws, buckets, looked) if buckets else None)


def _regions_of(aws: AwsConnection, buckets: Sequence[str], looked: Sequence[str]) -> dict[str, str]:
    found = {bucket: bucket_region(aws, bucket) for bucket in buckets}
    for bucket, region in found.items():
        if region is None:
            raise Trouble(f"--bucket: there is no bucket {bucket!r}")
        if region not in looked:
            raise Trouble(f"--bucket: bucket {bucket!r} is in {region}: add --region {region}")
    return {bucket: str(region) for bucket, region in found.items()}


@contextmanager
def _told() -> Iterator[None]:
    """Tells an error of AWS, or of the way there, in a line."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        remedy = "; log in, or name a --profile" if credentials_expired(error) else ""
        raise Trouble(f"{error_message(error)}{remedy}") from error
