import hashlib
import random
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.unit.transfer.conftest import packed

from pulumi_vmimport.transfer.ova import Ova, TextMember, header
from pulumi_vmimport.transfer.transfer_errors import InvalidMemberError

DESCRIPTOR = b"<Envelope/>"
SIZES = {"win10-disk1.vmdk": 100_001, "win10-disk2.vmdk": 512, "win10-disk3.vmdk": 0}
DISKS = {name: random.Random(size).randbytes(size) for name, size in SIZES.items()}  # noqa: S311 - no secret
THREE = Ova("win10", DESCRIPTOR, tuple(TextMember(name, content) for name, content in DISKS.items()))


@dataclass(frozen=True)
class SizedMember:
    """A member of any size without content."""

    name: str
    size_bytes: int
    sha256: str = "0" * 64


def test_the_descriptor_is_first_then_the_manifest_then_the_disks() -> None:
    assert [member.name for member in THREE.members()] == ["win10.ovf", "win10.mf", *DISKS]


def test_the_manifest_has_the_digest_of_every_other_member() -> None:
    _, manifest, *_ = THREE.members()
    assert isinstance(manifest, TextMember)
    contents = {"win10.ovf": DESCRIPTOR, **DISKS}
    expected = [f"SHA256({name})= {hashlib.sha256(content).hexdigest()}" for name, content in contents.items()]
    assert manifest.content.decode().splitlines() == expected


def test_the_head_equals_that_of_a_tar_file() -> None:
    whole = packed("win10", DESCRIPTOR, DISKS)
    assert whole.startswith(THREE.head() + DISKS["win10-disk1.vmdk"])
    assert THREE.size_bytes == len(whole)
    assert THREE.size_bytes % tarfile.RECORDSIZE == 0


@pytest.mark.parametrize("size", [8**11 - 1, 8**11, 200 << 30])
def test_tar_reads_a_header_of_any_size(size: int, tmp_path: Path) -> None:
    block = header(SizedMember("disk.vmdk", size))
    info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    assert (info.size, info.mtime, info.uid, info.gid, info.uname, info.mode) == (size, 0, 0, 0, "", 0o644)
    with (tmp_path / "big.ova").open("wb") as file:  # sparse
        file.write(block)
        file.truncate(512 + -(-size // 512) * 512 + 1024)
    listed = subprocess.run(["tar", "-tvf", "big.ova"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(listed.stdout.split()[2]) == size
    assert listed.stderr == ""


def test_a_header_is_plain_ustar_if_the_size_fits() -> None:
    assert header(SizedMember("disk.vmdk", 8**11 - 1))[257:265] == b"ustar\x0000"


@pytest.mark.parametrize("name", ["a/b.vmdk", "", "ä.vmdk", "a\n.vmdk", "x" * 101], ids=repr)
def test_fails_for_an_invalid_member_name(name: str) -> None:
    with pytest.raises(InvalidMemberError, match="expected 1 to 100 printable ASCII characters"):
        Ova("win10", DESCRIPTOR, (SizedMember(name, 0),))


def test_fails_for_two_members_with_the_same_name() -> None:
    with pytest.raises(InvalidMemberError, match="expected a unique name"):
        Ova("win10", DESCRIPTOR, (TextMember("win10.ovf", b""),))
