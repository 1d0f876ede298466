"""The tags of images without those of their source, which tests of other tags need not know."""

from collections.abc import Iterable, Mapping
from typing import Any

PREFIX = "vmimport:source-"


def other_tags(listed: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The tags in the list of a response, but for those of the source."""
    return {tag["Key"]: tag["Value"] for tag in listed if not tag["Key"].startswith(PREFIX)}
