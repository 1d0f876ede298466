"""Convert Pulumi properties to AWS API parameters and AWS responses to properties.

pulumi-aws uses the API's member names in camelCase: sseAlgorithm is SSEAlgorithm. The conversion therefore needs only
botocore's service model. Tags are a map in Pulumi and a list of keys and values in the API.
"""

import re
from datetime import datetime
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from .resource_kind import Rejected

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")


def property_name(member: str) -> str:
    """The property name of a member: KMSMasterKeyID is kmsMasterKeyId, ID is id."""
    first, *rest = _WORD.findall(member)
    return str(first.lower() + "".join(word.capitalize() for word in rest))


def to_aws(shape: Shape, value: Any, path: str) -> Any:
    """The API parameter of a property.

    Raises:
        Rejected: the API has no member for a property.
    """
    if isinstance(shape, StructureShape):
        members = {property_name(member): member for member in shape.members}
        if unknown := sorted(value.keys() - members.keys()):
            raise Rejected(f"{path}: unsupported {', '.join(unknown)}; expected one of {', '.join(sorted(members))}")
        return {
            members[name]: to_aws(shape.members[members[name]], item, f"{path}.{name}") for name, item in value.items()
        }
    if isinstance(shape, ListShape):
        if isinstance(value, dict):
            return to_tags(value)
        return [to_aws(shape.member, item, f"{path}[{index}]") for index, item in enumerate(value)]
    return value


def from_aws(value: Any) -> Any:
    """The property of a response value."""
    if isinstance(value, dict):
        return {property_name(member): from_aws(item) for member, item in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(item, dict) and item.keys() == {"Key", "Value"} for item in value):
            return from_tags(value)
        return [from_aws(item) for item in value]
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def to_tags(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags in the API's format."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def from_tags(tags: list[dict[str, str]]) -> dict[str, str]:
    """Tags in Pulumi's format."""
    return {tag["Key"]: tag["Value"] for tag in tags}
