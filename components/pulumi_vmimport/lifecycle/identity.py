"""The identity of a resource in every run: the source of its client token and of the tags that find its task."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pulumi_vmimport.lifecycle.input_digest import digest

TAG_PREFIX = "vmimport:"
IDENTITY_TAG = "vmimport:identity"
IDENTITY_METADATA = "vmimport-identity"
"""The identity in the metadata of an S3 object: HTTP headers, whose names cannot contain the colon of the tag keys."""
INPUTS_TAG = "vmimport:inputs"
STACK_TAG = "vmimport:stack"
RESOURCE_TAG = "vmimport:resource"
COMPLETION_TAG = "vmimport:settled"
NAME_TAG = "vmimport:image-name"
"""Import task and name of an AMI that was copied to have this name, with a blank between them."""
OWNER_TAGS = (IDENTITY_TAG, STACK_TAG, RESOURCE_TAG)
OWN_TAGS = (IDENTITY_TAG, INPUTS_TAG, STACK_TAG, RESOURCE_TAG, COMPLETION_TAG, NAME_TAG)
# A run that was killed before Pulumi recorded the completed resource is followed by another within this time. An older
# resource is recorded, perhaps under another name, because its stack or resource was renamed.
ADOPTION_WINDOW = timedelta(hours=1)

# Every AWS service accepts the other characters in a tag value; a URN also contains `$`.
# Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
_NOT_IN_TAGS = re.compile(r"[^\w +\-=._:/@]")


@dataclass(frozen=True)
class Identity:
    """The identity of a resource: its Pulumi URN (stack, project, type with parents, logical name)."""

    urn: str

    def tags(self, inputs: Any) -> dict[str, str]:
        """The tags of everything that this resource creates from these inputs."""
        return {**self.owner_tags, INPUTS_TAG: digest(inputs)}

    @property
    def owner_tags(self) -> dict[str, str]:
        """The tags of everything that this resource creates, whatever its inputs."""
        return {
            IDENTITY_TAG: self.key,
            **self.names,
        }

    @property
    def names(self) -> dict[str, str]:
        """The tags with the names of stack and resource, which say nothing about the parents of the resource."""
        return {STACK_TAG: tag_value(self.stack), RESOURCE_TAG: tag_value(self.resource)}

    def token(self, inputs: Any, previous: str = "") -> str:
        """A ClientToken of 64 ASCII characters, the same for the same identity, inputs and previous attempt."""
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
        """`Type::name`, for messages."""
        parts = self.urn.split("::", maxsplit=3)
        if len(parts) <= len(("stack", "project", "type")):
            return self.urn
        return f"{parts[2].split('$')[-1].split(':')[-1]}::{parts[3]}"


def completion_tag() -> dict[str, str]:
    """The tag of a resource that is complete as of now."""
    return {COMPLETION_TAG: datetime.now(UTC).isoformat(timespec="seconds")}


def is_adoptable(tags: Mapping[str, str]) -> bool:
    """Whether a resource with this library's tags may be in no state, because the run that created it was killed.

    A person can edit the tag: with a time that cannot be read, or is in the future, the resource is not reused.
    """
    completed = tags.get(COMPLETION_TAG)
    if completed is None:
        return True
    try:
        at = datetime.fromisoformat(completed)
    except ValueError:
        return False
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return abs(datetime.now(UTC) - at) < ADOPTION_WINDOW


def is_reserved_tag(key: str) -> bool:
    """Whether a tag belongs to this library or to AWS, not to the user."""
    return key.startswith((TAG_PREFIX, "aws:"))


def tag_value(text: str) -> str:
    """A text as every AWS service accepts it in the value of a tag."""
    # The limit of WorkSpaces; that of EC2 is 256.
    return _NOT_IN_TAGS.sub("-", text)[:255]
