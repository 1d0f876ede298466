"""`vmimport inspect` on images of 20 GiB: time for a local file, and requests and bytes read from S3.

The images have their full size but consist of holes (harness/sparse_images.py). The figures are those of the whole
command, with its start. S3 is harness/go/testbed over TLS, which counts requests and bytes.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from harness import servers, sparse_images
from harness.measurement import MIB, Usage, run_measured, verdict

GIB = 1 << 30
WALL_BAR, REQUESTS_BAR, READ_MIB_BAR = 3.0, 64, 32.0
INSPECTED = (0, 1)  # exit statuses: no error found, errors found


def main() -> None:
    """Print the table."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="inspect-images-", dir=options.directory) as name:
        directory = Path(name)
        images = make_images(directory, options.gib * GIB)
        print(f"{'':>22} {'local file':^27} {'from S3':^27}")
        print(f"{'image':>10} {'on disk MiB':>11} ", end="")
        print(f"{'wall s':>8} {'CPU s':>8} {'RSS MiB':>9} {'wall s':>8} {'GETs':>8} {'MiB read':>9}")
        most_wall, most_requests, most_read = 0.0, 0, 0.0
        with servers.s3(directory, files=directory) as s3:
            environment = s3.environment({**os.environ})
            for image in images:
                local = inspect(str(image), environment)
                s3.read_counters()
                remote = inspect(f"s3://{servers.BUCKET}/{image.name}", environment)
                counters = s3.read_counters()
                requests, read = counters.requests.get("GetObject", 0), counters.sent_bytes / MIB
                print(f"{image.suffix[1:]:>10} {image.stat().st_blocks * 512 / MIB:>11.0f} ", end="")
                print(
                    f"{local.wall_seconds:>8.2f} {local.cpu_seconds:>8.2f} {local.peak_rss_bytes / MIB:>9.0f} ", end=""
                )
                print(f"{remote.wall_seconds:>8.2f} {requests:>8} {read:>9.1f}")
                most_wall = max(most_wall, local.wall_seconds)
                most_requests, most_read = max(most_requests, requests), max(most_read, read)
        print(verdict("local wall, at most", most_wall, WALL_BAR, " s"))
        print(verdict("ranged GETs, at most", most_requests, REQUESTS_BAR))
        print(verdict("read from S3, at most", most_read, READ_MIB_BAR, " MiB"))


def make_images(directory: Path, capacity_bytes: int) -> list[Path]:
    """Write the same disk in each format."""
    disk = sparse_images.raw(directory / "disk.raw", capacity_bytes)
    return [
        disk,
        sparse_images.ova(directory / "disk.ova", disk),
        sparse_images.stream_optimized(directory / "disk.vmdk", disk),
        sparse_images.dynamic(directory / "disk.vhd", disk, "vpc"),
        sparse_images.dynamic(directory / "disk.vhdx", disk, "vhdx"),
    ]


def inspect(image: str, environment: dict[str, str]) -> Usage:
    """Inspect an image once. Raises: AssertionError when the report has no findings."""
    words = [sys.executable, "-m", "pulumi_vmimport.cli", "inspect", "--json", image]
    usage, printed = run_measured(*words, environment=environment, statuses=INSPECTED)
    assert "findings" in json.loads(printed), f"{image} was not inspected: {printed}"
    return usage


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="vmimport inspect on large images.")
    parser.add_argument("--gib", type=int, default=20, help="size of the disk (default: 20)")
    parser.add_argument("--directory", help="folder for the images (default: the folder for temporary files)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
