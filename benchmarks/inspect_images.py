"""`vmimport inspect` on images of 20 GiB: how long it takes locally, and what it reads from S3.

The images are as large as they say but made of holes (loopback/images.py), and judged as a user would: by the command,
whose start is in the figures. S3 is loopback/go/wire over TLS, which counts requests and bytes.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from loopback import images, servers
from loopback.measured import MIB, Usage, command, judged

GIB = 1 << 30
WALL_BAR, REQUESTS_BAR, READ_MIB_BAR = 3.0, 64, 32.0
JUDGED = (0, 1)  # statuses: no error was found, errors were found


def main() -> None:
    """Print the table."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="inspect-images-", dir=options.directory) as name:
        directory = Path(name)
        made = make(directory, options.gib * GIB)
        print(f"{'':>22} {'local file':^27} {'from S3':^27}")
        print(f"{'image':>10} {'on disk MiB':>11} ", end="")
        print(f"{'wall s':>8} {'CPU s':>8} {'RSS MiB':>9} {'wall s':>8} {'GETs':>8} {'MiB read':>9}")
        most_wall, most_requests, most_read = 0.0, 0, 0.0
        with servers.s3(directory, files=directory) as s3:
            environment = s3.environment({**os.environ})
            for image in made:
                local = inspected(str(image), environment)
                s3.counted()
                remote = inspected(f"s3://{servers.BUCKET}/{image.name}", environment)
                counted = s3.counted()
                requests, read = counted.requests.get("GetObject", 0), counted.sent_bytes / MIB
                print(f"{image.suffix[1:]:>10} {image.stat().st_blocks * 512 / MIB:>11.0f} ", end="")
                print(
                    f"{local.wall_seconds:>8.2f} {local.cpu_seconds:>8.2f} {local.peak_rss_bytes / MIB:>9.0f} ", end=""
                )
                print(f"{remote.wall_seconds:>8.2f} {requests:>8} {read:>9.1f}")
                most_wall = max(most_wall, local.wall_seconds)
                most_requests, most_read = max(most_requests, requests), max(most_read, read)
        print(judged("local wall, at most", most_wall, WALL_BAR, " s"))
        print(judged("ranged GETs, at most", most_requests, REQUESTS_BAR))
        print(judged("read from S3, at most", most_read, READ_MIB_BAR, " MiB"))


def make(directory: Path, capacity_bytes: int) -> list[Path]:
    """The same disk in each format."""
    disk = images.raw(directory / "disk.raw", capacity_bytes)
    return [
        disk,
        images.ova(directory / "disk.ova", disk),
        images.stream_optimized(directory / "disk.vmdk", disk),
        images.converted(directory / "disk.vhd", disk, "vpc"),
        images.converted(directory / "disk.vhdx", disk, "vhdx"),
    ]


def inspected(image: str, environment: dict[str, str]) -> Usage:
    """One inspection, which must have come to facts and findings."""
    words = [sys.executable, "-m", "pulumi_vmimport.cli", "inspect", "--json", image]
    used, printed = command(*words, environment=environment, statuses=JUDGED)
    assert "findings" in json.loads(printed), f"{image} was not judged: {printed}"
    return used


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="vmimport inspect on large images.")
    parser.add_argument("--gib", type=int, default=20, help="size of the disk (default: 20)")
    parser.add_argument("--directory", help="where the images lie meanwhile (default: that of temporary files)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
