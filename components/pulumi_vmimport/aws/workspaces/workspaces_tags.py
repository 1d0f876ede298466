"""Tags of WorkSpaces resources: images, bundles.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CreateTags.html, API_DeleteTags.html,
API_DescribeTags.html.
"""

from collections.abc import Iterable, Mapping

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.tag_lists import tag_list, tags_in


def list_tags(aws: AwsConnection, id: str) -> dict[str, str]:
    """The tags of a resource."""
    answer = aws.client("workspaces").describe_tags(ResourceId=id)
    return tags_in(answer.get("TagList", []))


def tag(aws: AwsConnection, id: str, new: Mapping[str, str]) -> None:
    """Add tags to a resource."""
    if new:
        aws.client("workspaces").create_tags(ResourceId=id, Tags=tag_list(new))


def untag(aws: AwsConnection, id: str, keys: Iterable[str]) -> None:
    """Remove tags from a resource."""
    if names := sorted(keys):
        aws.client("workspaces").delete_tags(ResourceId=id, TagKeys=names)
