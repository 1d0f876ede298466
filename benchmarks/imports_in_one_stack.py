"""Hundreds of ImportImage resources in one stack: memory, threads, Describe calls and wall time.

Real engine, simulated AWS without a quota of import tasks. The figures are those of the process that runs the provider.
"""

import argparse
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import twenty_imports

_SAMPLE_SECONDS = 0.5
_KIB_IN_MIB = 1024


@dataclass
class Peak:
    """The largest values that were seen of one process."""

    memory_mib: float = 0.0
    threads: int = 0


def main() -> None:
    """Print one row for each number of imports."""
    parser = argparse.ArgumentParser()
    parser.add_argument("counts", nargs="*", type=int, default=[1, 200])
    print(f"{'imports':>8} {'wall s':>8} {'Describe calls':>15} {'memory MiB':>11} {'threads':>8}")
    for count in parser.parse_args().counts:
        with tempfile.TemporaryDirectory() as directory, watched() as peak:
            seconds, calls = twenty_imports.measure(
                Path(directory) / str(count), count, quota=count, parallel=count + 8
            )
        print(f"{count:>8} {seconds:>8.1f} {calls:>15} {peak.memory_mib:>11.0f} {peak.threads:>8}", flush=True)


@contextmanager
def watched() -> Iterator[Peak]:
    """The peak of the dynamic provider's process while the block runs."""
    peak, is_over = Peak(), threading.Event()

    def watch() -> None:
        while not is_over.wait(_SAMPLE_SECONDS):
            for process in Path("/proc").glob("[0-9]*"):
                sample(process, peak)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        is_over.set()
        watcher.join()


def sample(process: Path, peak: Peak) -> None:
    """Read the status of a process if it runs the provider of this benchmark."""
    try:
        if b"pulumi.dynamic" not in (process / "cmdline").read_bytes():
            return
        if b"PULUMI_HOME=" + tempfile.gettempdir().encode() not in (process / "environ").read_bytes():
            return
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line)
    except OSError:
        return  # not ours, or it has just ended
    peak.memory_mib = max(peak.memory_mib, int(status["VmHWM"].split()[0]) / _KIB_IN_MIB)
    peak.threads = max(peak.threads, int(status["Threads"]))


if __name__ == "__main__":
    main()
