"""Tags of what EC2 has: tasks, AMIs, snapshots.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html, API_DeleteTags.html.
"""

from collections.abc import Iterable, Mapping

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2.import_request import tag_list


def tag(aws: AwsConnection, resources: Iterable[str], tags: Mapping[str, str]) -> None:
    """Put tags on things."""
    if ids := list(resources):
        aws.client("ec2").create_tags(Resources=ids, Tags=tag_list(tags))


def untag(aws: AwsConnection, resources: Iterable[str], keys: Iterable[str]) -> None:
    """Take tags off things."""
    ids, names = list(resources), sorted(keys)
    if ids and names:
        aws.client("ec2").delete_tags(Resources=ids, Tags=[{"Key": key} for key in names])
