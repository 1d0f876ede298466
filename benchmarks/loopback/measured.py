"""What a command takes, and figures of several runs of it."""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import programs

MIB = 1 << 20
LOOPBACK = Path(__file__).parent


@dataclass(frozen=True)
class Usage:
    """Of one command, or of several that ran one after the other."""

    wall_seconds: float
    cpu_seconds: float
    peak_rss_bytes: int
    written_bytes: int
    """To local disks"""
    call_seconds: float | None = None
    """Of the one call that the process was for, without its start; None: the same as its wall time"""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.wall_seconds + other.wall_seconds,
            self.cpu_seconds + other.cpu_seconds,
            max(self.peak_rss_bytes, other.peak_rss_bytes),
            self.written_bytes + other.written_bytes,
        )

    @classmethod
    def medians(cls, usages: Sequence["Usage"]) -> "Usage":
        """Of each figure by itself; of memory and disk the most."""
        return cls(
            statistics.median(u.wall_seconds for u in usages),
            statistics.median(u.cpu_seconds for u in usages),
            max(u.peak_rss_bytes for u in usages),
            max(u.written_bytes for u in usages),
        )

    def __str__(self) -> str:
        return (
            f"{self.wall_seconds:>7.2f} {self.cpu_seconds:>7.2f} "
            f"{self.peak_rss_bytes / MIB:>8.0f} {self.written_bytes / MIB:>12.2f}"
        )


HEADINGS = f"{'wall s':>7} {'CPU s':>7} {'RSS MiB':>8} {'written MiB':>12}"


def command(
    *words: str | Path,
    environment: Mapping[str, str],
    cwd: Path | None = None,
    accept: Sequence[str] = (),
    statuses: Sequence[int] = (0,),
) -> tuple[Usage, str]:
    """What a command takes, and what it prints. It may fail with one of the texts in `accept`."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        watched = [programs.wire(), "measure", "-report", report.name, *words]
        ran = subprocess.run(watched, env=dict(environment), cwd=cwd, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError(f"{words[0]} was not measured: {ran.stderr}")
        figures = json.load(report)
    if figures.pop("exit_status") not in statuses and not any(text in ran.stderr for text in accept):
        raise RuntimeError(f"{' '.join(map(str, words))} failed:\n{ran.stdout}\n{ran.stderr}")
    return Usage(**figures), ran.stdout


def interleaved(pairs: int, ways: Mapping[str, Callable[[int], Usage]]) -> dict[str, list[Usage]]:
    """So many runs of each way, which is told the number of its run; every other round goes backwards."""
    found: dict[str, list[Usage]] = {name: [] for name in ways}
    for number in range(pairs):
        names = list(ways)[:: -1 if number % 2 else 1]
        for name in names:
            found[name].append(ways[name](number))
    return found


def ratio(ours: Sequence[Usage], peers: Sequence[Usage]) -> float:
    """The median of the ratios of wall times, each of two runs that were neighbours: the machine drifts."""
    return statistics.median(a.wall_seconds / b.wall_seconds for a, b in zip(ours, peers, strict=True))


def start_aside(ours: Sequence[Usage], peers: Sequence[Usage]) -> str:
    """The same for calls without the start of the process, which one run of Pulumi has for all its resources."""
    calls = [used.call_seconds or used.wall_seconds for used in ours]
    found = statistics.median(call / peer.wall_seconds for call, peer in zip(calls, peers, strict=True))
    return f"without the start of our process {statistics.median(calls):.2f} s, ratio {found:.2f}"


def created(resource: str, inputs: str, environment: Mapping[str, str]) -> tuple[Usage, dict[str, Any]]:
    """What a process takes that creates a resource, and the resource's outputs."""
    used, printed = command(sys.executable, LOOPBACK / "create.py", resource, inputs, environment=environment)
    told = json.loads(printed)
    return replace(used, call_seconds=told["seconds"]), told["outputs"]


def judged(what: str, value: float, bar: float, unit: str = "") -> str:
    """A figure beside its bar."""
    verdict = "met" if value <= bar else "MISSED"
    return f"{what} {value:.2f}{unit} (bar {bar:g}{unit}: {verdict})"
