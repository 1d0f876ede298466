import bz2
import gzip
import importlib
import lzma
import random
import subprocess
import sys
from collections.abc import Callable

import lz4.block
import pytest
from tests.unit.disk.inspection.disk_tools import missing
from tests.unit.disk.linux.linux_system import cpio
from tests.unit.disk.linux.volume_files import StoredFile

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.linux import initramfs
from pulumi_vmimport.disk.linux.initramfs import file_names

zstd = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
NOISE = random.Random(3).randbytes(3_000_000)  # noqa: S311 - no secret
FILES = {"init": b"#!/bin/sh\n", "lib/modules/6.1/nvme.ko": NOISE, "odd": b"abc", "last": b""}
ARCHIVE = cpio(FILES)
EARLY = cpio({"kernel/x86/microcode/AuthenticAMD.bin": bytes(7001)})


def _lz4_legacy(data: bytes) -> bytes:
    """As `lz4 -l` writes it, which Linux reads."""
    made = b"\x02\x21\x4c\x18"
    for at in range(0, len(data), 8 << 20):
        block = lz4.block.compress(data[at : at + (8 << 20)], store_size=False)
        made += len(block).to_bytes(4, "little") + block
    return made


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "none": bytes,
    "gzip": gzip.compress,
    "xz": lambda data: lzma.compress(data, check=lzma.CHECK_CRC32),
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "bzip2": bz2.compress,
    "zstd": zstd.compress,
    "lz4": _lz4_legacy,
}


def _names(data: bytes) -> list[str]:
    return list(file_names(StoredFile(data), "/boot/initrd.img"))


@pytest.mark.parametrize("packed", PACKED)
def test_names_are_read_from_every_format_of_linux(packed: str) -> None:
    pack = PACKED[packed]
    expected = ["kernel/x86/microcode/AuthenticAMD.bin", *FILES]
    assert _names(EARLY + bytes(1000) + pack(ARCHIVE)) == expected
    assert _names(pack(ARCHIVE)) == [*FILES]


@pytest.mark.parametrize("packed", PACKED)
def test_archives_larger_than_a_piece_are_read_to_their_end(packed: str) -> None:
    """A decompressor that has just returned all it had returns nothing at the next call, before it takes more data."""
    large = cpio(
        {"zeros": bytes(5 << 20), "noise": NOISE, "again": NOISE[::-1], "text": b"abcdef" * 700_000, "last": b"x"}
    )
    assert _names(PACKED[packed](large)) == ["zeros", "noise", "again", "text", "last"]


def test_several_archives_follow_each_other() -> None:
    both = EARLY + bytes(512) + EARLY + gzip.compress(cpio({"a": b"1"})) + zstd.compress(cpio({"b": b"2"})) + bytes(77)
    assert _names(both) == ["kernel/x86/microcode/AuthenticAMD.bin"] * 2 + ["a", "b"]


@pytest.mark.skipif(bool(missing("lz4", "zstd", "xz")), reason="needs lz4, zstd and xz")
@pytest.mark.parametrize(
    "command",
    [["lz4", "-l", "-c"], ["zstd", "-19", "-c"], ["xz", "--check=crc32", "-c"], ["gzip", "-n", "-c"]],
    ids=lambda c: c[0],
)
def test_names_are_read_from_what_the_tools_write(command: list[str]) -> None:
    packed = subprocess.run(command, input=EARLY + ARCHIVE, capture_output=True, check=True).stdout
    assert _names(packed) == ["kernel/x86/microcode/AuthenticAMD.bin", *FILES]


def test_a_caller_that_knows_enough_reads_no_further() -> None:
    stored = StoredFile(gzip.compress(ARCHIVE + NOISE, 0))
    assert next(file_names(stored, "x")) == "init"
    assert stored.read_bytes <= 1 << 20


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "contains no cpio archive"),
        (bytes(5000), "contains no cpio archive"),
        (b"\x89LZO\0\r\n\x1a\n" + bytes(99), "compressed with LZO, which is not read"),
        (b"hsqs" + bytes(99), "an unknown format (it starts with 68 73 71 73"),
        (gzip.compress(ARCHIVE)[:-2000], "ends too early"),
        (gzip.compress(b"no archive at all"), "unknown format"),
        (gzip.compress(gzip.compress(ARCHIVE)), "unknown format"),
        (ARCHIVE[:-60], "ends too early"),
        (ARCHIVE[:50_000], "ends within lib/modules/6.1/nvme.ko"),
        (ARCHIVE.replace(b"070701", b"07070X", 2).replace(b"07070X", b"070701", 1), "is damaged"),
    ],
    ids=["empty", "zeros", "lzo", "squashfs", "cut-gzip", "no-archive", "twice", "cut", "cut-file", "bad-header"],
)
def test_fails_for_an_initramfs_that_cannot_be_read(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableVolumeError) as raised:
        _names(data)
    assert words in str(raised.value)


@pytest.mark.parametrize("packed", [name for name in PACKED if name != "none"])
def test_damaged_data_raises_nothing_else(packed: str) -> None:
    dice = random.Random(8)  # noqa: S311 - no secret
    whole = PACKED[packed](cpio({name: data[:4000] for name, data in FILES.items()}))
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(dice.choice([1, 5, 50])):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            _names(bytes(data))
        except UnreadableVolumeError:
            continue


def test_numbers_of_a_header_are_not_trusted() -> None:
    for at in range(6, 110, 8):
        for value in (b"ffffffff", b"7fffffff", b"zzzzzzzz", b"-0000001"):
            data = bytearray(ARCHIVE)
            data[at : at + 8] = value
            try:
                _names(bytes(data))
            except UnreadableVolumeError:
                continue


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initramfs, "MAX_UNPACKED_BYTES", 4 << 20)
    with pytest.raises(UnreadableVolumeError, match="unpacks to more than"):
        _names(gzip.compress(cpio({"zeros": bytes(9 << 20)})))
    monkeypatch.setattr(initramfs, "MAX_FILES", 3)
    with pytest.raises(UnreadableVolumeError, match="more than 3 files"):
        _names(ARCHIVE)
    monkeypatch.setattr(initramfs, "MAX_STORED_BYTES", 1000)
    with pytest.raises(UnreadableVolumeError, match="expected at most 0 MiB"):
        _names(ARCHIVE)


@pytest.mark.parametrize(("packed", "modules"), [("zstd", ("backports", "compression")), ("lz4", ("lz4",))])
def test_fails_with_the_remedy_without_the_extra(
    packed: str, modules: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_module(name: str) -> object:
        raise ModuleNotFoundError(name)

    data = PACKED[packed](ARCHIVE)
    monkeypatch.setattr("importlib.import_module", no_module)
    with pytest.raises(
        UnreadableVolumeError, match=rf"compressed with {packed}; run `pip install 'pulumi-vmimport\[linux\]'`"
    ):
        _names(data)


def test_what_the_source_raises_arrives() -> None:
    class Broken(StoredFile):
        def read(self, offset: int, length: int) -> bytes:
            raise ConnectionError("S3 is not reachable")

    with pytest.raises(ConnectionError):
        list(file_names(Broken(ARCHIVE), "x"))
