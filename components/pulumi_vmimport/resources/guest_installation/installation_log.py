"""The log that the guest writes to its serial port: a JSON line for each step."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_RUNNER, _READY, _FAILED, _RESTART = "runner", "ready", "failed", "restart"
_MAX_SHOWN_CHARACTERS = 500


@dataclass(frozen=True)
class LogEntry:
    """One line."""

    step: str
    result: str
    message: str = ""
    number_of_pass: int | None = None
    checker: str = ""


@dataclass(frozen=True)
class InstallationLog:
    """The lines that the guest has written so far."""

    entries: tuple[LogEntry, ...] = ()

    @classmethod
    def parse(cls, content: bytes | None) -> "InstallationLog":
        """The log of a file that may still be written; other lines, and an incomplete last one, are ignored."""
        return cls(tuple(_entries(content or b"")))

    @classmethod
    def of_result(cls, passes: int | None, checker: str) -> "InstallationLog":
        """The log of a preparation that succeeded without a serial port."""
        return cls((LogEntry(_RUNNER, _READY, number_of_pass=passes, checker=checker),))

    @property
    def is_ready(self) -> bool:
        """Whether the preparation reported success last."""
        return bool(self.entries) and self.entries[-1].result == _READY

    @property
    def passes(self) -> int | None:
        """The number of the last pass."""
        return next((entry.number_of_pass for entry in reversed(self.entries) if entry.number_of_pass), None)

    @property
    def checker(self) -> str:
        """What BYOL Checker reported last; empty if it did not run."""
        return self.entries[-1].checker if self.entries else ""

    @property
    def failures(self) -> tuple[LogEntry, ...]:
        """The steps that failed."""
        return tuple(entry for entry in self.entries if entry.result == _FAILED)

    @property
    def ends_in_failure(self) -> bool:
        """Whether the preparation has not continued since a step failed."""
        return bool(self.entries) and self.entries[-1].result == _FAILED

    @property
    def status(self) -> str:
        """What the guest does, for the status of the resource."""
        if not self.entries:
            return "installing the operating system; the guest has not reported yet"
        last = self.entries[-1]
        if last.result == _RESTART:
            return f"preparing the guest: restart after pass {last.number_of_pass}"
        return f"preparing the guest: {last.step}: {last.result}"


def _entries(content: bytes) -> Iterator[LogEntry]:
    for line in content.decode("utf-8", "replace").split("\n"):
        try:
            found: Any = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and isinstance(found.get("step"), str) and isinstance(found.get("result"), str):
            number = found.get("pass")
            message = str(found.get("message") or "")[:_MAX_SHOWN_CHARACTERS]
            is_number = isinstance(number, int) and not isinstance(number, bool)
            checker = str(found.get("checker") or "")[:_MAX_SHOWN_CHARACTERS]
            yield LogEntry(found["step"], found["result"], message, number if is_number else None, checker)
