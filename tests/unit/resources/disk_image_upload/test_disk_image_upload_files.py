import hashlib
import io
import os
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.resources.disk_image_upload.uploading import (
    ID,
    MIB,
    NewRun,
    content,
    crc,
    inputs_for,
    lifecycle,
    refreshed,
    sent_parts,
)

from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUploadInputs as Inputs
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        (
            {"path": "web.qcow2"},
            "path",
            ".ova, .ovf, .vmdk, .vhd, .vhdx, .raw, .img, got 'web.qcow2'",
        ),
        ({"path": "web.ovf.txt"}, "path", "got 'web.ovf.txt'; if it is an OVF descriptor, rename it to end in .ovf"),
        ({"path": r"C:\disks\web.qcow2"}, "path", r"got 'C:\disks\web.qcow2'"),
        ({"path": r"C:\disks\web.ovf"}, "key", r"a key that ends in .ova for 'C:\disks\web.ovf'"),
        ({"key": "web.vmdk"}, "key", "a key that ends in .raw or .img"),
        ({"path": "web.ovf"}, "key", "a key that ends in .ova for 'web.ovf'"),
        ({"key": "x" * 1025}, "key", "1 to 1024 bytes, got 1025"),
        ({"bucket": "No"}, "bucket", "got 'No'"),
        ({"tags": {str(n): "" for n in range(11)}}, "tags", "at most 10 tags, got 11"),
        ({"region": None}, "region", "Region"),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
)
def test_fails_for_invalid_inputs(inputs: Inputs, changes: dict[str, Any], path: str, words: str) -> None:
    problems = {p.path: p.reason for p in lifecycle.check(replace(inputs, **changes))}
    assert list(problems) == [path]
    assert words in problems[path]


def test_unknown_inputs_have_no_problems(run: Any, inputs: Inputs) -> None:
    names: dict[str, Any] = dict.fromkeys(("path", "bucket", "key", "tags", "image_profile", "source_hash"), UNKNOWN)
    unknown = replace(inputs, **names)
    assert list(lifecycle.check(unknown)) == []
    assert list(lifecycle.preflight(run, unknown)) == []


def test_fails_in_preview_for_a_missing_bucket_and_file(run: Any, new_run: NewRun, inputs: Inputs, file: Path) -> None:
    assert list(lifecycle.preflight(run, inputs)) == []
    file.unlink()
    missing = replace(inputs, bucket="no-such-bucket")
    problems = {p.path: p.reason for p in lifecycle.preflight(run, missing)}
    assert list(problems) == ["bucket", "path"]
    assert "'no-such-bucket' does not exist" in problems["bucket"]
    assert problems["path"].startswith(str(file))
    assert "No such file or directory" in problems["path"]
    assert list(lifecycle.preflight(new_run(supplied=("bucket", "path")), missing)) == []


OVF = """<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
  <References>
    <File ovf:id="file1" ovf:href="disk1.vmdk" ovf:size="0"/>
    <File ovf:href="disk2.vmdk" ovf:id="file2" />
  </References>
</Envelope>
"""


MACHINE_OVF = """<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
  <References><File ovf:id="file1" ovf:href="disk1.vmdk" ovf:size="0"/></References>
  <DiskSection><Info/><Disk ovf:diskId="d" ovf:fileRef="file1" ovf:capacity="73400320"/></DiskSection>
  <VirtualSystem ovf:id="web"><Info/></VirtualSystem>
</Envelope>
"""


@pytest.fixture
def file_of(stream_optimized: Any) -> bytes:
    """A stream-optimized VMDK with boot code and one active partition."""
    boot = bytearray(b"\xeb\x3c".ljust(512, b"\0"))
    boot[446:462], boot[510:] = bytes.fromhex("80202100 07feffff 00080000 00000100"), b"\x55\xaa"
    return bytes(stream_optimized(70 * MIB, bytes(boot)))


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """An OVF descriptor with wrong sizes, and its disks."""
    (tmp_path / "disk1.vmdk").write_bytes(b"one " * (2 * MIB) + b"!")
    (tmp_path / "disk2.vmdk").write_bytes(b"two " * 1_000_001)
    path = tmp_path / "web server.ovf"
    path.write_text(OVF)
    return path


def test_an_ovf_is_packed_into_an_ova_with_correct_sizes_and_digests(
    run: Any, aws: AwsSandbox, bucket: str, machine: Path
) -> None:
    state = lifecycle.create(run, inputs_for(machine, bucket, "web.ova")).state
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


def test_a_change_of_any_file_of_an_ovf_changes_the_source_hash(
    run: Any, aws: AwsSandbox, bucket: str, machine: Path
) -> None:
    inputs = inputs_for(machine, bucket, "web.ova")
    state = lifecycle.create(run, inputs).state
    assert state.source_identity == inputs.source_hash
    for name in (machine.name, "disk1.vmdk", "disk2.vmdk"):
        os.utime(machine.with_name(name), ns=(1, 1))
        touched = refreshed(inputs)
        assert touched.source_hash != inputs.source_hash
        inputs = touched
    count = len(sent_parts(aws))
    assert lifecycle.update(run, ID, state, inputs).checksum == state.checksum
    assert len(sent_parts(aws)) == count


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'ovf:href="disk1.vmdk"',
            'ovf:href="../disk1.vmdk"',
            "got '../disk1.vmdk'",
        ),
        ('ovf:href="disk1.vmdk"', 'ovf:href="disk3.vmdk"', "disk3.vmdk cannot be read: No such file"),
        ('ovf:size="0"', 'ovf:chunkSize="7"', "disk1.vmdk is chunked"),
        ('ovf:size="0"', 'ovf:compression="gzip"', "disk1.vmdk is compressed"),
        ("<References>", "<References", "OVF descriptor: XML: expected well-formed XML"),
        ("<Envelope", "<!DOCTYPE x><Envelope", "OVF descriptor: XML: expected no DOCTYPE"),
    ],
    ids=["outside", "missing", "chunks", "compressed", "broken", "doctype"],
)
def test_fails_for_an_ovf_that_cannot_be_packed(
    run: Any, bucket: str, machine: Path, old: str, new: str, words: str
) -> None:
    machine.write_text(OVF.replace(old, new, 1))
    inputs = inputs_for(machine, bucket, "web.ova")
    (problem,) = lifecycle.preflight(run, inputs)
    assert (problem.path, words in problem.reason) == ("path", True), problem.reason
    with pytest.raises(CleanFailureError):
        lifecycle.create(run, inputs)


def test_ebs_encryption_by_default_is_found_before_the_upload_of_a_byol_image(
    run: Any, new_run: NewRun, aws: AwsSandbox, bucket: str, tmp_path: Path
) -> None:
    aws.observer("ec2").enable_ebs_encryption_by_default()
    inputs = replace(inputs_for(tmp_path / "web.raw", bucket, "web.raw"), image_profile=ImageProfile.BYOL_WORKSPACES)
    found = {problem.path: problem.reason for problem in lifecycle.preflight(run, inputs)}
    assert "EBS encryption by default is enabled in eu-west-1" in found["imageProfile"]
    later = new_run(supplied=("path",))  # preview does not know the file yet
    with pytest.raises(CleanFailureError, match="EBS encryption by default is enabled in eu-west-1"):
        lifecycle.create(later, inputs)
    unfinished = lifecycle.state_type(**vars(inputs))
    with pytest.raises(CleanFailureError, match="EBS encryption by default is enabled in eu-west-1"):
        lifecycle.update(later, f"s3://{bucket}/web.raw", unfinished, inputs)


def test_fails_before_the_upload_for_an_image_that_aws_would_reject(
    run: Any, new_run: NewRun, aws: AwsSandbox, bucket: str, tmp_path: Path
) -> None:
    qcow2 = tmp_path / "web.img"
    qcow2.write_bytes(b"QFI\xfb" + bytes(1 << 20))
    inputs = inputs_for(qcow2, bucket, "web.img")
    problems = list(lifecycle.preflight(run, inputs))
    rules = tuple(p.reason.partition("; ")[2].partition("; ")[2].partition(":")[0] for p in problems)
    assert {p.path for p in problems} == {"path"}
    later = new_run(supplied=("path",))
    assert list(lifecycle.preflight(later, inputs)) == []
    with pytest.raises(CleanFailureError, match=rules[0]):
        lifecycle.create(later, inputs)
    assert aws.calls.writes() == []
    ignoring = replace(inputs, ignored_findings=rules)
    assert [*lifecycle.check(ignoring), *lifecycle.preflight(run, ignoring)] == []
    lifecycle.create(run, ignoring)
    assert content(aws, bucket, "web.img") == qcow2.read_bytes()


def test_fails_for_an_unknown_rule_in_ignored_findings(inputs: Inputs) -> None:
    (problem,) = lifecycle.check(replace(inputs, ignored_findings=("no-such-rule",)))
    assert problem.path == "ignoredFindings[0]"
    assert "'no-such-rule'" in problem.reason


def packed(aws: AwsSandbox, bucket: str) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content(aws, bucket, "web.ova"))) as archive:
        return {info.name: archive.extractfile(info).read() for info in archive}  # type: ignore[union-attr] # files


@pytest.mark.parametrize(
    ("href", "file", "member"),
    [
        pytest.param("my%20disk.vmdk", "my disk.vmdk", "my-disk.vmdk", id="percent"),
        pytest.param("Büro-1.vmdk", "Büro-1.vmdk", "Buro-1.vmdk", id="umlaut"),
        pytest.param("B%C3%BCro-1.vmdk", "Bu\u0308ro-1.vmdk", "Buro-1.vmdk", id="decomposed"),
        pytest.param("虚拟机-1.vmdk", "虚拟机-1.vmdk", "1.vmdk", id="chinese"),
        pytest.param("disks/disk1.vmdk", "disks/disk1.vmdk", "disks-disk1.vmdk", id="folder"),
        pytest.param("disks\\disk1.vmdk", "disks/disk1.vmdk", "disks-disk1.vmdk", id="backslash"),
        pytest.param("disk1.vmdk", "Disk1.VMDK", "disk1.vmdk", id="capitalization"),
    ],
)
def test_an_ovf_is_packed_whatever_the_names_of_its_files(
    run: Any, aws: AwsSandbox, bucket: str, tmp_path: Path, file_of: bytes, href: str, file: str, member: str
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_bytes(file_of)
    machine = tmp_path / "Büro.ovf"
    machine.write_text(MACHINE_OVF.replace("disk1.vmdk", href), encoding="utf-8")
    inputs = inputs_for(machine, bucket, "web.ova")
    assert inputs.source_hash is not None
    assert list(lifecycle.preflight(run, inputs)) == []
    lifecycle.create(run, inputs)
    held = packed(aws, bucket)
    assert list(held) == ["Buro.ovf", "Buro.mf", member]
    assert held[member] == file_of
    assert f'ovf:href="{member}"' in held["Buro.ovf"].decode()
    assert f"SHA256({member})" in held["Buro.mf"].decode()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_descriptor_in_another_encoding_is_packed_as_utf_8(
    run: Any, aws: AwsSandbox, bucket: str, tmp_path: Path, file_of: bytes, encoding: str
) -> None:
    (tmp_path / "disk1.vmdk").write_bytes(file_of)
    machine = tmp_path / "web.ovf"
    machine.write_text(MACHINE_OVF, encoding=encoding)
    inputs = inputs_for(machine, bucket, "web.ova")
    assert list(lifecycle.preflight(run, inputs)) == []
    lifecycle.create(run, inputs)
    descriptor = packed(aws, bucket)["web.ovf"].decode("utf-8-sig")
    assert descriptor == MACHINE_OVF.replace('ovf:size="0"', f'ovf:size="{len(file_of)}"')


@pytest.mark.parametrize(
    ("name", "data", "key", "words"),
    [
        ("web.vmdk", MACHINE_OVF.encode("utf-16"), "web.vmdk", ["ovf-name", "rename it"]),
        ("web.vhd", b"vhdxfile" + bytes(1 << 20), "web.vhd", ["format-differs", "the content is VHDX"]),
        ("._web.ovf", b"\0\5\x16\7\0\2\0\0Mac OS X" + bytes(99), "web.ova", ["an AppleDouble file of macOS"]),
    ],
)
def test_fails_in_preview_for_a_file_under_the_name_of_another_kind(
    run: Any, bucket: str, tmp_path: Path, name: str, data: bytes, key: str, words: list[str]
) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    problems = [p.reason for p in lifecycle.preflight(run, inputs_for(file, bucket, key))]
    (problem,) = [p for p in problems if words[0] in p]
    assert all(word in problem for word in words)
    assert "ovf-name" not in words[0] or problems == [problem]


def test_the_descriptor_of_another_encoding_is_uploaded_as_utf_8(
    run: Any, aws: AwsSandbox, bucket: str, tmp_path: Path, file_of: bytes
) -> None:
    (tmp_path / "disk1.vmdk").write_bytes(file_of)
    file = tmp_path / "web.ovf"
    file.write_bytes(MACHINE_OVF.replace("UTF-8", "ISO-8859-1").replace('id="web"', 'id="Büro"').encode("latin-1"))
    assert list(lifecycle.preflight(run, inputs_for(file, bucket, "web.ova"))) == []
    lifecycle.create(run, inputs_for(file, bucket, "web.ova"))
    with tarfile.open(fileobj=io.BytesIO(content(aws, bucket, "web.ova"))) as tar:
        member = tar.extractfile(tar.getnames()[0])
        assert member
        text = member.read().decode("utf-8")
    assert 'encoding="UTF-8"' in text
    assert 'id="Büro"' in text
