"""DirectSnapshot compared with upload plus ImportSnapshot, and with reading and SHA-256 alone, on the same images.

All runs use a server that discards what it receives (harness/discard_server.py) and happen in one session, so that the
ratios hold on any machine. A run ends when AWS has the bytes; ImportSnapshot's conversion, which takes AWS minutes
more, is not included.
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

from harness import discard_server

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.configuration.client_settings import ClientSettings
from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2.ebs_direct import BLOCK_BYTES, put_block
from pulumi_vmimport.disk.image_format import open_image
from pulumi_vmimport.lifecycle.host_run import HostRun, HostSettings
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshotInputs
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot_lifecycle import DirectSnapshotLifecycle
from pulumi_vmimport.transfer.blocks import block_indexes, send_blocks
from pulumi_vmimport.transfer.local_image import LocalImage

MIB = 1 << 20
DISK_MIB, DATA_MIB = 2048, 512
SERVICES = ("ebs", "ec2", "s3", "sts")
ROUNDS = 3


@dataclass(frozen=True)
class Measurement:
    """One way of one image."""

    seconds: float
    calls: int
    sent_bytes: int


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as directory, discard_server.running() as url:
        raw, vmdk = make_images(Path(directory))
        print(f"a disk of {DISK_MIB} MiB, {DATA_MIB} MiB of it data; the server receives {receive_rate(url):.0f} MiB/s")
        print(f"{'image':>6} {'way':>24} {'MiB sent':>9} {'calls':>6} {'wall s':>7} {'data MiB/s':>11} {'of limit':>9}")
        for name, image in (("raw", raw), ("VMDK", vmdk)):
            limit = best(url, partial(read_and_hash, image))
            direct = best(url, partial(write_directly, url, image))
            staged = best(url, partial(upload_and_import, url, image))
            calls = best(url, partial(put_blocks_only, url))
            rows = {
                "reading and SHA-256": limit,
                "boto3 calls alone": calls,
                "DirectSnapshot": direct,
                "upload, ImportSnapshot": staged,
            }
            for way, measurement in rows.items():
                rate, share = DATA_MIB / measurement.seconds, limit.seconds / measurement.seconds
                sent = measurement.sent_bytes / MIB
                print(f"{name:>6} {way:>24} {sent:>9.0f} {measurement.calls:>6} ", end="")
                print(f"{measurement.seconds:>7.2f} {rate:>11.0f} {share:>9.2f}")
            ratio, sent = direct.seconds / staged.seconds, direct.sent_bytes / staged.sent_bytes
            print(
                f"{name}: DirectSnapshot takes {ratio:.2f} of the time of upload and call, for {sent:.2f} of the bytes;"
            )
            print(f"{name}: it reaches {calls.seconds / direct.seconds:.2f} of the rate of boto3's calls alone")


def make_images(directory: Path) -> tuple[Path, Path]:
    """Write a sparse raw disk and the same disk as a stream-optimized VMDK; each grain compresses to half."""
    raw, vmdk, source = directory / "data.raw", directory / "data.vmdk", random.Random(1)  # noqa: S311 - not a secret
    with raw.open("wb") as file:
        for start in range(0, DISK_MIB, DISK_MIB // 8):
            file.seek(start * MIB)
            for _ in range(DATA_MIB // 8 * 16):
                file.write(source.randbytes(32768) + b"text" * 8192)
        file.truncate(DISK_MIB * MIB)
    options = ["-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized"]
    subprocess.run(["qemu-img", "convert", *options, raw, vmdk], check=True)
    return raw, vmdk


def best(url: str, work: Callable[[], None]) -> Measurement:
    """The fastest of ROUNDS runs."""
    measurements = []
    for _ in range(ROUNDS):
        discard_server.read_counters(url)
        start = time.monotonic()
        work()
        measurements.append(Measurement(time.monotonic() - start, *discard_server.read_counters(url)))
    return min(measurements, key=lambda measurement: measurement.seconds)


def receive_rate(url: str) -> float:
    """MiB/s that the server receives from a client that does nothing else."""
    connection, body = HTTPConnection(url.removeprefix("http://")), bytes(16 * MIB)
    start = time.monotonic()
    for _ in range(64):
        connection.request("PUT", "/b/k", body)
        connection.getresponse().read()
    connection.close()
    return 64 * 16 / (time.monotonic() - start)


def read_and_hash(image: Path) -> None:
    """The minimum for any implementation: read the blocks and compute their SHA-256, with the same threads."""
    with LocalImage(str(image)) as source:
        disk = open_image(source)
        send_blocks(
            block_indexes(disk.extents(), BLOCK_BYTES),
            lambda index: disk.read(index * BLOCK_BYTES, BLOCK_BYTES),
            lambda *_: None,
            progress=lambda *_: None,
        )


def put_blocks_only(url: str) -> None:
    """Send the same number of blocks with the same threads, without reading a disk."""
    client, data = connection(url).client("ebs"), bytes([1]) * BLOCK_BYTES

    def put(index: int, block: bytes, sha256: bytes) -> None:
        put_block(client, "snap-0123456789abcdef0", index, block, sha256, percent=0)

    send_blocks(range(DATA_MIB * 2), lambda _: data, put, progress=lambda *_: None)


def write_directly(url: str, image: Path) -> None:
    """Run the complete create of DirectSnapshot."""
    run = HostRun(
        Identity("urn:pulumi:dev::bench::vmimport:index:DirectSnapshot::data"), connection(url), SETTINGS, None
    )
    created = DirectSnapshotLifecycle().create(run, DirectSnapshotInputs(region="eu-west-1", file=str(image)))
    assert created.state.blocks_written == DATA_MIB * 2


def upload_and_import(url: str, image: Path) -> None:
    """Upload with boto3 and call ImportSnapshot."""
    aws = connection(url)
    aws.client("s3").upload_file(str(image), "images", "data")
    container = {"UserBucket": {"S3Bucket": "images", "S3Key": "data"}}
    aws.client("ec2").import_snapshot(DiskContainer=container)  # type: ignore[arg-type] # of literals


def connection(url: str) -> AwsConnection:
    """A connection to the server."""
    client = ClientSettings(tuple((service, url) for service in SERVICES))
    return AwsConnection(AwsSettings("eu-west-1", access_key="key", secret_key="secret", client=client))  # noqa: S106 - not a secret


SETTINGS = HostSettings(AwsSettings("eu-west-1"), {}, poll_seconds=0.1)

if __name__ == "__main__":
    main()
