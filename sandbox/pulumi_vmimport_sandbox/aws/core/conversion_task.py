"""Conversion tasks: the common part of imports and exports."""

import fnmatch
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from moto.moto_api._internal import mock_random

from pulumi_vmimport_sandbox.aws.core.simulation_settings import (
    SimulationSettings,
    Stage,
    duration,
    seconds_until,
    stage_after,
)


@dataclass(frozen=True)
class TaskFailure:
    """The scheduled failure of a task."""

    message: str
    percent: float


@dataclass(frozen=True)
class TaskStatus:
    """The status of a task at a time."""

    status: str
    message: str | None
    percent: int | None
    ended_at: float | None = None

    @property
    def progress(self) -> str | None:
        """Progress in EC2's format."""
        return None if self.percent is None else str(self.percent)


@dataclass(kw_only=True)
class ConversionTask(ABC):
    """One import or export."""

    resource_type: ClassVar[str]
    """The resource type in TagSpecifications."""
    id_prefix: ClassVar[str]
    """The prefix of its id."""
    ending: ClassVar[tuple[str, str]] = ("deleting", "deleted")
    """The statuses during and after the deletion of a failed or cancelled task."""

    id: str
    request: Mapping[str, Any]
    """The parameters of the call that started it."""
    started_at: float
    failure: TaskFailure | None
    tags: dict[str, str]
    cancelled_at: float | None = None

    @abstractmethod
    def stages(self, settings: SimulationSettings) -> Sequence[Stage]:
        """Its stages."""

    @abstractmethod
    def to_api(self, now: float, settings: SimulationSettings) -> dict[str, Any]:
        """Its description in EC2's Describe call at a time."""

    def status_at(self, now: float, settings: SimulationSettings) -> TaskStatus:
        """Status, message and progress at a time."""
        stages = self.stages(settings)
        ended_at = self.started_at + duration(stages)
        message = None
        if self.failure:
            ended_at = self.started_at + seconds_until(stages, self.failure.percent)
            message = self.failure.message
        if self.cancelled_at is not None:
            ended_at, message = self.cancelled_at, "User initiated cancellation"  # assumed
        if now < ended_at:
            stage, percent = stage_after(stages, now - self.started_at)
            return TaskStatus("active", stage.message, percent)
        if message is None:
            return TaskStatus("completed", None, None, ended_at)
        during, after = self.ending
        return TaskStatus(during if now < ended_at + settings.deleting_seconds else after, message, None, ended_at)

    def matches(self, name: str, values: Sequence[str], status: str) -> bool:
        """Whether the task passes a filter of its Describe call.

        Raises:
            KeyError: The filter does not exist.
        """
        kind, _, key = name.partition(":")
        found = {
            "task-state": [status],
            "tag-key": list(self.tags),
            "tag": [self.tags[key]] if key in self.tags else [],
        }
        return any(fnmatch.fnmatchcase(actual, wanted) for actual in found[kind] for wanted in values)

    @classmethod
    def verb(cls) -> str:
        """`import` or `export`."""
        return cls.resource_type.partition("-")[0]

    @classmethod
    def new_id(cls) -> str:
        """An id for a new task."""
        return f"{cls.id_prefix}{mock_random.get_random_hex(17)}"

    @property
    def tag_list(self) -> list[dict[str, str]]:
        """Its tags in EC2's format."""
        return [{"Key": key, "Value": value} for key, value in self.tags.items()]
