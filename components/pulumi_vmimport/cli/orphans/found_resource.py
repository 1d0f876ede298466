"""An AWS resource with the library's tags, and the search for such resources in one Region."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.cli.aws_error_text import aws_error_text
from pulumi_vmimport.lifecycle.identity import COMPLETION_TAG, IDENTITY_TAG, RESOURCE_TAG, STACK_TAG, TAG_PREFIX
from pulumi_vmimport.resources.orphan_kinds import OrphanKind

FoundT = TypeVar("FoundT")

# The states of AMIs, snapshots, WorkSpaces images and bundles that are ready for use. Ended tasks are not listed.
_COMPLETE = frozenset({"available", "completed"})


@dataclass(frozen=True, kw_only=True)
class FoundResource:
    """A task, AMI, snapshot, WorkSpaces image, bundle, permission, upload or object."""

    kind: OrphanKind
    id: str
    """The id in its service; `s3://bucket/key` in S3; `image/account` of an image permission"""
    region: str
    state: str
    tags: Mapping[str, str] = field(default_factory=dict)
    """The library's tags: the resource's own, or those of the task or image that it belongs to"""
    has_own_tags: bool = True
    created: datetime | None = None
    """None when the service does not report it"""
    related_ids: frozenset[str] = frozenset()
    """The task that created it and the snapshots that it consists of, which have the same owner"""
    upload_id: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether a run completed it, so that a state once recorded it."""
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
class ListingError:
    """What could not be listed, and AWS's message."""

    region: str
    service: str
    what: str
    message: str


@dataclass(frozen=True)
class RegionSearch:
    """A search in one Region. It continues after a listing that fails, and records the error."""

    aws: AwsConnection
    region: str
    errors: list[ListingError]

    def all(self, service: str, what: str, find: Callable[[], Iterable[FoundT]]) -> list[FoundT]:
        """Everything that `find` yields; an empty list when AWS rejects a call."""
        try:
            return list(find())
        except (ClientError, BotoCoreError) as error:
            self.errors.append(ListingError(self.region, service, what, aws_error_text(error)))
            return []


def own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The library's tags among these."""
    return {key: value for key, value in tags.items() if key.startswith(TAG_PREFIX)}
