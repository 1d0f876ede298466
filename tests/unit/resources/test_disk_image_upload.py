import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.lifecycle.contract import UNKNOWN, Condition, Failed, Stopped
from pulumi_vmimport.resources import stored_upload
from pulumi_vmimport.resources.disk_image_upload import DiskImageUploadInputs as Inputs
from pulumi_vmimport.resources.disk_image_upload import DiskImageUploadLifecycle, StorageClass
from pulumi_vmimport.resources.disk_image_upload import DiskImageUploadState as State
from pulumi_vmimport.resources.upload_content import content_identity
from pulumi_vmimport.sandbox.aws.server import AwsSandbox
from pulumi_vmimport.transfer.checksums import s3_text

KEY, REGION, MIB = "disks/web.raw", "eu-west-1", 1 << 20
PART = 5 * MIB  # S3 takes no smaller ones, but for the last
lifecycle = DiskImageUploadLifecycle()
NewRun = Callable[..., Any]
ID = f"s3://images-of-web/{KEY}"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_upload, "part_bytes_for", lambda _: PART)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A raw disk of four parts, the last one smaller, with an MBR and one active NTFS partition."""
    disk = bytearray(b"".join(bytes([number]) * MIB for number in range(17)))
    disk[446:462] = bytes.fromhex("80202100 07feffff 00080000 00100000")
    disk[510:512] = b"\x55\xaa"
    path = tmp_path / "web.raw"
    path.write_bytes(disk)
    return path


@pytest.fixture
def inputs(file: Path, bucket: str) -> Inputs:
    return of(file, bucket)


def of(file: Path, bucket: str, key: str = KEY, **values: Any) -> Inputs:
    """The inputs as the resource's class completes them."""
    given = {"source_hash": content_identity(str(file)), **values}
    return Inputs(region=REGION, path=str(file), bucket=bucket, key=key, **given)


def seen_again(inputs: Inputs) -> Inputs:
    """The inputs of the next run of the program."""
    return replace(inputs, source_hash=content_identity(inputs.path))


def content(aws: AwsSandbox, bucket: str, key: str = KEY) -> bytes:
    return bytes(aws.observer("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def left(aws: AwsSandbox) -> list[str]:
    return [line for line in aws.leftovers() if not line.startswith("s3 bucket")]


def sent(aws: AwsSandbox) -> list[int]:
    """The numbers of the parts that were sent, in the order of their arrival."""
    return [int(call.path.partition("partNumber=")[2].partition("&")[0]) for call in aws.calls.of("UploadPart")]


def crc(data: bytes) -> str:
    return f"CRC32:{s3_text(zlib.crc32(data))}"


def stopped_after(run: Any, aws: AwsSandbox, inputs: Inputs, parts: int) -> tuple[str, State]:
    """What a run has kept that was cancelled once so many parts had arrived."""

    def stop(_: Any) -> None:
        run.stop_after_waits = 0

    aws.faults.on("UploadPart", stop, nth=parts, when="after")
    with pytest.raises(Stopped):
        lifecycle.create(run, inputs)
    kept: tuple[str, State] = run.kept
    return kept


def test_create_uploads_every_byte_and_keeps_every_output(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path
) -> None:
    created = lifecycle.create(run, replace(inputs, tags={"team": "blue"}))
    state, disk = created.state, file.read_bytes()
    assert content(aws, bucket) == disk
    assert (created.id, state.checksum, state.size_bytes) == (ID, crc(disk), len(disk))
    head = aws.observer("s3").head_object(Bucket=bucket, Key=KEY, ChecksumMode="ENABLED")
    assert (f'"{state.etag}"', state.version_id, state.checksum) == (
        head["ETag"],
        None,
        f"CRC32:{head['ChecksumCRC32']}",
    )
    assert state.source_identity == content_identity(str(file))
    assert sorted(sent(aws)) == [1, 2, 3, 4]
    tags = aws.observer("s3").get_object_tagging(Bucket=bucket, Key=KEY)["TagSet"]
    assert tags == [{"Key": "team", "Value": "blue"}]
    assert lifecycle.condition(state) is Condition.READY
    assert any("MiB at " in text and " left" in text for text in run.texts)


def test_the_storage_class_is_that_of_the_object(run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str) -> None:
    state = lifecycle.create(run, replace(inputs, storage_class=StorageClass.GLACIER_IR)).state
    assert aws.observer("s3").head_object(Bucket=bucket, Key=KEY)["StorageClass"] == "GLACIER_IR"
    first = len(sent(aws))
    lifecycle.update(run, ID, state, replace(inputs, storage_class=StorageClass.STANDARD_IA))
    assert aws.observer("s3").head_object(Bucket=bucket, Key=KEY)["StorageClass"] == "STANDARD_IA"
    assert len(sent(aws)) == 2 * first


def test_a_run_that_was_killed_after_the_last_call_has_uploaded_it(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lifecycle.create(new_run(), inputs)
    monkeypatch.setattr(stored_upload, "checksum_of", None)  # the file is not read either
    again = lifecycle.create(new_run(), inputs)
    assert again == first
    assert len(sent(aws)) == 4


def test_what_is_already_there_is_not_sent_again(new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str) -> None:
    id, kept = stopped_after(new_run(), aws, inputs, 2)
    assert (id, lifecycle.condition(kept)) == (ID, Condition.UNFINISHED)
    assert left(aws) == [f"s3 multipart upload {bucket}/{KEY}"]
    before = sent(aws)
    run = new_run()
    state = lifecycle.update(run, id, kept, inputs)
    assert content(aws, bucket) == Path(inputs.path).read_bytes()
    assert lifecycle.condition(state) is Condition.READY
    assert set(before[:2]).isdisjoint(sent(aws)[len(before) :])
    assert sorted(set(sent(aws))) == [1, 2, 3, 4]
    assert len(aws.calls.of("CreateMultipartUpload")) == 1
    assert left(aws) == [f"s3 object {bucket}/{KEY}"]


def test_a_run_that_nobody_recorded_is_gone_on_with(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    stopped_after(new_run(), aws, replace(inputs, tags={"team": "blue"}), 3)
    before = len(sent(aws))
    created = lifecycle.create(new_run(), replace(inputs, tags={"team": "red"}))
    assert (content(aws, bucket), created.state.checksum) == ((disk := Path(inputs.path).read_bytes()), crc(disk))
    assert len(sent(aws)) - before < 4
    tags = aws.observer("s3").get_object_tagging(Bucket=bucket, Key=KEY)["TagSet"]
    assert tags == [{"Key": "team", "Value": "red"}]


def test_parts_of_another_file_are_sent_again(new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str) -> None:
    stopped_after(new_run(), aws, inputs, 3)
    disk = bytearray(Path(inputs.path).read_bytes())
    disk[1000] ^= 1
    Path(inputs.path).write_bytes(disk)
    lifecycle.create(new_run(), inputs)
    assert content(aws, bucket) == disk


def test_a_file_that_has_become_shorter_is_as_long_as_it_is_in_s3(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    stopped_after(new_run(), aws, inputs, 4)
    os.truncate(inputs.path, 2 * PART - 7)
    state = lifecycle.create(new_run(), inputs).state
    assert content(aws, bucket) == Path(inputs.path).read_bytes()
    assert state.size_bytes == 2 * PART - 7


def test_an_upload_of_somebody_else_does_not_become_ours(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path
) -> None:
    s3, where = aws.observer("s3"), {"Bucket": bucket, "Key": KEY}
    for metadata in ({"whose": "theirs"}, {}):
        begun = s3.create_multipart_upload(
            **where, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT", Metadata=metadata
        )
        if metadata:
            s3.upload_part(**where, UploadId=begun["UploadId"], PartNumber=1, Body=file.read_bytes()[:PART])
    lifecycle.create(run, inputs)
    head = s3.head_object(**where)
    assert (content(aws, bucket), head["Metadata"]["vmimport-identity"]) == (file.read_bytes(), run.identity.key)
    assert left(aws) == [f"s3 object {bucket}/{KEY}"]


@pytest.mark.parametrize("code", ["BadDigest", "IncompleteBody"])
def test_a_part_that_s3_refuses_as_damaged_is_sent_again(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, code: str
) -> None:
    aws.faults.error("UploadPart", code, "not what was sent", times=3)
    lifecycle.create(run, inputs)
    assert content(aws, bucket) == Path(inputs.path).read_bytes()
    assert len(sent(aws)) == 4 + 3


def test_a_lost_answer_to_the_last_call_is_looked_after(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    aws.faults.drop_connection("CompleteMultipartUpload", times=8, after_processing=True)
    run = new_run()
    state = lifecycle.create(run, inputs).state
    assert content(aws, bucket) == Path(inputs.path).read_bytes()
    assert left(aws) == [f"s3 object {bucket}/{KEY}"]
    read = lifecycle.read(run, ID, state)
    assert read == state


def test_fails_with_the_parts_kept_when_s3_refuses_the_caller(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    run = new_run()
    aws.faults.deny("CompleteMultipartUpload")
    with pytest.raises(ClientError, match="AccessDenied"):
        lifecycle.create(run, inputs)
    id, kept = run.kept
    aws.faults.allow("CompleteMultipartUpload")
    before = len(sent(aws))
    lifecycle.update(new_run(), id, kept, inputs)
    assert len(sent(aws)) == before
    assert content(aws, bucket) == Path(inputs.path).read_bytes()


def test_fails_to_overwrite_what_somebody_else_has_put_there(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    aws.observer("s3").put_object(Bucket=bucket, Key=KEY, Body=b"theirs")
    words = rf"{ID} is there already and was not uploaded by this resource; choose another key, or delete the object"
    assert [p.path for p in lifecycle.look_up(run, inputs)] == ["key"]
    with pytest.raises(Failed, match=words):
        lifecycle.create(run, inputs)
    assert (content(aws, bucket), sent(aws)) == (b"theirs", [])


def test_fails_to_overwrite_what_somebody_else_puts_there_meanwhile(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    def put(_: Any) -> None:
        aws.observer("s3").put_object(Bucket=bucket, Key=KEY, Body=b"theirs")

    aws.faults.on("CompleteMultipartUpload", put)
    with pytest.raises(Failed, match="expected no object there when the upload was complete, but somebody else"):
        lifecycle.create(run, inputs)
    assert (content(aws, bucket), left(aws)) == (b"theirs", [f"s3 object {bucket}/{KEY}"])


def test_fails_to_replace_what_somebody_else_writes_meanwhile(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path
) -> None:
    state = lifecycle.create(run, inputs).state
    file.write_bytes(b"another")

    def put(_: Any) -> None:
        aws.observer("s3").put_object(Bucket=bucket, Key=KEY, Body=b"theirs")

    aws.faults.on("CompleteMultipartUpload", put)
    with pytest.raises(Failed, match=f"expected the object with etag {state.etag} when the upload was complete"):
        lifecycle.update(run, ID, state, seen_again(inputs))
    assert (content(aws, bucket), left(aws)) == (b"theirs", [f"s3 object {bucket}/{KEY}"])


def test_a_file_that_was_only_touched_is_read_and_not_sent(
    run: Any, inputs: Inputs, aws: AwsSandbox, file: Path
) -> None:
    state = lifecycle.create(run, inputs).state
    os.utime(file, ns=(1, 1))
    now = seen_again(inputs)
    assert now.source_hash != inputs.source_hash
    updated = lifecycle.update(run, ID, state, now)
    assert updated == replace(state, source_hash=now.source_hash, source_identity=now.source_hash)
    assert len(sent(aws)) == 4
    assert any("% compared" in text for text in run.texts)


def test_another_content_is_written_in_the_place_of_the_old_one(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path
) -> None:
    state = lifecycle.create(run, inputs).state
    disk = file.read_bytes()[: 2 * PART] + b"and more"
    file.write_bytes(disk)
    calls: list[bytes] = []
    aws.faults.on("CompleteMultipartUpload", lambda _: calls.append(content(aws, bucket)))
    updated = lifecycle.update(run, ID, state, seen_again(inputs))
    assert (content(aws, bucket), updated.checksum, updated.size_bytes) == (disk, crc(disk), len(disk))
    assert updated.etag != state.etag
    assert len(calls[0]) == 17 * MIB  # the old one was there until the new one was
    assert left(aws) == [f"s3 object {bucket}/{KEY}"]


def test_a_moved_file_is_not_even_read(
    run: Any, inputs: Inputs, aws: AwsSandbox, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = lifecycle.create(run, inputs).state
    moved = file.rename(file.with_name("moved.raw"))
    monkeypatch.setattr(stored_upload, "checksum_of", None)
    now = seen_again(replace(inputs, path=str(moved)))
    for again in (now, replace(now, source_hash=None)):
        updated = lifecycle.update(run, ID, state, again)
        assert (updated.path, updated.checksum) == (str(moved), state.checksum)
    assert len(sent(aws)) == 4


def test_with_a_source_hash_of_ones_own_the_file_need_not_be_there(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path
) -> None:
    own = replace(inputs, source_hash="1", tags={"team": "blue"})
    state = lifecycle.create(run, own).state
    file.unlink()
    for tags in ({"team": "red"}, None):
        state = lifecycle.update(run, ID, state, replace(own, tags=tags))
        found = aws.observer("s3").get_object_tagging(Bucket=bucket, Key=KEY)["TagSet"]
        assert {tag["Key"]: tag["Value"] for tag in found} == (tags or {})
    with pytest.raises(Failed, match=f"{file} cannot be read: No such file"):
        lifecycle.update(run, ID, state, replace(own, source_hash="2"))


def test_fails_for_a_file_that_is_written_to_meanwhile(run: Any, inputs: Inputs, aws: AwsSandbox, file: Path) -> None:
    aws.faults.on("UploadPart", lambda _: os.utime(file, ns=(1, 1)), nth=3)
    with pytest.raises(Failed, match="was modified while it was read; start again when nothing writes to it"):
        lifecycle.create(run, inputs)
    assert left(aws) == []


def test_fails_for_a_file_that_becomes_shorter_meanwhile(run: Any, inputs: Inputs, aws: AwsSandbox, file: Path) -> None:
    aws.faults.on("UploadPart", lambda _: os.truncate(file, 100))
    with pytest.raises(Failed, match="was modified while it was read"):
        lifecycle.create(run, inputs)
    assert left(aws) == []


def test_read_tells_what_is_there(run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path) -> None:
    state = lifecycle.create(run, replace(inputs, tags={"team": "blue"})).state
    s3, where = aws.observer("s3"), {"Bucket": bucket, "Key": KEY}
    assert lifecycle.read(run, ID, state) == state
    s3.put_object_tagging(**where, Tagging={"TagSet": [{"Key": "team", "Value": "red"}]})
    assert lifecycle.read(run, ID, state) == replace(state, tags={"team": "red"})
    head = s3.head_object(**where)
    s3.put_object(**where, Body=b"over it, with our mark", Metadata=head["Metadata"])
    read = lifecycle.read(run, ID, state)
    assert read is not None
    assert lifecycle.condition(read) is Condition.UNFINISHED
    mended = lifecycle.update(run, ID, read, inputs)
    assert (content(aws, bucket), mended.checksum) == (file.read_bytes(), state.checksum)
    s3.put_object(**where, Body=b"theirs")
    assert lifecycle.read(run, ID, state) is None
    s3.delete_object(**where)
    assert lifecycle.read(run, ID, state) is None
    assert lifecycle.create(run, inputs).state.checksum == state.checksum


def test_delete_leaves_nothing_twice(run: Any, inputs: Inputs, aws: AwsSandbox) -> None:
    state = lifecycle.create(run, inputs).state
    for _ in range(2):
        lifecycle.delete(run, ID, state)
        assert left(aws) == []


def test_delete_leaves_nothing_of_what_is_unfinished(
    run: Any, new_run: NewRun, inputs: Inputs, aws: AwsSandbox
) -> None:
    id, kept = stopped_after(run, aws, inputs, 2)
    lifecycle.delete(new_run(), id, kept)
    assert left(aws) == []


def test_delete_leaves_what_is_to_be_retained_and_what_somebody_else_wrote(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    state = lifecycle.create(run, inputs).state
    lifecycle.delete(run, ID, replace(state, retain_on_delete=True))
    assert left(aws) == [f"s3 object {bucket}/{KEY}"]
    aws.observer("s3").put_object(Bucket=bucket, Key=KEY, Body=b"theirs")
    lifecycle.delete(run, ID, state)
    assert content(aws, bucket) == b"theirs"


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        (
            {"path": "web.qcow2"},
            "path",
            "expected a file that ends in one of .ova, .ovf, .vmdk, .vhd, .vhdx, .raw, .img",
        ),
        ({"key": "web.vmdk"}, "key", "expected a key that ends in .raw or .img, as"),
        ({"path": "web.ovf"}, "key", "expected a key that ends in .ova, as 'web.ovf' becomes one"),
        ({"key": "x" * 1025}, "key", "expected a key of 1 to 1024 bytes, got 1025"),
        ({"bucket": "No"}, "bucket", "expected the name of a bucket"),
        ({"tags": {str(n): "" for n in range(11)}}, "tags", "expected at most 10 tags, got 11"),
        ({"region": None}, "region", "no Region is set"),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
)
def test_fails_with_what_is_wrong_with_the_inputs(
    inputs: Inputs, changes: dict[str, Any], path: str, words: str
) -> None:
    problems = {p.path: p.reason for p in lifecycle.check(replace(inputs, **changes))}
    assert list(problems) == [path]
    assert words in problems[path]


def test_what_is_not_known_yet_is_not_judged(run: Any, inputs: Inputs) -> None:
    names: dict[str, Any] = dict.fromkeys(("path", "bucket", "key", "tags", "image_profile", "source_hash"), UNKNOWN)
    unknown = replace(inputs, **names)
    assert list(lifecycle.check(unknown)) == []
    assert list(lifecycle.look_up(run, unknown)) == []


def test_fails_in_preview_with_what_is_not_there(run: Any, new_run: NewRun, inputs: Inputs, file: Path) -> None:
    assert list(lifecycle.look_up(run, inputs)) == []
    file.unlink()
    missing = replace(inputs, bucket="no-such-bucket")
    problems = {p.path: p.reason for p in lifecycle.look_up(run, missing)}
    assert problems == {
        "bucket": "there is no bucket 'no-such-bucket'; create it, or take it from its resource",
        "path": f"{file} cannot be read: No such file or directory",
    }
    assert list(lifecycle.look_up(new_run(promises=("bucket", "path")), missing)) == []


OVF = """<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
  <References>
    <File ovf:id="file1" ovf:href="disk1.vmdk" ovf:size="0"/>
    <File ovf:href="disk2.vmdk" ovf:id="file2" />
  </References>
</Envelope>
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """An OVF descriptor with wrong sizes, and its disks."""
    (tmp_path / "disk1.vmdk").write_bytes(b"one " * (2 * MIB) + b"!")
    (tmp_path / "disk2.vmdk").write_bytes(b"two " * 1_000_001)
    path = tmp_path / "web server.ovf"
    path.write_text(OVF)
    return path


def test_an_ovf_with_its_disks_becomes_an_ova_with_right_sizes_and_digests(
    run: Any, aws: AwsSandbox, bucket: str, machine: Path
) -> None:
    state = lifecycle.create(run, of(machine, bucket, "web.ova")).state
    ova = content(aws, bucket, "web.ova")
    assert (state.size_bytes, state.checksum) == (len(ova), crc(ova))
    with tarfile.open(fileobj=io.BytesIO(ova)) as archive:
        held = {name: archive.extractfile(name).read() for name in archive.getnames()}  # type: ignore[union-attr] # files
    assert list(held) == ["web-server.ovf", "web-server.mf", "disk1.vmdk", "disk2.vmdk"]
    assert all(held[disk] == (machine.parent / disk).read_bytes() for disk in ("disk1.vmdk", "disk2.vmdk"))
    sizes = [f'ovf:href="{d}" ovf:size="{len(held[d])}"' for d in ("disk1.vmdk", "disk2.vmdk")]
    assert all(size in held["web-server.ovf"].decode() for size in sizes)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in held.items() if not name.endswith(".mf")}
    assert held["web-server.mf"].decode() == "".join(f"SHA256({name})= {d}\n" for name, d in digests.items())


def test_any_file_of_an_ovf_tells_that_the_machine_has_changed(
    run: Any, aws: AwsSandbox, bucket: str, machine: Path
) -> None:
    inputs = of(machine, bucket, "web.ova")
    state = lifecycle.create(run, inputs).state
    assert state.source_identity == inputs.source_hash
    for name in (machine.name, "disk1.vmdk", "disk2.vmdk"):
        os.utime(machine.with_name(name), ns=(1, 1))
        now = seen_again(inputs)
        assert now.source_hash != inputs.source_hash
        inputs = now
    count = len(sent(aws))
    assert lifecycle.update(run, ID, state, inputs).checksum == state.checksum
    assert len(sent(aws)) == count


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'ovf:href="disk1.vmdk"',
            'ovf:href="../disk1.vmdk"',
            "expected the names of files beside it, got '../disk1.vmdk'",
        ),
        ('ovf:href="disk1.vmdk"', 'ovf:href="disk3.vmdk"', "disk3.vmdk cannot be read: No such file"),
        ('ovf:size="0"', 'ovf:chunkSize="7"', "disk1.vmdk is in chunks, which AWS does not import"),
        ('ovf:size="0"', 'ovf:compression="gzip"', "disk1.vmdk is compressed, which AWS does not import"),
        ("<References>", "<References", "OVF descriptor: XML: expected well-formed XML"),
        ("<Envelope", "<!DOCTYPE x><Envelope", "OVF descriptor: XML: expected no DOCTYPE"),
    ],
    ids=["outside", "missing", "chunks", "compressed", "broken", "doctype"],
)
def test_fails_for_an_ovf_that_cannot_be_packed(
    run: Any, bucket: str, machine: Path, old: str, new: str, words: str
) -> None:
    machine.write_text(OVF.replace(old, new, 1))
    inputs = of(machine, bucket, "web.ova")
    (problem,) = lifecycle.look_up(run, inputs)
    assert (problem.path, words in problem.reason) == ("path", True), problem.reason
    with pytest.raises(Failed):
        lifecycle.create(run, inputs)


def test_fails_before_anything_is_sent_for_a_file_that_aws_would_refuse(
    run: Any, new_run: NewRun, aws: AwsSandbox, bucket: str, tmp_path: Path
) -> None:
    qcow2 = tmp_path / "web.img"
    qcow2.write_bytes(b"QFI\xfb" + bytes(1 << 20))
    inputs = of(qcow2, bucket, "web.img")
    problems = list(lifecycle.look_up(run, inputs))
    rules = tuple(p.reason.partition(":")[0] for p in problems)
    assert {p.path for p in problems} == {"path"}
    later = new_run(promises=("path",))
    assert list(lifecycle.look_up(later, inputs)) == []
    with pytest.raises(Failed, match=rules[0]):
        lifecycle.create(later, inputs)
    assert aws.calls.writes() == []
    ignoring = replace(inputs, ignored_findings=rules)
    assert [*lifecycle.check(ignoring), *lifecycle.look_up(run, ignoring)] == []
    lifecycle.create(run, ignoring)
    assert content(aws, bucket, "web.img") == qcow2.read_bytes()


def test_fails_for_a_rule_to_be_ignored_that_there_is_not(inputs: Inputs) -> None:
    (problem,) = lifecycle.check(replace(inputs, ignored_findings=("no-such-rule",)))
    assert (problem.path, problem.reason.split(";")[0]) == ("ignoredFindings[0]", "there is no rule 'no-such-rule'")
