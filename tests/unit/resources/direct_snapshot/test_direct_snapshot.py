import random
import struct
import subprocess
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.aws.ec2.import_request import UserBucket
from pulumi_vmimport.disk.readable_formats import ImageFormat
from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshot, DirectSnapshotInputs
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot_lifecycle import DirectSnapshotLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

BLOCK, GIB = 512 << 10, 1 << 30
KEY = "data.vmdk"
lifecycle = DirectSnapshotLifecycle()
Inputs = DirectSnapshotInputs
NewRun = Callable[..., Any]
LookedUp = Callable[..., dict[str, str]]
# Blocks of the disk below: one that is written to its end, one in part, two beside each other, the last one.
WRITTEN = (0, 9, 700, 701, 2399)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A sparse raw disk of 1200 MiB; a block of zeros among what is allocated."""
    path, dice = tmp_path / "data.raw", random.Random(1)  # noqa: S311 - no secret
    with path.open("wb") as out:
        for index, size in ((0, BLOCK), (9, 5000), (700, 2 * BLOCK), (1500, 0), (2399, BLOCK)):
            out.seek(index * BLOCK)
            out.write(dice.randbytes(size) or bytes(BLOCK))
    return path


@pytest.fixture
def inputs(file: Path, aws: AwsSandbox) -> Inputs:
    return Inputs(region="eu-west-1", file=str(file), description="data", tags={"team": "blue"})


def in_s3(aws: AwsSandbox, bucket: str, body: bytes, **values: Any) -> Inputs:
    aws.observer("s3").put_object(Bucket=bucket, Key=KEY, Body=body)
    return Inputs(region="eu-west-1", user_bucket=UserBucket(bucket, KEY), **values)


def holds(aws: AwsSandbox, snapshot_id: str, raw: Path) -> None:
    """The snapshot has the blocks of the disk, and no others."""
    record = aws.snapshot(snapshot_id)
    assert record.status == "completed"
    assert record.block_indexes == WRITTEN
    with raw.open("rb") as disk:
        for index in WRITTEN:
            disk.seek(index * BLOCK)
            assert record.blocks.get(index) == disk.read(BLOCK), index


def snapshots(aws: AwsSandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws.observer("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    return found


def tags(aws: AwsSandbox, snapshot_id: str) -> dict[str, str]:
    (found,) = [s for s in snapshots(aws) if s["SnapshotId"] == snapshot_id]
    return {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}


def puts(aws: AwsSandbox) -> int:
    return len(aws.calls.of("PutSnapshotBlock"))


def test_create_writes_the_disk_and_returns_every_output(run: Any, inputs: Inputs, aws: AwsSandbox, file: Path) -> None:
    created = lifecycle.create(run, inputs)
    holds(aws, created.id, file)
    status = file.stat()
    assert (created.state.snapshot_id, created.state.status) == (created.id, "completed")
    assert (created.state.capacity_bytes, created.state.volume_size_gib) == (1200 << 20, 2)
    assert (created.state.blocks_written, created.state.next_block) == (len(WRITTEN), None)
    assert created.state.source_identity == f"{status.st_size}-{status.st_mtime_ns}"
    (snapshot,) = snapshots(aws)
    assert (snapshot["VolumeSize"], snapshot["Description"], snapshot["Encrypted"]) == (2, "data", False)
    assert {"team": "blue", **run.identity.tags(inputs)}.items() <= tags(aws, created.id).items()
    assert puts(aws) == len(WRITTEN)
    assert any("% writing, " in text and " MiB/s" in text and created.id in text for text in run.texts)


@pytest.mark.parametrize(
    "options",
    [
        ["-O", "vmdk", "-o", "subformat=streamOptimized"],
        ["-O", "vpc", "-o", "force_size=on"],
        ["-O", "vhdx", "-o", "block_size=1M"],
    ],
    ids=lambda options: options[1],
)
def test_an_image_in_s3_gives_the_same_snapshot_whatever_its_format(
    run: Any, aws: AwsSandbox, bucket: str, file: Path, tmp_path: Path, options: list[str]
) -> None:
    image = tmp_path / "image"
    subprocess.run(["qemu-img", "convert", "-f", "raw", *options, file, image], check=True)
    created = lifecycle.create(run, in_s3(aws, bucket, image.read_bytes(), volume_size=5))
    holds(aws, created.id, file)
    assert (created.state.capacity_bytes, created.state.volume_size_gib) == (1200 << 20, 5)
    etag = aws.observer("s3").head_object(Bucket=bucket, Key=KEY)["ETag"]
    assert created.state.source_identity == etag.strip('"')


def test_a_snapshot_is_encrypted_with_the_given_key(run: Any, inputs: Inputs, aws: AwsSandbox) -> None:
    key = aws.observer("kms").create_key()["KeyMetadata"]["Arn"]
    created = lifecycle.create(run, replace(inputs, encrypted=True, kms_key_arn=key))
    record = aws.snapshot(created.id)
    assert (record.encrypted, record.kms_key_id) == (True, key)


def test_preflight_fails_for_a_key_that_ebs_cannot_use(
    new_run: NewRun, inputs: Inputs, looked_up: LookedUp, aws: AwsSandbox
) -> None:
    key = aws.observer("kms").create_key()["KeyMetadata"]["Arn"]
    assert looked_up(lifecycle, new_run(), replace(inputs, encrypted=True, kms_key_arn=key)) == {}
    gone = replace(inputs, encrypted=True, kms_key_arn=f"{key[:-12]}000000000000")
    assert "does not exist in eu-west-1" in looked_up(lifecycle, new_run(), gone)["kmsKeyArn"]
    assert looked_up(lifecycle, new_run(supplied=("kmsKeyArn",)), gone) == {}


def test_a_disk_of_zeros_has_no_blocks(run: Any, aws: AwsSandbox, tmp_path: Path) -> None:
    empty = tmp_path / "empty.raw"
    empty.write_bytes(bytes(3 * BLOCK))
    created = lifecycle.create(run, Inputs(region="eu-west-1", file=str(empty)))
    assert (aws.snapshot(created.id).block_indexes, created.state.blocks_written) == ((), 0)


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        pytest.param({"file": None}, "file", "exactly one of file and userBucket, got 0", id="no-source"),
        pytest.param(
            {"userBucket": {"s3Bucket": "images", "s3Key": "k"}},
            "file",
            "exactly one of file and userBucket, got 2",
            id="two",
        ),
        pytest.param({"format": "OVA"}, "format", "expected one of RAW, VMDK, VHD, VHDX, got 'OVA'", id="format"),
        pytest.param({"volumeSize": 0}, "volumeSize", "expected 1 to 65536 GiB, got 0", id="no-size"),
        pytest.param({"volumeSize": 65537}, "volumeSize", "expected 1 to 65536 GiB, got 65537", id="size"),
        pytest.param({"description": "x" * 256}, "description", "expected 1 to 255 characters, got 256", id="long"),
        pytest.param({"kmsKeyArn": "arn:aws:kms:k"}, "kmsKeyArn", "requires encrypted = true", id="key"),
        pytest.param({"tags": {"aws:x": "y"}}, "tags.aws:x", "does not start with aws: or vmimport:", id="tag"),
        pytest.param(
            {"tags": {"AWS:x": "y"}}, "tags.AWS:x", "does not start with aws: or vmimport:", id="tag-in-capitals"
        ),
        pytest.param({"tags": dict.fromkeys(map(str, range(43)), "")}, "tags", "at most 42 tags, got 43", id="tags"),
        pytest.param({"timeoutMinutes": 0}, "timeoutMinutes", "expected at least 1, got 0", id="no-time"),
    ],
)
def test_fails_in_check(checked: Any, values: dict[str, Any], path: str, reason: str) -> None:
    ((found, said),) = checked(lifecycle, {"region": "eu-west-1", "file": "data.raw", **values})
    assert found == path
    assert reason in said


@pytest.mark.parametrize("name", [f.name for f in fields(Inputs)])
def test_preflight_accepts_any_unknown_input(run: Any, inputs: Inputs, looked_up: LookedUp, name: str) -> None:
    values: dict[str, Any] = {name: UNKNOWN}
    assert looked_up(lifecycle, run, replace(inputs, **values)) == {}


def test_preflight_fails_for_a_file_that_is_not_a_disk_image(
    new_run: NewRun, inputs: Inputs, looked_up: LookedUp, tmp_path: Path
) -> None:
    (tmp_path / "web.ova").write_bytes(bytes(257) + b"ustar" + bytes(1000))
    asked = {
        "gone.raw": "gone.raw cannot be read: No such file or directory",
        ".": "cannot be read: it is not a regular file",
        "web.ova": "got a tar file, such as an OVA; unpack the disk: `tar -xf IMAGE`",
    }
    for name, words in asked.items():
        assert words in looked_up(lifecycle, new_run(), replace(inputs, file=str(tmp_path / name)))["file"]
    assert looked_up(lifecycle, new_run(supplied=("file",)), replace(inputs, file=str(tmp_path / "gone.raw"))) == {}
    mismatch = looked_up(lifecycle, new_run(), replace(inputs, format=ImageFormat.VMDK))
    assert "got an image with the content RAW; expected VMDK; correct the format" in mismatch["file"]


def test_fails_for_a_volume_that_is_too_small(new_run: NewRun, inputs: Inputs, looked_up: LookedUp) -> None:
    small = replace(inputs, volume_size=1)
    words = "expected at least 2 GiB, the capacity of the disk, got 1"
    assert looked_up(lifecycle, new_run(), small) == {"volumeSize": words}
    with pytest.raises(CleanFailureError, match=words):
        lifecycle.create(new_run(), small)


def test_fails_for_a_disk_with_sectors_of_4096_bytes(
    run: Any, inputs: Inputs, looked_up: LookedUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pulumi_vmimport.disk.raw_content.RawContent.sector_bytes", 4096)
    assert "512-byte sectors, as EBS has, got 4096-byte sectors" in looked_up(lifecycle, run, inputs)["file"]


def test_preflight_fails_for_a_missing_bucket_or_object(new_run: NewRun, looked_up: LookedUp, bucket: str) -> None:
    nowhere = Inputs(region="eu-west-1", user_bucket=UserBucket("nowhere", KEY))
    assert "bucket 'nowhere' does not exist" in looked_up(lifecycle, new_run(), nowhere)["userBucket"]
    missing = Inputs(region="eu-west-1", user_bucket=UserBucket(bucket, KEY))
    words = f"s3://{bucket}/{KEY} cannot be read: the object does not exist; upload it first"
    assert looked_up(lifecycle, new_run(), missing) == {"userBucket": words}
    assert looked_up(lifecycle, new_run(supplied=("userBucket",)), missing) == {}
    with pytest.raises(CleanFailureError, match="object does not exist; upload it first; no snapshot was started"):
        lifecycle.create(new_run(), missing)


def test_an_object_in_another_region_is_accepted(
    run: Any, aws: AwsSandbox, looked_up: LookedUp, tmp_path: Path
) -> None:
    s3 = aws.observer("s3", "us-east-1")
    s3.create_bucket(Bucket="far-away")
    s3.put_object(Bucket="far-away", Key=KEY, Body=b"\0dat" * 1000)
    asked = Inputs(region="eu-west-1", user_bucket=UserBucket("far-away", KEY))
    assert looked_up(lifecycle, run, asked) == {}
    assert aws.snapshot(lifecycle.create(run, asked).id).blocks.get(0)[:4000] == b"\0dat" * 1000


def test_preflight_reads_only_the_beginning_of_the_image(
    run: Any, aws: AwsSandbox, looked_up: LookedUp, bucket: str, stream_optimized: Any
) -> None:
    body = stream_optimized(GIB, random.Random(2).randbytes(4 << 20))  # noqa: S311 - no secret
    assert looked_up(lifecycle, run, in_s3(aws, bucket, body)) == {}
    assert len(aws.calls.of("GetObject")) <= 3  # windows of 1 MiB
    assert aws.calls.writes() == []


def test_a_damaged_image_leaves_no_snapshot(run: Any, aws: AwsSandbox, bucket: str, stream_optimized: Any) -> None:
    body = bytearray(stream_optimized(GIB, random.Random(2).randbytes(2 << 20)))  # noqa: S311 - no secret
    body[1 << 20 : (1 << 20) + 200] = bytes(200)
    with pytest.raises(
        CleanFailureError, match=r"snapshot snap-\w+: disk s3://.*: grain \d+ at .*; no snapshot was left"
    ):
        lifecycle.create(run, in_s3(aws, bucket, bytes(body)))
    assert snapshots(aws) == []
    header = struct.pack("<Q", 1 << 60)
    with pytest.raises(CleanFailureError, match=r"grains of .* sectors.*; no snapshot was started"):
        lifecycle.create(run, in_s3(aws, bucket, bytes(body[:20]) + header + bytes(body[28:])))


def test_read_returns_the_state_drift_of_tags_and_a_deletion(new_run: NewRun, inputs: Inputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(new_run(), inputs)
    assert lifecycle.read(new_run(), created.id, created.state) == created.state
    ec2 = aws.observer("ec2")
    ec2.create_tags(Resources=[created.id], Tags=[{"Key": "team", "Value": "red"}])
    seen = lifecycle.read(new_run(), created.id, created.state)
    assert seen == replace(created.state, tags={"team": "red"})
    ec2.delete_snapshot(SnapshotId=created.id)
    assert lifecycle.read(new_run(), created.id, created.state) is None


@pytest.mark.parametrize("given", [None, {}], ids=["no-tags", "an-empty-map"])
def test_a_snapshot_without_tags_does_not_drift(new_run: NewRun, inputs: Inputs, given: dict[str, str] | None) -> None:
    created = lifecycle.create(new_run(), replace(inputs, tags=given))
    assert lifecycle.read(new_run(), created.id, created.state) == created.state


@pytest.mark.parametrize("operation", ["ec2:CreateTags", "ec2:DeleteTags"])
def test_an_interrupted_update_is_completed_by_the_next_one(
    run: Any, inputs: Inputs, aws: AwsSandbox, operation: str
) -> None:
    created = lifecycle.create(run, inputs)
    changed = replace(inputs, tags={"stage": "prod"})
    aws.faults.deny(operation)
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        lifecycle.update(run, created.id, created.state, changed)
    aws.faults.allow(operation)
    id, kept = run.recorded
    assert lifecycle.update(run, id, kept, changed).tags == {"stage": "prod"}
    assert {k: v for k, v in tags(aws, id).items() if not k.startswith("vmimport:")} == {"stage": "prod"}


def test_a_retained_snapshot_is_kept_without_own_tags_and_not_reused(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(new_run(), replace(inputs, retain_on_delete=True))
    lifecycle.delete(new_run(), created.id, created.state)
    assert tags(aws, created.id) == {"team": "blue"}
    assert lifecycle.create(new_run(), inputs).id != created.id
    aws.observer("ec2").delete_snapshot(SnapshotId=created.id)
    lifecycle.delete(new_run(), created.id, created.state)


@pytest.mark.parametrize("given", ["file", "own-hash", "gone", "object"])
def test_the_default_source_hash_is_the_fingerprint_of_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setattr("pulumi.Output.from_input", _Applied)
    table: dict[str, dict[str, Any]] = {
        "file": {"file": str(file)},
        "own-hash": {"file": str(file), "source_hash": "v7"},
        "gone": {"file": str(file) + ".gone"},
        "object": {"user_bucket": {"s3_bucket": "b", "s3_key": "k"}},
    }
    status = file.stat()
    expected = {"file": f"{status.st_size}-{status.st_mtime_ns}", "own-hash": "v7"}
    assert DirectSnapshot._completed(table[given]).get("source_hash") == expected.get(given)


class _Applied:
    """An output whose value is known."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def apply(self, function: Callable[[Any], Any]) -> Any:
        return function(self._value)
