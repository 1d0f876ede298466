import hashlib
import io
import random
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pulumi_vmimport.transfer.errors import InvalidMemberError, SourceChangedError
from pulumi_vmimport.transfer.ova import Ova, Text, _header

DESCRIPTOR = b"<Envelope/>"


@dataclass(frozen=True)
class Disk:
    name: str
    content: bytes
    promised_bytes: int | None = None

    @property
    def size_bytes(self) -> int:
        return len(self.content) if self.promised_bytes is None else self.promised_bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def open(self) -> Iterator[bytes]:
        for at in range(0, len(self.content), 1000):
            yield self.content[at : at + 1000]


def disk(number: int, size: int) -> Disk:
    return Disk(f"win10-disk{number}.vmdk", random.Random(number).randbytes(size))  # noqa: S311 - no secret


def written(ova: Ova) -> bytes:
    return b"".join(ova.chunks())


THREE = Ova("win10", DESCRIPTOR, (disk(1, 100_001), disk(2, 512), disk(3, 0)))


def test_the_members_stand_in_order_and_hold_their_bytes() -> None:
    with tarfile.open(fileobj=io.BytesIO(written(THREE))) as tar:
        names = ["win10.ovf", "win10.mf", "win10-disk1.vmdk", "win10-disk2.vmdk", "win10-disk3.vmdk"]
        assert tar.getnames() == names
        members = {name: tar.extractfile(name) for name in names}
        found = {name: member.read() for name, member in members.items() if member is not None}
    assert found["win10.ovf"] == DESCRIPTOR
    assert [found[member.name] for member in THREE.disks] == [b"".join(member.open()) for member in THREE.disks]


def test_the_manifest_has_the_digest_of_every_other_member() -> None:
    with tarfile.open(fileobj=io.BytesIO(written(THREE))) as tar:
        contents = {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]
    manifest = contents.pop("win10.mf").decode()
    expected = [f"SHA256({name})= {hashlib.sha256(content).hexdigest()}" for name, content in contents.items()]
    assert manifest.splitlines() == expected


def test_gnu_tar_reads_it_without_a_word_of_complaint(tmp_path: Path) -> None:
    (tmp_path / "win10.ova").write_bytes(written(THREE))
    listed = subprocess.run(["tar", "-tvf", "win10.ova"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert listed.stderr == ""
    sizes = [int(line.split()[2]) for line in listed.stdout.splitlines()]
    assert (sizes[0], sizes[2:]) == (len(DESCRIPTOR), [100_001, 512, 0])
    subprocess.run(["tar", "-xf", "win10.ova"], cwd=tmp_path, check=True)
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "-"],
        input=_for_sha256sum((tmp_path / "win10.mf").read_text()),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert checked.stdout.count(": OK") == 4


def test_the_size_is_known_before_a_byte_is_written() -> None:
    assert THREE.size_bytes == len(written(THREE))
    assert THREE.size_bytes % tarfile.RECORDSIZE == 0


def test_equal_members_give_equal_bytes() -> None:
    again = Ova("win10", DESCRIPTOR, (disk(1, 100_001), disk(2, 512), disk(3, 0)))
    assert written(THREE) == written(again)
    with tarfile.open(fileobj=io.BytesIO(written(THREE))) as tar:
        assert {(info.mtime, info.uid, info.gid, info.uname, info.mode) for info in tar} == {(0, 0, 0, "", 0o644)}


@pytest.mark.parametrize("size", [8**11 - 1, 8**11, 200 << 30])
def test_a_header_holds_any_size_for_every_reader(size: int, tmp_path: Path) -> None:
    header = _header(Disk("disk.vmdk", b"", promised_bytes=size))
    assert tarfile.TarInfo.frombuf(header, "ascii", "strict").size == size
    with (tmp_path / "big.ova").open("wb") as file:  # sparse
        file.write(header)
        file.truncate(512 + -(-size // 512) * 512 + 1024)
    listed = subprocess.run(["tar", "-tvf", "big.ova"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(listed.stdout.split()[2]) == size
    assert listed.stderr == ""


def test_a_header_is_plain_ustar_as_long_as_the_size_fits() -> None:
    assert _header(Disk("disk.vmdk", b"", promised_bytes=8**11 - 1))[257:265] == b"ustar\x0000"


@pytest.mark.parametrize(("promised", "got"), [(999, 1000), (2501, 2500), (0, 1000)], ids=["more", "less", "not empty"])
def test_fails_when_a_disk_has_not_the_size_it_promised(promised: int, got: int) -> None:
    ova = Ova("win10", DESCRIPTOR, (Disk("disk1.vmdk", bytes(2500), promised_bytes=promised),))
    with pytest.raises(SourceChangedError, match=f"disk1.vmdk: expected {promised} bytes, got {got}") as caught:
        written(ova)
    assert (caught.value.expected_bytes, caught.value.got_bytes) == (promised, got)


@pytest.mark.parametrize("name", ["a/b.vmdk", "", "ä.vmdk", "a\n.vmdk", "x" * 101], ids=repr)
def test_fails_for_a_name_that_not_every_reader_takes(name: str) -> None:
    with pytest.raises(InvalidMemberError, match="expected 1 to 100 printable ASCII characters and no slash"):
        Ova("win10", DESCRIPTOR, (Disk(name, b""),))


def test_fails_for_two_members_of_one_name() -> None:
    with pytest.raises(InvalidMemberError, match="expected a name of its own for each member"):
        Ova("win10", DESCRIPTOR, (Text("win10.ovf", b""),))


def _for_sha256sum(manifest: str) -> str:
    lines = [line.removeprefix("SHA256(").split(")= ") for line in manifest.splitlines()]
    return "".join(f"{digest}  {name}\n" for name, digest in lines)
