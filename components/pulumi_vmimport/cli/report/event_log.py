"""Reads the events of a Pulumi run: the lines of `pulumi up --json` and of `pulumi up --event-log`.

Source: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/events.go (EngineEvent).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport.aws.redacted_urls import redact_urls
from pulumi_vmimport.cli.command_error import CommandError
from pulumi_vmimport.cli.terminal import escaped

_KINDS = (
    "preludeEvent",
    "resourcePreEvent",
    "resOutputsEvent",
    "resOpFailedEvent",
    "diagnosticEvent",
    "policyEvent",
    "summaryEvent",
)
_COLOR = re.compile(r"<\{%.*?%\}>")


@dataclass(frozen=True)
class EngineEvent:
    """One event. The engine records whole seconds."""

    at: int
    """Unix time in seconds"""
    kind: str
    body: Mapping[str, Any]


def read_events(lines: Iterable[bytes]) -> list[EngineEvent]:
    """The events of the last run in the lines. Debug messages and other lines, such as a preview's digest, are ignored.

    A log whose engine was killed ends in the middle of a line; what precedes it is read.

    Raises: CommandError when there is no event.
    """
    events: list[EngineEvent] = []
    for event in _events(lines):
        if event.kind == "preludeEvent":  # another run begins: `pulumi up` may log its preview first
            events.clear()
        events.append(event)
    if not events:
        raise CommandError(
            "found no event of a Pulumi run; expected the JSON lines of `pulumi up --yes --skip-preview --json`, or of "
            "--event-log with PULUMI_DEBUG_COMMANDS=true"
        )
    return events


def _events(lines: Iterable[bytes]) -> Iterator[EngineEvent]:
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        at = event.get("timestamp") if isinstance(event, dict) else None
        if not isinstance(at, int) or isinstance(at, bool):
            continue
        for kind in _KINDS:
            if isinstance(body := event.get(kind), dict) and body.get("severity") != "debug":
                yield EngineEvent(at, kind, body)


def shown_text(value: Any) -> str:
    """A text of an event as it may be shown: without colors, control characters and the secrets of URLs."""
    return redact_urls(escaped(_COLOR.sub("", value).strip(), keep="\n")) if isinstance(value, str) else ""
