import io
import random
import subprocess
import tarfile
from pathlib import Path
from typing import Literal

import pytest
from tests.unit.disk.inspection.container_images import Holed, Memory, archive

from pulumi_vmimport.disk.inspection.package_facts import OvaMember
from pulumi_vmimport.disk.inspection.tar_archive import read_archive
from pulumi_vmimport.disk.tar_header import starts_archive

GIB = 1 << 30
MEMBERS = {"vm.ovf": b"<x/>", "vm.mf": b"m" * 512, "disk.vmdk": b"d" * 5000}


def header(name: str, size: int, format: Literal[0, 1, 2] = tarfile.GNU_FORMAT, kind: bytes = b"0") -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(format)


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize(
    "name", ["vm.ovf", "folder/" + "long" * 20 + ".ovf", pytest.param("f" * 60 + "/" + "n" * 90, id="prefix")]
)
def test_members_are_at_the_offsets_that_tarfile_lists(format: int, name: str) -> None:
    image = archive({name: b"<x/>", **MEMBERS}, format)
    with tarfile.open(fileobj=io.BytesIO(image)) as tar:
        expected = [OvaMember(info.name, info.offset_data, info.size) for info in tar]
    found = read_archive(Memory(image))
    assert starts_archive(image[:512])
    assert (found.members, found.ends_in_zero_blocks, found.damage) == (expected, True, [])


@pytest.mark.parametrize("format", ["v7", "oldgnu", "gnu", "ustar", "posix"])
def test_members_are_at_the_offsets_that_gnu_tar_lists(format: str, tmp_path: Path) -> None:
    names = ["a.ovf", "a.mf", "größe.vmdk"] + (["x" * 150] if format not in {"v7", "ustar"} else [])
    for number, name in enumerate(names):
        (tmp_path / name).write_bytes(b"\1" * (700 * number + 3))
    made = tmp_path / "made.tar"
    subprocess.run(["tar", f"--format={format}", "-cf", made, "-C", tmp_path, *names], check=True)
    listed = subprocess.run(
        ["tar", "--quoting-style=literal", "-tRf", made], check=True, capture_output=True, text=True
    ).stdout
    blocks = [int(line.split(":")[0].removeprefix("block ")) for line in listed.splitlines() if "** " not in line]
    found = read_archive(Memory(made.read_bytes()))
    assert [member.name for member in found.members] == names
    assert [member.size_bytes for member in found.members] == [700 * number + 3 for number in range(len(names))]
    for member, block in zip(found.members, blocks, strict=True):
        # tar counts from the first of the headers that a member has
        assert block * 512 < member.offset <= block * 512 + 4 * 512
    assert found.ends_in_zero_blocks


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["base-256", "pax"])
def test_a_member_above_8_gib_is_skipped_with_one_read(format: Literal[1, 2]) -> None:
    first = header("vm.ovf", 4) + b"<x/>".ljust(512)
    large = header("disk.vmdk", 20 * GIB + 1, format)
    start = len(first) + len(large)
    last = header("disk2.vmdk", 5) + b"12345".ljust(512) + bytes(1024)
    end = start + 20 * GIB + 512
    source = Holed(end + len(last), {0: first + large, end: last})
    found = read_archive(source)
    assert found.members == [
        OvaMember("vm.ovf", 512, 4),
        OvaMember("disk.vmdk", start, 20 * GIB + 1),
        OvaMember("disk2.vmdk", end + 512, 5),
    ]
    assert found.ends_in_zero_blocks
    assert len(source.windows) <= 3


@pytest.mark.parametrize("blocks", [0, 1])
def test_an_archive_without_its_two_zero_blocks_is_reported(blocks: int) -> None:
    data = header("vm.ovf", 4) + b"<x/>".ljust(512)
    found = read_archive(Memory(data + bytes(512 * blocks)))
    assert (found.ends_in_zero_blocks, found.damage, len(found.members)) == (False, [], 1)


def test_folders_and_links_are_not_members() -> None:
    data = header("folder", 0, kind=b"5") + header("link", 0, kind=b"2") + header("a", 0) + bytes(1024)
    assert [member.name for member in read_archive(Memory(data)).members] == ["a"]


def test_an_archive_truncated_anywhere_is_detected() -> None:
    image = archive(MEMBERS)
    data_end = 512 + 512 + 512 + 512 + 512 + 5000
    for size in range(600, data_end, 97):
        found = read_archive(Memory(image[:size]))
        # between two members it is a shorter archive without end
        assert found.damage or all(m.offset + m.size_bytes <= size for m in found.members)
        assert not found.ends_in_zero_blocks
    (damage,) = read_archive(Memory(image[: data_end - 1])).damage
    assert damage.words == f"disk.vmdk ends at {data_end}, the archive at {data_end - 1}"


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        pytest.param(512 + 512, b"X", "expected the header of a member at 1024, got that of 'Xm.mf'", id="name"),
        pytest.param(1024 + 124, b"\xff" * 12, "expected the header of a member at 1024", id="size"),
        pytest.param(1024 + 148, b"zzzzzzzz", "expected the header of a member at 1024", id="checksum"),
    ],
)
def test_an_invalid_header_ends_the_archive(at: int, value: bytes, words: str) -> None:
    image = archive(MEMBERS)
    found = read_archive(Memory(image[:at] + value + image[at + len(value) :]))
    assert [member.name for member in found.members] == ["vm.ovf"]
    assert words in found.damage[0].words


def sealed(block: bytes) -> bytes:
    total = sum(block[:148]) + 8 * 32 + sum(block[156:])
    return block[:148] + f"{total:06o}\0 ".encode() + block[156:]


@pytest.mark.parametrize("size", [b"\xff" * 12, b"\x80" + b"\xff" * 11, b"12x45678901\0", b"-0000000001\0"])
def test_a_wrong_size_is_reported(size: bytes) -> None:
    block = header("a", 0)
    found = read_archive(Memory(sealed(block[:124] + size + block[136:]) + bytes(1024)))
    assert len(found.damage) == 1


def test_a_member_of_the_maximum_size_ends_the_archive() -> None:
    block = header("a", 0)
    found = read_archive(Memory(sealed(block[:124] + b"\x80\0\0\0\x7f" + b"\xff" * 7 + block[136:]) + bytes(1024)))
    assert [member.name for member in found.members] == ["a"]
    assert "a ends at 9223372036854776319, the archive at 1536" in found.damage[0].words


@pytest.mark.parametrize(
    "records",
    [
        b"0 size=5\n",
        b"999999 path=x\n",
        b"7 size=\n",
        b"13 size=99x99\n",
        b"30 size=99999999999999999999999\n",
        b"x",
        b"\xff" * 600,
        b"9 path=\xff\n",
    ],
)
def test_an_invalid_pax_header_is_ignored(records: bytes) -> None:
    pax = header("p", len(records), kind=b"x") + records.ljust(-(-len(records) // 512) * 512, b"\0")
    found = read_archive(Memory(pax + header("a", 3) + b"abc".ljust(512, b"\0") + bytes(1024)))
    assert [member.size_bytes for member in found.members] == [3]


def test_at_most_a_thousand_members_are_read() -> None:
    found = read_archive(Memory(header("a", 0) * 1500))
    assert len(found.members) == 1000
    assert found.damage[0].words == "it has more than 1000 members; the rest was not read"
    assert (found.every_member_read, found.ends_in_zero_blocks) == (False, False)
    assert read_archive(Memory(header("a", 0) * 1500 + bytes(1024))).ends_in_zero_blocks
    assert read_archive(Memory(header("x", 9, kind=b"L") + (b"n" * 512 + header("x", 9, kind=b"L")) * 5000)).damage


def test_over_a_network_only_a_few_large_members_are_skipped() -> None:
    member = header("a", 1 << 20) + bytes(1 << 20)
    assert len(read_archive(Memory(member * 100)).members) == 100
    far = read_archive(Memory(member * 100, is_local=False))
    assert len(far.members) == 41
    assert far.damage


def test_random_bytes_are_not_an_archive() -> None:
    dice = random.Random(4)  # noqa: S311 - no secret
    assert not any(starts_archive(dice.randbytes(512)) for _ in range(2000))
    assert not starts_archive(bytes(512))
    assert not starts_archive(b"")


@pytest.mark.parametrize("format", ["gnu", "pax"])
def test_a_sparse_file_of_gnu_tar_is_not_read_as_a_disk(format: str, tmp_path: Path) -> None:
    with (tmp_path / "disk.raw").open("wb") as file:
        file.write(b"d" * 4096)
        file.truncate(8 << 20)
    command = ["tar", "--sparse", f"--format={format}", "-cf", "vm.ova", "disk.raw"]
    subprocess.run(command, cwd=tmp_path, check=True)
    found = read_archive(Memory((tmp_path / "vm.ova").read_bytes()))
    assert found.members == []
    assert "sparse file (tar --sparse) disk.raw" in found.unusual_headers


@pytest.mark.parametrize(("kind", "words"), [(b"V", "volume label"), (b"3", "device"), (b"6", "named pipe")])
def test_members_that_are_no_files_are_reported(kind: bytes, words: str) -> None:
    found = read_archive(Memory(header("x", 0, kind=kind) + archive(MEMBERS)))
    assert found.unusual_headers == [f"{words} x"]
    assert [member.name for member in found.members] == list(MEMBERS)
