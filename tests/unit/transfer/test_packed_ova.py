import hashlib
import io
import os
import random
import subprocess
import tarfile
import threading
from pathlib import Path

import pytest
from tests.unit.transfer.conftest import packed

from pulumi_vmimport.transfer.file_content import FileContent
from pulumi_vmimport.transfer.packed_ova import PackedFile, PackedOva
from pulumi_vmimport.transfer.transfer_errors import InvalidMemberError, SourceModifiedError

DICE = random.Random(13)  # noqa: S311 - no secret
SIZES = (0, 1, 511, 512, 513, 3 << 20)


@pytest.fixture(params=[(5,), (3 << 20, 0, 512), SIZES], ids=["one", "three", "of all sizes"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> list[PackedFile]:
    packed = []
    for number, size in enumerate(request.param, 1):
        path = tmp_path / f"disk{number}.vmdk"
        path.write_bytes(DICE.randbytes(size))
        packed.append(PackedFile(path.name, FileContent(str(path))))
    return packed


def whole(ova: PackedOva) -> bytes:
    data = bytearray(ova.size_bytes)
    ova.read_into(0, memoryview(data))
    return bytes(data)


def test_gnu_tar_reads_every_byte_with_the_descriptor_first_and_correct_digests(
    files: list[PackedFile], tmp_path: Path
) -> None:
    with PackedOva("web", b"<descriptor/>", files, "id") as ova:
        data = whole(ova)
    assert data == packed("web", b"<descriptor/>", {f.name: (tmp_path / f.name).read_bytes() for f in files})
    (tmp_path / "web.ova").write_bytes(data)
    listed = subprocess.run(["tar", "-tf", "web.ova"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert listed.stderr == ""
    assert listed.stdout.split() == ["web.ovf", "web.mf", *(file.name for file in files)]
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        held = {name: archive.extractfile(name).read() for name in archive.getnames()}  # type: ignore[union-attr] # files
    manifest = held.pop("web.mf").decode()
    assert manifest == "".join(f"SHA256({name})= {hashlib.sha256(d).hexdigest()}\n" for name, d in held.items())
    for file in files:
        assert held[file.name] == (tmp_path / file.name).read_bytes()


def test_concurrent_reads_return_the_same_bytes_as_one_read(files: list[PackedFile]) -> None:
    with PackedOva("web", b"<descriptor/>" * 100, files, "id") as ova:
        data = whole(ova)

    def read() -> None:
        for _ in range(100):
            start = DICE.randrange(ova.size_bytes)
            size = min(DICE.choice((1, 512, 5000, 1 << 20)), ova.size_bytes - start)
            piece = bytearray(b"?" * size)
            again.read_into(start, memoryview(piece))
            if piece != data[start : start + size]:
                wrong.append((start, size))

    wrong: list[tuple[int, int]] = []
    with PackedOva("web", b"<descriptor/>" * 100, files, "id") as again:
        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_fails_if_any_file_was_modified(files: list[PackedFile], tmp_path: Path) -> None:
    with PackedOva("web", b"<descriptor/>", files, "id") as ova:
        ova.require_unmodified()
        os.utime(tmp_path / files[-1].name, ns=(1, 1))
        with pytest.raises(SourceModifiedError, match=files[-1].name):
            ova.require_unmodified()


def test_fails_for_a_truncated_disk(tmp_path: Path) -> None:
    path = tmp_path / "disk1.vmdk"
    path.write_bytes(bytes(5000))
    with FileContent(str(path)) as disk, PackedOva("web", b"", [PackedFile("disk1.vmdk", disk)], "id") as ova:
        os.truncate(path, 10)
        with pytest.raises(SourceModifiedError):
            whole(ova)


def test_a_cancelled_read_fails_at_once(tmp_path: Path) -> None:
    path = tmp_path / "disk1.vmdk"
    path.write_bytes(bytes(5000))
    with FileContent(str(path)) as disk, PackedOva("web", b"", [PackedFile("disk1.vmdk", disk)], "id") as ova:
        ova.cancel()
        with pytest.raises(InterruptedError):
            whole(ova)


def test_fails_for_an_invalid_member_name_in_a_packed_ova(tmp_path: Path) -> None:
    path = tmp_path / "disk1.vmdk"
    path.write_bytes(b"")
    with FileContent(str(path)) as disk, pytest.raises(InvalidMemberError, match="OVA member 'dïsk'"):
        PackedOva("web", b"", [PackedFile("dïsk", disk)], "id")
