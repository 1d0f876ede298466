"""Positions on the time line, in percent of its width."""

from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_vmimport.lifecycle.progress import duration

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(minutes * _MINUTE for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * _DAY for days in (1, 2, 7, 14, 30)),
)
_MOST_TICKS = 8
# What lasts no second is still visible.
_NARROWEST_PERCENT = 0.4


@dataclass(frozen=True)
class Span:
    """A bar: left edge and width in percent."""

    left: float
    width: float


@dataclass(frozen=True)
class Tick:
    """A line with a label."""

    left: float
    label: str


@dataclass(frozen=True)
class TimeAxis:
    """The time of a run."""

    started: int
    """Unix time in seconds"""
    seconds: int

    def span(self, started: int, ended: int) -> Span:
        """The bar of what lasts from `started` to `ended`, both Unix times."""
        left = min(self._percent(started), 100 - _NARROWEST_PERCENT)
        width = max(self._percent(ended) - left, _NARROWEST_PERCENT)
        return Span(round(left, 3), round(min(width, 100 - left), 3))

    def ticks(self) -> Iterator[Tick]:
        """At most eight lines at round times since the start."""
        step = next((step for step in _STEPS if self.seconds / step <= _MOST_TICKS), _STEPS[-1])
        for seconds in range(0, self.seconds + 1, step):
            yield Tick(round(100 * seconds / max(self.seconds, 1), 3), _label(seconds))

    def _percent(self, at: int) -> float:
        return 100 * min(max(at - self.started, 0), self.seconds) / max(self.seconds, 1)


def _label(seconds: int) -> str:
    return duration(seconds).removesuffix(" 0 s").removesuffix(" 0 min") if seconds else "0"
