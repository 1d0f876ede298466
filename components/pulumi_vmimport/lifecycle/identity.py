"""Who a resource is over all its runs: the source of client tokens and of the tags that find its task again."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pulumi_vmimport.lifecycle.input_digest import digest

TAG_PREFIX = "vmimport:"
IDENTITY_TAG = "vmimport:identity"
INPUTS_TAG = "vmimport:inputs"
STACK_TAG = "vmimport:stack"
RESOURCE_TAG = "vmimport:resource"
COMPLETION_TAG = "vmimport:settled"
OWN_TAGS = (IDENTITY_TAG, INPUTS_TAG, STACK_TAG, RESOURCE_TAG, COMPLETION_TAG)
# How long after its last call the run that made a thing may have been killed before Pulumi recorded it, and the next
# run come. What is older is recorded, though perhaps under another name by now: a stack or resource was renamed.
ADOPTION_WINDOW = timedelta(hours=1)

# What every AWS service takes in a tag value; a URN also has `$`.
# Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
_NOT_IN_TAGS = re.compile(r"[^\w +\-=._:/@]")


@dataclass(frozen=True)
class Identity:
    """A resource's identity: its Pulumi URN (stack, project, type with parents, logical name)."""

    urn: str

    def tags(self, inputs: Any) -> dict[str, str]:
        """The tags that mark what belongs to this resource as made from these inputs."""
        return {
            IDENTITY_TAG: self.key,
            INPUTS_TAG: digest(inputs),
            STACK_TAG: _tag_value(self.stack),
            RESOURCE_TAG: _tag_value(self.resource),
        }

    def token(self, inputs: Any, previous: str = "") -> str:
        """A ClientToken: the same for the same identity, inputs and previous attempt; at most 64 ASCII characters."""
        return hashlib.sha256(f"{self.urn}\n{digest(inputs)}\n{previous}".encode()).hexdigest()

    @property
    def key(self) -> str:
        """The URN as a short hash."""
        return hashlib.sha256(self.urn.encode()).hexdigest()[:32]

    @property
    def stack(self) -> str:
        """`project/stack`."""
        parts = self.urn.removeprefix("urn:pulumi:").split("::")
        return f"{parts[1]}/{parts[0]}" if len(parts) > 1 else ""

    @property
    def resource(self) -> str:
        """`Type::name`, for people."""
        parts = self.urn.split("::", maxsplit=3)
        if len(parts) <= len(("stack", "project", "type")):
            return self.urn
        return f"{parts[2].split('$')[-1].split(':')[-1]}::{parts[3]}"


def completion_tag() -> dict[str, str]:
    """The tag of a thing that a run has just completed."""
    return {COMPLETION_TAG: datetime.now(UTC).isoformat(timespec="seconds")}


def is_adoptable(tags: Mapping[str, str]) -> bool:
    """Whether a thing with our tags may be one that no state knows of: a run that was killed has left it."""
    settled = tags.get(COMPLETION_TAG)
    return settled is None or datetime.now(UTC) - datetime.fromisoformat(settled) < ADOPTION_WINDOW


def is_reserved_tag(key: str) -> bool:
    """Whether a tag is this library's or AWS's own rather than the user's."""
    return key.startswith((TAG_PREFIX, "aws:"))


def _tag_value(text: str) -> str:
    # 255 is the shorter of the two limits (WorkSpaces; EC2 takes 256).
    return _NOT_IN_TAGS.sub("-", text)[:255]
