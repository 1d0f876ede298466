"""Tags as EC2, IAM and WorkSpaces send and return them: a list of `Key` and `Value`."""

from collections.abc import Iterable, Mapping
from typing import Any


def tag_list(tags: Mapping[str, str]) -> Any:
    """The list for a request, sorted by key."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def tags_in(listed: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The tags in the list of a response; a tag without a value gets an empty value."""
    return {tag["Key"]: tag.get("Value", "") for tag in listed}
