"""What happened in a run of a stack: its resources, how long each took, and the phases that they reported."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pulumi_vmimport.cli.report.event_log import EngineEvent, shown_text
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.lifecycle.shown_progress import ShownProgress

_NUMBERS = re.compile(r"\d+")
# The engine reports a replacement as a step of its own, beside the creation and the deletion that it consists of.
_LOGICAL_STEPS = frozenset({"replace", "remove-pending-replace", "discard-replaced"})
_WAITING = ("queued", "retrying", "started", "waiting")
_PROVIDERS = "pulumi:providers:"
_DYNAMIC, _NATIVE = "pulumi-python:dynamic/vmimport:", "vmimport:index:"


class Outcome(Enum):
    """How the operation of a resource ended."""

    DONE = "done"
    FAILED = "failed"
    UNFINISHED = "unfinished"
    """The log ends before the operation: the engine was interrupted or killed"""


class Activity(Enum):
    """What a phase does: the color of its bar."""

    WAITING = "waiting"
    TRANSFER = "transfer"
    WORK = "work"


@dataclass(frozen=True)
class Message:
    """A diagnostic that the output of the command keeps."""

    at: int
    severity: str
    """`info`, `info#err`, `warning` or `error`"""
    text: str


@dataclass
class Phase:
    """Consecutive statuses that differ in nothing but numbers and steps."""

    started: int
    ended: int
    labels: list[str]
    percent: int | None = None
    """The last percentage"""
    has_rate: bool = False
    remarks: list[str] = field(default_factory=list)
    """The different steps, and errors that were retried"""

    @property
    def label(self) -> str:
        """The phase; numbers that changed are left out."""
        return self.labels[0] if len(set(self.labels)) == 1 else _NUMBERS.sub("…", self.labels[0])

    @property
    def activity(self) -> Activity:
        if self.labels[0].startswith(_WAITING):
            return Activity.WAITING
        return Activity.TRANSFER if self.has_rate else Activity.WORK


@dataclass(frozen=True)
class Sample:
    """A percentage or a rate at a time."""

    at: int
    percent: int | None
    bytes_per_second: float | None


@dataclass
class ResourceRecord:
    """One operation on a resource."""

    urn: str
    type: str
    """The token"""
    operation: str
    """`create`, `update`, `delete`, `create-replacement` ..."""
    is_custom: bool
    started: int
    ended: int
    """The end of the run if the operation has none"""
    outcome: Outcome = Outcome.UNFINISHED
    id: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    phases: list[Phase] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.urn.split("::", 3)[-1]

    @property
    def short_type(self) -> str:
        """`ImportImage`, `Bucket`."""
        return self.type.rpartition(":")[2]

    @property
    def is_of_library(self) -> bool:
        """Whether it is a resource of pulumi-vmimport, in the dynamic or the native provider."""
        return self.is_custom and self.type.startswith((_DYNAMIC, _NATIVE))

    @property
    def seconds(self) -> int:
        return self.ended - self.started

    def show(self, at: int, progress: ShownProgress) -> None:
        """Add a status to the phases."""
        current = self.phases[-1] if self.phases else None
        if current is None or _kind(current.labels[0]) != _kind(progress.phase):
            if current is not None:
                current.ended = at
            # What precedes the first status, such as the search for an earlier task, has no phase of its own.
            current = Phase(at if self.phases else self.started, at, [])
            self.phases.append(current)
        current.labels.append(progress.phase)
        current.ended = at
        current.percent = progress.percent if progress.percent is not None else current.percent
        current.has_rate |= progress.bytes_per_second is not None
        if progress.remark and progress.remark not in current.remarks:
            current.remarks.append(shown_text(progress.remark))
        self.samples.append(Sample(at, progress.percent, progress.bytes_per_second))

    def end(self, at: int, outcome: Outcome) -> None:
        self.ended, self.outcome = at, outcome
        if self.phases:
            self.phases[-1].ended = at


@dataclass
class RunRecord:
    """One run of a stack."""

    stack: str
    """`project/stack`; empty if no event names it"""
    started: int
    ended: int
    is_preview: bool
    result: str
    """`succeeded`, `failed`, `canceled` or `unfinished`"""
    changes: Mapping[str, int]
    """The number of resources by operation"""
    resources: Sequence[ResourceRecord]
    """In the order in which they started"""
    messages: Mapping[str, Sequence[Message]]
    """By URN; the messages of no resource have an empty one"""

    @property
    def seconds(self) -> int:
        return self.ended - self.started


def run_record(events: Sequence[EngineEvent]) -> RunRecord:
    """The run that the events describe."""
    reader = _Reader()
    for event in events:
        reader.see(event)
    return reader.record(events[0].at, max(event.at for event in events))


class _Reader:
    def __init__(self) -> None:
        self._records: dict[tuple[str, str], ResourceRecord] = {}
        self._open: dict[str, ResourceRecord] = {}
        self._messages: dict[str, list[Message]] = {}
        self._summary: Mapping[str, Any] = {}
        self._is_planning = False

    def see(self, event: EngineEvent) -> None:
        if event.kind == "diagnosticEvent":
            self._diagnostic(event.at, event.body)
        elif event.kind == "policyEvent":
            self._policy(event.at, event.body)
        elif event.kind == "summaryEvent":
            self._summary = event.body
        elif isinstance(step := event.body.get("metadata"), dict) and isinstance(step.get("urn"), str):
            self._is_planning |= event.body.get("planning") is True
            self._step(event, step)

    def _step(self, event: EngineEvent, step: Mapping[str, Any]) -> None:
        urn, operation = step["urn"], str(step.get("op"))
        if operation in _LOGICAL_STEPS or str(step.get("type")).startswith(_PROVIDERS):
            return
        state = _state(step)
        record = self._records.get((urn, operation))
        if record is None:
            record = ResourceRecord(
                urn, str(step.get("type")), operation, state.get("custom") is True, event.at, event.at
            )
            self._records[urn, operation] = record
        record.id = str(state.get("id") or record.id)
        if event.kind == "resourcePreEvent":
            self._open[urn] = record
            return
        if isinstance(outputs := state.get("outputs"), dict):
            record.outputs = outputs
        record.end(event.at, Outcome.FAILED if event.kind == "resOpFailedEvent" else Outcome.DONE)
        self._open.pop(urn, None)

    def _diagnostic(self, at: int, body: Mapping[str, Any]) -> None:
        urn, severity = str(body.get("urn") or ""), str(body.get("severity"))
        text = shown_text(body.get("message"))
        if not text:
            return
        progress = ShownProgress.parse(text)
        if progress is not None and severity == "info":
            if urn in self._open:
                self._open[urn].show(at, progress)
        elif body.get("ephemeral") is not True:
            self._messages.setdefault(urn, []).append(Message(at, severity, text))

    def _policy(self, at: int, body: Mapping[str, Any]) -> None:
        severity = "error" if body.get("enforcementLevel") == "mandatory" else "warning"
        text = f"policy {shown_text(body.get('policyName'))}: {shown_text(body.get('message'))}"
        self._messages.setdefault(str(body.get("resourceUrn") or ""), []).append(Message(at, severity, text))

    def record(self, started: int, ended: int) -> RunRecord:
        for record in self._open.values():
            record.end(ended, Outcome.UNFINISHED)
        urns = [*(urn for urn, _ in self._records), *self._messages]
        changes = self._summary.get("resourceChanges")
        return RunRecord(
            stack=next((Identity(urn).stack for urn in urns if urn), ""),
            started=started,
            ended=ended,
            is_preview=self._summary.get("isPreview") is True or self._is_planning,
            result=self._result(),
            changes=changes if isinstance(changes, dict) else _counted(self._records.values()),
            resources=sorted(self._records.values(), key=lambda record: record.started),
            messages=self._messages,
        )

    def _result(self) -> str:
        if not self._summary:
            return "unfinished"
        if isinstance(result := self._summary.get("result"), str) and result:
            return shown_text(result)
        # Earlier engines do not record it.
        has_error = any(message.severity == "error" for messages in self._messages.values() for message in messages)
        return "failed" if has_error else "succeeded"


def _state(step: Mapping[str, Any]) -> Mapping[str, Any]:
    """The state after the step; of a deletion, the state before it."""
    for name in ("new", "old"):
        if isinstance(state := step.get(name), dict):
            return state
    return {}


def _counted(records: Iterable[ResourceRecord]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for record in records:
        if record.outcome is Outcome.DONE:
            counts[record.operation] = counts.get(record.operation, 0) + 1
    return counts


def _kind(label: str) -> str:
    return _NUMBERS.sub("", label)
