"""What the guest on a disk costs to inspect: time for a local OVA, and requests and bytes read from S3.

The guest has hives and folders of the size of a real one (harness/windows_disks.py); the OVA has its full size but
consists of holes. Times are those of the inspection with the rules of BYOL WorkSpaces, without the start of Python and
imports; memory is that of the whole process. The peer reads the same facts with libyal, in C, from the same OVA.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness import programs, servers, windows_disks
from harness.measurement import HARNESS, MIB, Usage, run_interleaved, run_measured, verdict

import pulumi_vmimport
from pulumi_vmimport_sandbox.windows import WindowsGuest
from pulumi_vmimport_sandbox.windows.volume_template import VolumeTemplate

GIB = 1 << 30
SECONDS_BAR, REQUESTS_BAR, READ_MIB_BAR, RSS_MIB_BAR, LIBYAL_BAR = 0.3, 120, 16.0, 80, 0.1
FAULTS = ("AutoLogonEnabled", "DomainJoined")
RULES = ["windows-automatic-logon", "windows-domain-joined"]
FACTS = Path(pulumi_vmimport.__file__).parent / "disk" / "guest" / "windows_facts.toml"
RUN_CLUSTERS = 8
"""32 KiB, as in hives of real machines"""
CHECK = HARNESS / "guest_check.py"


def main() -> None:
    """Print the tables."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="inspect-guest-", dir=options.directory) as name:
        directory = Path(name)
        images = make_images(directory, (options.gib // 10 or 1, options.gib))
        print(f"{'':>24} {'local file':^36} {'from S3':^17}")
        print(f"{'image':>16} {'GB':>7} {'wall s':>8} {'CPU s':>8} {'reads':>8} {'RSS MiB':>9} {'GETs':>8} {'MiB':>8}")
        with servers.s3(directory, files=directory) as s3:
            rows = [(*measure(image, s3, options.runs), image) for image in images]
        for local, rss, requests, read, image in rows:
            print(f"{image.stem:>16} {image.stat().st_size / 1e9:>7.1f} {local['seconds']:>8.3f} ", end="")
            print(f"{local['cpu_seconds']:>8.3f} {local['requests']:>8} {rss:>9.0f} {requests:>8} {read:>8.1f}")
        print(verdict("local wall, at most", max(row[0]["seconds"] for row in rows), SECONDS_BAR, " s"))
        print(verdict("ranged GETs, at most", max(row[2] for row in rows), REQUESTS_BAR))
        print(verdict("read from S3, at most", max(row[3] for row in rows), READ_MIB_BAR, " MiB"))
        print(verdict("memory, at most", max(row[1] for row in rows), RSS_MIB_BAR, " MiB"))
        compare(images[1], options.runs)


def make_images(directory: Path, sizes_gib: tuple[int, int]) -> list[Path]:
    """The same guest in a small and a large OVA, with fragmented files, after a power failure, and with both."""
    guest = windows_disks.guest(*FAULTS)
    lost_power = windows_disks.without_power(guest)
    volume = windows_disks.template(guest, directory)
    fragmented = windows_disks.template(guest, directory, RUN_CLUSTERS)

    def ova(name: str, made: WindowsGuest, on: VolumeTemplate, size_gib: int) -> Path:
        disk = windows_disks.write_raw(directory / "disk.raw", made, on)
        return windows_disks.ova(directory / f"{name}.ova", disk, made, on, size_gib * GIB)

    small, large = sizes_gib
    return [
        ova("small", guest, volume, small),
        ova("large", guest, volume, large),
        ova("fragmented", guest, fragmented, large),
        ova("lost-power", lost_power, volume, large),
        ova("both", lost_power, fragmented, large),
    ]


def measure(image: Path, s3: servers.S3Server, runs: int) -> tuple[dict[str, Any], float, int, float]:
    """The median of local runs, the peak memory in MiB, and the requests and MiB of one run from S3."""
    locals_ = [_checked(str(image), {**os.environ}) for _ in range(runs)]
    figures = {
        name: statistics.median(run[0][name] for run in locals_) for name in ("seconds", "cpu_seconds", "requests")
    }
    s3.read_counters()
    _, rss = _checked(f"s3://{servers.BUCKET}/{image.name}", s3.environment({**os.environ}))
    counters = s3.read_counters()
    return figures, max(rss, *(run[1] for run in locals_)), counters.requests["GetObject"], counters.sent_bytes / MIB


def compare(image: Path, runs: int) -> None:
    """Print our look-ups beside those of libyal, in turn."""
    results: dict[str, list[dict[str, Any]]] = {"library": [], "libyal": []}

    def run(name: str, *words: str | Path) -> Usage:
        usage, printed = run_measured(*words, environment={**os.environ})
        results[name].append(json.loads(printed))
        return usage

    ways: dict[str, Callable[[int], Usage]] = {
        "library": lambda _: run("library", sys.executable, CHECK, image, "lookups"),
        "libyal": lambda _: run("libyal", programs.libyal(), HARNESS / "libyal_lookups.py", image, FACTS),
    }
    usages = run_interleaved(runs, ways)
    print(f"\n{'look-ups by':>16} {'wall s':>8} {'CPU s':>8} {'RSS MiB':>9}")
    for name, took in results.items():
        wall, cpu = (statistics.median(result[unit] for result in took) for unit in ("seconds", "cpu_seconds"))
        print(f"{name:>16} {wall:>8.3f} {cpu:>8.3f} {max(u.peak_rss_bytes for u in usages[name]) / MIB:>9.0f}")
    pairs = zip(results["library"], results["libyal"], strict=True)
    ratio = statistics.median(ours["cpu_seconds"] / peer["cpu_seconds"] for ours, peer in pairs)
    print(verdict("library to libyal, CPU", ratio, LIBYAL_BAR))


def _checked(target: str, environment: dict[str, str]) -> tuple[dict[str, Any], float]:
    usage, printed = run_measured(sys.executable, CHECK, target, environment=environment)
    result: dict[str, Any] = json.loads(printed)
    assert set(RULES) <= set(result["found"]), f"{target} was not inspected: {printed}"
    return result, usage.peak_rss_bytes / MIB


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The inspection of the guest in a large image.")
    parser.add_argument("--gib", type=int, default=20, help="size of the large image (default: 20)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each measurement (default: 5)")
    parser.add_argument("--directory", help="folder for the images (default: the folder for temporary files)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
