"""A finished OVA from this machine to S3: DiskImageUpload against `aws s3 cp`.

The target is an S3 that forgets (loopback/go/wire) over TLS; the two ways run in turn in one run, so that the ratios
hold on any machine. What is measured are whole processes, with their start.
"""

import argparse
import hashlib
import json
import os
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

from loopback import disks, images, programs, servers
from loopback.measured import (
    HEADINGS,
    LOOPBACK,
    MIB,
    Usage,
    command,
    created,
    interleaved,
    judged,
    ratio,
    start_aside,
)

OURS, PEER = "DiskImageUpload", "aws s3 cp"
WALL_BAR, RSS_MIB_BAR, NO_OP_MS_BAR = 0.45, 130.0, 50.0
NO_OP_RUNS = 5


def main() -> None:
    """Print the table."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="upload-", dir=options.directory) as name:
        directory = Path(name)
        ova = make(directory, options.mib * MIB)
        check_bytes(directory, ova)
        with servers.s3(directory) as s3:
            print(f"an OVA of {ova.stat().st_size / MIB:.0f} MiB; TLS; {options.pairs} runs in turn")
            print(f"S3 takes {s3.rate() / MIB:.0f} MiB/s from a client that does nothing else")
            environment = s3.environment({**os.environ})
            ways = {OURS: partial(upload, environment, ova), PEER: partial(copy, environment, ova)}
            found = interleaved(options.pairs, ways)
            print(f"{'':>26} {HEADINGS}")
            for way, usages in found.items():
                print(f"{way:>26} {Usage.medians(usages)}")
            print(judged("ratio of wall to the peer", ratio(found[OURS], found[PEER]), WALL_BAR))
            print(start_aside(found[OURS], found[PEER]))
            print(judged("peak RSS", max(u.peak_rss_bytes for u in found[OURS]) / MIB, RSS_MIB_BAR, " MiB"))
            print(judged("an unchanged file, check and diff", no_op(environment, ova), NO_OP_MS_BAR, " ms"))


def make(directory: Path, file_bytes: int) -> Path:
    """An OVA of about so many bytes: a disk with ext4, the rest of which is full of what compresses to one half."""
    disk = images.raw(directory / "disk.raw", 2 * file_bytes)
    return images.ova(directory / "disk.ova", disk, disks.full_grain)


def inputs(ova: Path, key: str) -> str:
    """The inputs of the resource."""
    return json.dumps({"bucket": servers.BUCKET, "key": key, "path": str(ova)})


def upload(environment: dict[str, str], ova: Path, number: int) -> Usage:
    """The library's way."""
    return created(OURS, inputs(ova, f"{number}.ova"), environment)[0]


def copy(environment: dict[str, str], ova: Path, number: int) -> Usage:
    """The peer's way."""
    target = f"s3://{servers.BUCKET}/{number}-peer.ova"
    return command(programs.aws(), "s3", "cp", "--no-progress", ova, target, environment=environment)[0]


def no_op(environment: dict[str, str], ova: Path) -> float:
    """Milliseconds that check and diff of an unchanged file take, each time in a process of their own: the median."""
    given = inputs(ova, "no-op.ova")
    outputs = json.dumps(created(OURS, given, environment)[1])
    run = partial(command, sys.executable, environment=environment)
    return statistics.median(float(run(LOOPBACK / "unchanged.py", OURS, given, outputs)[1]) for _ in range(NO_OP_RUNS))


def check_bytes(directory: Path, ova: Path) -> None:
    """Upload once to an S3 that keeps it. Raises: AssertionError when it has other bytes."""
    keep = directory / "kept"
    keep.mkdir()
    with servers.s3(directory, keep=keep) as s3:
        upload(s3.environment({**os.environ}), ova, 0)
    assert digest(keep / "0.ova") == digest(ova), "S3 has other bytes than the file"
    (keep / "0.ova").unlink()
    print("checked: S3 has the file's bytes")


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="DiskImageUpload against the AWS CLI.")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each way (default: 5)")
    parser.add_argument("--mib", type=int, default=2048, help="size of the OVA (default: 2048)")
    parser.add_argument("--directory", help="where the OVA lies meanwhile (default: that of temporary files)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
