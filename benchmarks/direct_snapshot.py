"""DirectSnapshot against the way of ImportSnapshot on the same images, and against reading and SHA-256 alone.

All against a sink that forgets what it is sent (loopback/sink.py), in one run, so that the ratios hold on any machine.
What is measured ends when the bytes are with AWS: ImportSnapshot's conversion, which takes AWS minutes more, is not in
it.
"""

import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

from loopback import sink

from pulumi_vmimport.aws.connection import AwsConnection, AwsSettings
from pulumi_vmimport.aws.ec2.ebs_direct import BLOCK_BYTES, put_block
from pulumi_vmimport.disk.image_format import open_image
from pulumi_vmimport.lifecycle.host_run import HostRun, HostSettings
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshotLifecycle
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot_inputs import DirectSnapshotInputs
from pulumi_vmimport.transfer.blocks import block_indexes, send_blocks
from pulumi_vmimport.transfer.image_source import LocalImage

MIB = 1 << 20
DISK_MIB, DATA_MIB = 2048, 512
SERVICES = ("ebs", "ec2", "s3", "sts")
ROUNDS = 3


@dataclass(frozen=True)
class Measured:
    """One way of one image."""

    seconds: float
    calls: int
    sent_bytes: int


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as directory, sink.running() as url:
        raw, vmdk = make_images(Path(directory))
        print(f"a disk of {DISK_MIB} MiB, {DATA_MIB} MiB of it data; the sink takes {sink_rate(url):.0f} MiB/s")
        print(f"{'image':>6} {'way':>24} {'MiB sent':>9} {'calls':>6} {'wall s':>7} {'data MiB/s':>11} {'of limit':>9}")
        for name, image in (("raw", raw), ("VMDK", vmdk)):
            limit = best(url, partial(read_and_hash, image))
            direct = best(url, partial(write_directly, url, image))
            staged = best(url, partial(upload_and_import, url, image))
            calls = best(url, partial(put_alone, url))
            rows = {
                "reading and SHA-256": limit,
                "the calls of boto3 alone": calls,
                "DirectSnapshot": direct,
                "upload, ImportSnapshot": staged,
            }
            for way, measured in rows.items():
                rate, share = DATA_MIB / measured.seconds, limit.seconds / measured.seconds
                sent = measured.sent_bytes / MIB
                print(f"{name:>6} {way:>24} {sent:>9.0f} {measured.calls:>6} ", end="")
                print(f"{measured.seconds:>7.2f} {rate:>11.0f} {share:>9.2f}")
            ratio, sent = direct.seconds / staged.seconds, direct.sent_bytes / staged.sent_bytes
            print(
                f"{name}: DirectSnapshot takes {ratio:.2f} of the time of upload and call, for {sent:.2f} of the bytes;"
            )
            print(f"{name}: it reaches {calls.seconds / direct.seconds:.2f} of what boto3's calls alone do")


def make_images(directory: Path) -> tuple[Path, Path]:
    """A sparse raw disk and the same as a stream-optimized VMDK; half of each grain can be compressed."""
    raw, vmdk, dice = directory / "data.raw", directory / "data.vmdk", random.Random(1)  # noqa: S311 - no secret
    with raw.open("wb") as file:
        for start in range(0, DISK_MIB, DISK_MIB // 8):
            file.seek(start * MIB)
            for _ in range(DATA_MIB // 8 * 16):
                file.write(dice.randbytes(32768) + b"text" * 8192)
        file.truncate(DISK_MIB * MIB)
    options = ["-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized"]
    subprocess.run(["qemu-img", "convert", *options, raw, vmdk], check=True)
    return raw, vmdk


def best(url: str, work: Callable[[], None]) -> Measured:
    """The quickest of a few rounds."""
    found = []
    for _ in range(ROUNDS):
        sink.counted(url)
        began = time.monotonic()
        work()
        found.append(Measured(time.monotonic() - began, *sink.counted(url)))
    return min(found, key=lambda measured: measured.seconds)


def sink_rate(url: str) -> float:
    """MiB/s that the sink takes from a client that does nothing else."""
    connection, body = HTTPConnection(url.removeprefix("http://")), bytes(16 * MIB)
    began = time.monotonic()
    for _ in range(64):
        connection.request("PUT", "/b/k", body)
        connection.getresponse().read()
    connection.close()
    return 64 * 16 / (time.monotonic() - began)


def read_and_hash(image: Path) -> None:
    """What nobody can do without: the blocks are read and their SHA-256 computed, by as many threads."""
    with LocalImage(str(image)) as source:
        disk = open_image(source)
        send_blocks(
            block_indexes(disk.extents(), BLOCK_BYTES),
            lambda index: disk.read(index * BLOCK_BYTES, BLOCK_BYTES),
            lambda *_: None,
            progress=lambda *_: None,
        )


def put_alone(url: str) -> None:
    """As many blocks, by as many threads, without a disk to read."""
    aws, data = connection(url), bytes([1]) * BLOCK_BYTES

    def put(index: int, block: bytes, sha256: bytes) -> None:
        put_block(aws, "snap-0123456789abcdef0", index, block, sha256, percent=0)

    send_blocks(range(DATA_MIB * 2), lambda _: data, put, progress=lambda *_: None)


def write_directly(url: str, image: Path) -> None:
    """The whole create of DirectSnapshot."""
    run = HostRun(
        Identity("urn:pulumi:dev::bench::vmimport:index:DirectSnapshot::data"), connection(url), SETTINGS, None
    )
    created = DirectSnapshotLifecycle().create(run, DirectSnapshotInputs(region="eu-west-1", file=str(image)))
    assert created.state.blocks_written == DATA_MIB * 2


def upload_and_import(url: str, image: Path) -> None:
    """boto3's own upload, and the call that starts the import."""
    aws = connection(url)
    aws.client("s3").upload_file(str(image), "images", "data")
    container = {"UserBucket": {"S3Bucket": "images", "S3Key": "data"}}
    aws.client("ec2").import_snapshot(DiskContainer=container)  # type: ignore[arg-type] # of literals


def connection(url: str) -> AwsConnection:
    """A connection to the sink."""
    endpoints = tuple((service, url) for service in SERVICES)
    return AwsConnection(AwsSettings("eu-west-1", access_key="key", secret_key="secret", endpoints=endpoints))  # noqa: S106 - of a sink


SETTINGS = HostSettings(AwsSettings("eu-west-1"), {}, poll_seconds=0.1)

if __name__ == "__main__":
    main()
