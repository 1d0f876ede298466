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
    lifecycle,
    of,
    seen_again,
    sent,
)

from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUploadInputs as Inputs
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox


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
        ({"bucket": "No"}, "bucket", "expected a bucket name"),
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
    assert list(lifecycle.preflight(run, unknown)) == []


def test_fails_in_preview_with_what_is_not_there(run: Any, new_run: NewRun, inputs: Inputs, file: Path) -> None:
    assert list(lifecycle.preflight(run, inputs)) == []
    file.unlink()
    missing = replace(inputs, bucket="no-such-bucket")
    problems = {p.path: p.reason for p in lifecycle.preflight(run, missing)}
    assert problems == {
        "bucket": "there is no bucket 'no-such-bucket'; create it, or take it from its resource",
        "path": f"{file} cannot be read: No such file or directory",
    }
    assert list(lifecycle.preflight(new_run(supplied=("bucket", "path")), missing)) == []


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
    (problem,) = lifecycle.preflight(run, inputs)
    assert (problem.path, words in problem.reason) == ("path", True), problem.reason
    with pytest.raises(CleanFailureError):
        lifecycle.create(run, inputs)


def test_fails_before_anything_is_sent_for_a_file_that_aws_would_refuse(
    run: Any, new_run: NewRun, aws: AwsSandbox, bucket: str, tmp_path: Path
) -> None:
    qcow2 = tmp_path / "web.img"
    qcow2.write_bytes(b"QFI\xfb" + bytes(1 << 20))
    inputs = of(qcow2, bucket, "web.img")
    problems = list(lifecycle.preflight(run, inputs))
    rules = tuple(p.reason.partition(":")[0] for p in problems)
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


def test_fails_for_a_rule_to_be_ignored_that_there_is_not(inputs: Inputs) -> None:
    (problem,) = lifecycle.check(replace(inputs, ignored_findings=("no-such-rule",)))
    assert (problem.path, problem.reason.split(";")[0]) == ("ignoredFindings[0]", "there is no rule 'no-such-rule'")
