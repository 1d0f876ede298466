"""What AWS holds of a stack: tasks, AMIs, snapshots, WorkSpaces images, uploads, exported objects."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_message
from pulumi_vmimport.lifecycle.identity import COMPLETION_TAG, IDENTITY_TAG, RESOURCE_TAG, STACK_TAG, TAG_PREFIX

FoundT = TypeVar("FoundT")


class Kind(StrEnum):
    """The kinds of things, in the order in which they are removed: an AMI goes before its snapshots can."""

    IMAGE_IMPORT = "image import task"
    SNAPSHOT_IMPORT = "snapshot import task"
    IMAGE_EXPORT = "image export task"
    INSTANCE_EXPORT = "instance export task"
    WORKSPACE_IMAGE = "WorkSpaces image"
    IMAGE = "AMI"
    SNAPSHOT = "snapshot"
    UPLOAD = "multipart upload"
    EXPORTED_OBJECT = "exported object"
    IMAGE_OBJECT = "image in S3"


# The states of AMIs, WorkSpaces images and snapshots that can be used. A task that has ended is not listed.
_COMPLETE = frozenset({"available", "completed"})


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One of them."""

    kind: Kind
    id: str
    """The id in its service; `s3://bucket/key` for what is in S3"""
    region: str
    state: str
    tags: Mapping[str, str] = field(default_factory=dict)
    """The library's tags, its own or those of the task that made it"""
    has_own_tags: bool = True
    created: datetime | None = None
    """None where the service does not tell"""
    kin: frozenset[str] = frozenset()
    """The ids of the task that made it and of the snapshots it consists of: they stand and fall together"""
    upload_id: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether a run came to its end with it: an image or snapshot then carries our tags itself."""
        return COMPLETION_TAG in self.tags or (self.has_own_tags and self.state.lower() in _COMPLETE)

    @property
    def identity(self) -> str | None:
        return self.tags.get(IDENTITY_TAG)

    @property
    def stack(self) -> str | None:
        """`project/stack`."""
        return self.tags.get(STACK_TAG)

    @property
    def resource(self) -> str | None:
        """`Type::name`."""
        return self.tags.get(RESOURCE_TAG)


@dataclass(frozen=True)
class Unseen:
    """What could not be listed, and why in the service's own words."""

    region: str
    service: str
    what: str
    words: str


@dataclass(frozen=True)
class Search:
    """A search in one Region; what it may not see is noted, and the search goes on."""

    aws: AwsConnection
    region: str
    unseen: list[Unseen]

    def all(self, service: str, what: str, found: Callable[[], Iterable[FoundT]]) -> list[FoundT]:
        """Everything that is found in a service; nothing where it refuses."""
        try:
            return list(found())
        except (ClientError, BotoCoreError) as error:
            self.unseen.append(Unseen(self.region, service, what, error_message(error)))
            return []


def own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The library's among some tags."""
    return {key: value for key, value in tags.items() if key.startswith(TAG_PREFIX)}
