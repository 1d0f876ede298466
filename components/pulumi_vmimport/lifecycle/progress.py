"""What a resource shows while it works: short enough for the last column of Pulumi's table, complete in a log.

Pulumi cuts the end of a row that is wider than the terminal, so percentage and phase come first. It prints every text
on a line of its own where there is no terminal, and with `--diff`, so a text is sent only when it says something new.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

_KEPT_SECONDS = 60.0
"""The output of the command keeps texts of a call that lasts this long; without a percentage, of such a phase."""
_KEPT_PERCENT = 25
"""It keeps one text for each such part of the work."""
_SHORTEST_SECONDS = 0.5
_MIB = 1 << 20
_NUMBERS = re.compile(r"\d+")

Show = Callable[[str, bool], None]
"""Shows a text beside the resource; the second argument is whether the output of the command keeps it."""


@dataclass(frozen=True)
class Progress:
    """How far a resource is."""

    phase: str
    """What it does now, a word if possible: `converting`."""
    percent: int | None = None
    details: str = ""
    """Amounts, such as `60 of 100 MiB`."""
    bytes_per_second: float | None = None
    seconds_left: float | None = None
    trouble: str = ""
    """An error that is retried."""

    def text(self, elapsed_seconds: float) -> str:
        """The text, most important first."""
        percent = f"{self.percent}% " if self.percent is not None else ""
        parts = [f"{percent}{self.phase}", self.trouble]
        if self.seconds_left is not None:
            parts.append(f"{duration(self.seconds_left)} left")
        if self.bytes_per_second is not None:
            parts.append(f"{self.bytes_per_second / _MIB:.1f} MiB/s")
        return ", ".join(filter(None, [*parts, f"{duration(elapsed_seconds)} elapsed", self.details]))


class ProgressReport:
    """The progress of one call of the engine."""

    def __init__(self, show: Show, now: Callable[[], float] = time.monotonic) -> None:
        self._show = show
        self._now = now
        self._started = now()
        self._shown: Progress | None = None
        self._shown_at = 0.0
        self._phase_at = 0.0
        self._kept: Progress | None = None

    def report(self, progress: Progress) -> None:
        """Show the progress if it says something new."""
        now, shown = self._now(), self._shown
        is_new_phase = shown is None or _kind(progress) != _kind(shown)
        if is_new_phase:
            self._phase_at = now
        is_kept = self._is_kept(progress, now)
        if not (is_new_phase or is_kept) and (_same(progress, shown) or now - self._shown_at < _SHORTEST_SECONDS):
            return
        if is_kept:
            self._kept = progress
        self._shown, self._shown_at = progress, now
        self._show(progress.text(now - self._started), is_kept)

    def clear(self) -> None:
        """Remove the text that is shown, because the call has ended."""
        if self._shown is not None:
            self._shown = None
            self._show("", False)

    def _is_kept(self, progress: Progress, now: float) -> bool:
        kept = self._kept
        if now - self._started < _KEPT_SECONDS:
            return False
        if progress.percent is None:
            is_new = kept is None or _kind(progress) != _kind(kept)
            return is_new and now - self._phase_at >= _KEPT_SECONDS
        return kept is None or kept.percent is None or abs(progress.percent - kept.percent) >= _KEPT_PERCENT


def duration(seconds: float) -> str:
    """`2 h 5 min`, `5 min 3 s`, `3 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _same(one: Progress, other: Progress | None) -> bool:
    """Whether two texts differ in nothing but amounts and times."""
    return other is not None and (one.percent, one.phase, one.trouble) == (other.percent, other.phase, other.trouble)


def _kind(progress: Progress) -> tuple[str, bool]:
    """The phase without numbers: another position in a queue, or another block, is no other phase."""
    return _NUMBERS.sub("", progress.phase), bool(progress.trouble)
