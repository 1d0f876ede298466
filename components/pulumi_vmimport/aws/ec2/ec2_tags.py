"""Tags of EC2 resources: tasks, AMIs, snapshots.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html, API_DeleteTags.html.
"""

from collections.abc import Iterable, Mapping

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.tag_lists import tag_list


def tag(aws: AwsConnection, resources: Iterable[str], tags: Mapping[str, str]) -> None:
    """Add tags to resources."""
    if ids := list(resources):
        aws.client("ec2").create_tags(Resources=ids, Tags=tag_list(tags))


def untag(aws: AwsConnection, resources: Iterable[str], keys: Iterable[str]) -> None:
    """Remove tags from resources."""
    ids, names = list(resources), sorted(keys)
    if ids and names:
        aws.client("ec2").delete_tags(Resources=ids, Tags=[{"Key": key} for key in names])
