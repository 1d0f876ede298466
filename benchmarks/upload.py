"""Upload of a local OVA to S3: DiskImageUpload compared with `aws s3 cp`.

The target is an S3 server over TLS that discards uploads (harness/go/testbed). The two ways run in turn in one session,
so that the ratios hold on any machine. Whole processes are measured, with their start.
"""

import argparse
import hashlib
import json
import os
import statistics
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from harness import programs, servers, sparse_images, vmdk_writer
from harness.measurement import (
    HEADINGS,
    MIB,
    Usage,
    copy_bytes,
    create_resource,
    diff_seconds,
    least_ratio,
    ratio_without_startup,
    run_interleaved,
    run_measured,
    verdict,
    wall_ratio,
)

OURS, PEER, COPY = "DiskImageUpload", "aws s3 cp", "TLS alone, no checksums"
WALL_BAR, RSS_MIB_BAR, NO_OP_MS_BAR = 0.45, 130.0, 50.0
NO_OP_RUNS = 5


def main() -> None:
    """Print the table."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="upload-", dir=options.directory) as name:
        directory = Path(name)
        ova = make_ova(directory, options.mib * MIB)
        check_bytes(directory, ova)
        with servers.s3(directory) as s3:
            print(f"an OVA of {ova.stat().st_size / MIB:.0f} MiB; TLS; {options.pairs} runs in turn")
            print(f"S3 receives {s3.receive_rate() / MIB:.0f} MiB/s from a client that does nothing else")
            environment = s3.environment({**os.environ})
            ways: dict[str, Callable[[int], Usage]] = {
                OURS: partial(upload, environment, ova),
                PEER: partial(copy, environment, ova),
                COPY: lambda _: copy_bytes("file", ova, environment),
            }
            usages_by_way = run_interleaved(options.pairs, ways)
            ours, peer = usages_by_way[OURS], usages_by_way[PEER]
            print(f"{'':>26} {HEADINGS}")
            for way, usages in usages_by_way.items():
                print(f"{way:>26} {Usage.summary(usages)}")
            print(verdict("ratio of wall to the peer", wall_ratio(ours, peer), WALL_BAR))
            print(ratio_without_startup(ours, peer))
            print(least_ratio(usages_by_way[COPY], peer))
            print(verdict("peak RSS", max(u.peak_rss_bytes for u in ours) / MIB, RSS_MIB_BAR, " MiB"))
            print(
                verdict("an unchanged file, check and diff", no_op_milliseconds(environment, ova), NO_OP_MS_BAR, " ms")
            )


def make_ova(directory: Path, file_bytes: int) -> Path:
    """Write an OVA of about `file_bytes`: a disk with ext4, filled up with data that compress to half."""
    disk = sparse_images.raw(directory / "disk.raw", 2 * file_bytes)
    return sparse_images.ova(directory / "disk.ova", disk, vmdk_writer.full_grain)


def inputs(ova: Path, key: str) -> str:
    """The inputs of the resource, as JSON."""
    return json.dumps({"bucket": servers.BUCKET, "key": key, "path": str(ova)})


def upload(environment: dict[str, str], ova: Path, number: int) -> Usage:
    """Upload with the library."""
    return create_resource(OURS, inputs(ova, f"{number}.ova"), environment)[0]


def copy(environment: dict[str, str], ova: Path, number: int) -> Usage:
    """Upload with the AWS CLI."""
    target = f"s3://{servers.BUCKET}/{number}-peer.ova"
    return run_measured(programs.aws(), "s3", "cp", "--no-progress", ova, target, environment=environment)[0]


def no_op_milliseconds(environment: dict[str, str], ova: Path) -> float:
    """Median of the milliseconds that check and diff of an unchanged file take, each time in a new process."""
    unchanged = inputs(ova, "no-op.ova")
    outputs = json.dumps(create_resource(OURS, unchanged, environment)[1])
    runs = [diff_seconds(OURS, unchanged, outputs, environment) for _ in range(NO_OP_RUNS)]
    return 1e3 * statistics.median(runs)


def check_bytes(directory: Path, ova: Path) -> None:
    """Upload once to a server that stores it. Raises: AssertionError when the stored bytes differ."""
    keep = directory / "kept"
    keep.mkdir()
    with servers.s3(directory, keep=keep) as s3:
        upload(s3.environment({**os.environ}), ova, 0)
    assert digest(keep / "0.ova") == digest(ova), "the bytes in S3 differ from those of the file"
    (keep / "0.ova").unlink()
    print("checked: the bytes in S3 are those of the file")


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="DiskImageUpload compared with the AWS CLI.")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each way (default: 5)")
    parser.add_argument("--mib", type=int, default=2048, help="size of the OVA (default: 2048)")
    parser.add_argument("--directory", help="folder for the OVA (default: the folder for temporary files)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
