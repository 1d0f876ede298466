"""Measures commands (time, memory, disk writes) and compares repeated runs of them."""

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
HARNESS = Path(__file__).parent


@dataclass(frozen=True)
class Usage:
    """Resources used by one command, or by several that ran one after the other."""

    wall_seconds: float
    cpu_seconds: float
    peak_rss_bytes: int
    written_bytes: int
    """Bytes written to local disks."""
    call_seconds: float | None = None
    """Wall time of the provider call alone, without the process start. None where it was not measured."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.wall_seconds + other.wall_seconds,
            self.cpu_seconds + other.cpu_seconds,
            max(self.peak_rss_bytes, other.peak_rss_bytes),
            self.written_bytes + other.written_bytes,
        )

    @classmethod
    def summary(cls, usages: Sequence["Usage"]) -> "Usage":
        """The median of the times; the maximum of memory and disk writes."""
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


def run_measured(
    *words: str | Path,
    environment: Mapping[str, str],
    cwd: Path | None = None,
    accept: Sequence[str] = (),
    statuses: Sequence[int] = (0,),
) -> tuple[Usage, str]:
    """Run a command and return its usage and standard output.

    Raises: RuntimeError for an exit status not in `statuses`, unless stderr contains one of the texts in `accept`.
    """
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        measured = [programs.testbed(), "measure", "-report", report.name, *words]
        ran = subprocess.run(measured, env=dict(environment), cwd=cwd, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError(f"{words[0]} could not be measured: {ran.stderr}")
        figures = json.load(report)
    if figures.pop("exit_status") not in statuses and not any(text in ran.stderr for text in accept):
        raise RuntimeError(f"{' '.join(map(str, words))} failed:\n{ran.stdout}\n{ran.stderr}")
    return Usage(**figures), ran.stdout


def run_interleaved(pairs: int, ways: Mapping[str, Callable[[int], Usage]]) -> dict[str, list[Usage]]:
    """Run each way `pairs` times, in turn and in reverse order every other round. A way receives the round's number."""
    usages: dict[str, list[Usage]] = {name: [] for name in ways}
    for number in range(pairs):
        for name in list(ways)[:: -1 if number % 2 else 1]:
            usages[name].append(ways[name](number))
    return usages


def wall_ratio(ours: Sequence[Usage], peers: Sequence[Usage]) -> float:
    """The median of the wall-time ratios of adjacent runs, which cancels the drift of the machine."""
    return statistics.median(a.wall_seconds / b.wall_seconds for a, b in zip(ours, peers, strict=True))


def ratio_without_startup(ours: Sequence[Usage], peers: Sequence[Usage]) -> str:
    """The ratio for the provider calls alone: `pulumi up` starts the process once for all its resources."""
    calls = [usage.call_seconds or usage.wall_seconds for usage in ours]
    ratio = statistics.median(call / peer.wall_seconds for call, peer in zip(calls, peers, strict=True))
    return f"without the start of our process {statistics.median(calls):.2f} s, ratio {ratio:.2f}"


def create_resource(resource: str, inputs: str, environment: Mapping[str, str]) -> tuple[Usage, dict[str, Any]]:
    """Create a resource in a process of its own. Returns the usage of that process and the resource's outputs."""
    words = (sys.executable, HARNESS / "resource_call.py", "create", resource, inputs)
    usage, printed = run_measured(*words, environment=environment)
    report = json.loads(printed)
    return replace(usage, call_seconds=report["seconds"]), report["outputs"]


def copy_bytes(kind: str, source: str | Path, environment: Mapping[str, str]) -> Usage:
    """Copy a machine's disks (`vsphere`, UUID) or a file (`file`, path) to S3 without checksums."""
    words = (sys.executable, "-m", "harness.copy_bytes", kind, source)
    return run_measured(*words, environment=environment, cwd=HARNESS.parent)[0]


def least_ratio(copies: Sequence[Usage], peers: Sequence[Usage]) -> str:
    """The ratio that is left for a program in Python that only receives and sends."""
    return f"the same bytes over TLS without checksums: ratio {wall_ratio(copies, peers):.2f}"


def diff_seconds(resource: str, inputs: str, outputs: str, environment: Mapping[str, str]) -> float:
    """Seconds that check and diff of an unchanged resource take in a new process, without its start."""
    words = (sys.executable, HARNESS / "resource_call.py", "diff", resource, inputs, outputs)
    seconds: float = json.loads(run_measured(*words, environment=environment)[1])["seconds"]
    return seconds


def verdict(what: str, value: float, bar: float, unit: str = "") -> str:
    """One line with a figure, its bar, and whether it meets the bar."""
    outcome = "met" if value <= bar else "MISSED"
    return f"{what} {value:.2f}{unit} (bar {bar:g}{unit}: {outcome})"
