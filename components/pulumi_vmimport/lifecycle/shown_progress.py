"""Reads the text of a `Progress` back, as the event log of a Pulumi run has it."""

import re
from dataclasses import dataclass
from typing import Self

_MIB = 1 << 20
_DURATION = r"(?:\d+ h \d+ min|\d+ min \d+ s|\d+ s)"
_TEXT = re.compile(
    rf"(?:(?P<percent>\d{{1,3}})% )?(?P<words>.+?)(?:, (?P<left>{_DURATION}) left)?(?:, (?P<rate>\d+\.\d) MiB/s)?"
    rf", (?P<elapsed>{_DURATION}) elapsed(?:, (?P<details>.*))?",
    re.DOTALL,
)
_UNIT_SECONDS = {"h": 3600, "min": 60, "s": 1}
_END_OF_PHASE = re.compile(r"[:;,] ")


@dataclass(frozen=True)
class ShownProgress:
    """What a text of a `Progress` says."""

    words: str
    """The phase, and an error that is retried if there is one"""
    percent: int | None
    seconds_left: int | None
    bytes_per_second: float | None
    elapsed_seconds: int
    details: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The progress, or None if the text is not that of a `Progress`."""
        found = _TEXT.fullmatch(text)
        if found is None:
            return None
        return cls(
            words=found["words"],
            percent=int(found["percent"]) if found["percent"] else None,
            seconds_left=_seconds(found["left"]) if found["left"] else None,
            bytes_per_second=float(found["rate"]) * _MIB if found["rate"] else None,
            elapsed_seconds=_seconds(found["elapsed"]),
            details=found["details"] or "",
        )

    @property
    def phase(self) -> str:
        """The first words, without what they apply to: `preparing the guest` of `preparing the guest: pass 1`."""
        return _END_OF_PHASE.split(self.words, maxsplit=1)[0]

    @property
    def remark(self) -> str:
        """The other words: a step within the phase, or an error that is retried."""
        return self.words[len(self.phase) + 2 :]


def _seconds(duration: str) -> int:
    words = duration.split()
    return sum(int(number) * _UNIT_SECONDS[unit] for number, unit in zip(words[::2], words[1::2], strict=True))
