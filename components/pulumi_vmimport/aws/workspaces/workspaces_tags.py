"""Tags of what WorkSpaces has: images, bundles.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CreateTags.html and the pages beside it.
"""

from collections.abc import Iterable, Mapping

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2.import_request import tag_list


def tags(aws: AwsConnection, id: str) -> dict[str, str]:
    """The tags of a thing."""
    answer = aws.client("workspaces").describe_tags(ResourceId=id)
    return {t["Key"]: t.get("Value", "") for t in answer.get("TagList", [])}


def tag(aws: AwsConnection, id: str, new: Mapping[str, str]) -> None:
    """Put tags on a thing."""
    if new:
        aws.client("workspaces").create_tags(ResourceId=id, Tags=tag_list(new))


def untag(aws: AwsConnection, id: str, keys: Iterable[str]) -> None:
    """Take tags off a thing."""
    if names := sorted(keys):
        aws.client("workspaces").delete_tags(ResourceId=id, TagKeys=names)
