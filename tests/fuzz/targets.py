"""The fuzz targets: every reader of disk images and of the files around them.

A target accepts any bytes. It returns, or raises what its reader documents, and reads no more than the reader may, so
that neither memory nor time grows with what a file claims.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from itertools import islice
from typing import Any

from tests.fuzz.checksums import repair
from tests.fuzz.fuzzed_file import DEEP, LOCAL, REPAIRED, SECTORS_4096, FuzzedFile
from tests.fuzz.linux_target import initramfs, linux_files, lvm
from tests.fuzz.registry_target import registry

from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.fat.fat_volume import FatVolume
from pulumi_vmimport.disk.file_tree import FileTree
from pulumi_vmimport.disk.image_format import open_image
from pulumi_vmimport.disk.inspection.container_inspection import ContainerInspection
from pulumi_vmimport.disk.inspection.facts import FileSystem
from pulumi_vmimport.disk.inspection.file_systems import detect_file_system
from pulumi_vmimport.disk.inspection.free_space import free_bytes
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.inspection.inspect_vhd import inspect_vhd
from pulumi_vmimport.disk.inspection.inspect_vhdx import inspect_vhdx
from pulumi_vmimport.disk.inspection.inspect_vmdk import inspect_vmdk
from pulumi_vmimport.disk.inspection.manifest_check import check_manifest
from pulumi_vmimport.disk.inspection.ovf_parser import read_ovf
from pulumi_vmimport.disk.inspection.ovf_xml import InvalidXmlError
from pulumi_vmimport.disk.inspection.partition_table import read_layout
from pulumi_vmimport.disk.inspection.tar_archive import read_archive
from pulumi_vmimport.disk.inspection.vmdk_descriptor import read_descriptor
from pulumi_vmimport.disk.ntfs.ntfs_volume import NtfsVolume
from pulumi_vmimport.disk.raw_content import RawContent
from pulumi_vmimport.disk.stream_optimized import StreamOptimizedCheck

_MIB = 1 << 20
_MAX_SIZE_BYTES = 64 << 40
# Limits over a network, and for a local file, whose grain tables are all read: see vmdk_grain_check.py.
_FAR = {"most_reads": 1000, "most_read_bytes": 32 * _MIB}
_NEAR = {"most_reads": 50_000, "most_read_bytes": 160 * _MIB}
_MAX_FACTS_BYTES = 8 * _MIB
_MAX_TEXT = 4096
_CHUNK_BYTES = 100


def archive(data: bytes) -> None:
    """The members of a tar archive."""
    _expect_plain(asdict(read_archive(_file(data))))


def manifest(data: bytes) -> None:
    """A manifest, which names itself."""
    file = _file(data)
    entries, damage = check_manifest(file, {"disk.vmdk": file}, whole=False)
    _expect_plain([*map(asdict, entries), *map(asdict, damage)])


def ovf(data: bytes) -> None:
    """An OVF descriptor."""
    try:
        _expect_plain(asdict(read_ovf(data[1:])))
    except InvalidXmlError:
        return


def vmdk_descriptor(data: bytes) -> None:
    """The text descriptor of a VMDK."""
    _expect_plain(asdict(read_descriptor(data[1:])))


def vmdk_stream(data: bytes) -> None:
    """A streamed VMDK."""
    check = StreamOptimizedCheck("fuzzed.vmdk")
    try:
        for at in range(1, len(data), _CHUNK_BYTES):
            check.see(data[at : at + _CHUNK_BYTES])
        check.end()
    except DiskImageError:
        return


def vmdk(data: bytes) -> None:
    """The facts of a VMDK, and the start of its content."""
    file = _file(data)
    _expect_inspection(inspect_vmdk(file, lambda _: file, deep=bool(file.options & DEEP)))


def vhd(data: bytes) -> None:
    """The facts of a VHD, and the start of its content."""
    _expect_inspection(inspect_vhd(_file(data)))


def vhdx(data: bytes) -> None:
    """The facts of a VHDX, and the start of its content."""
    _expect_inspection(inspect_vhdx(_file(data)))


def partition_table(data: bytes) -> None:
    """MBR, extended boot records, GPT and file systems of a raw disk."""
    try:
        content = RawContent(file := _file(data))
        content.sector_bytes = 4096 if file.options & SECTORS_4096 else 512
        layout, damage = read_layout(content)
    except DiskImageError:
        return
    _expect_plain([asdict(layout), *map(asdict, damage)])
    assert len(damage) <= 3 * len(layout.partitions) + 8


def file_system(data: bytes) -> None:
    """The file system of a partition, and its free space if the partition held any other file system."""
    try:
        region = DiskRegion.of_disk(RawContent(_file(data)))
        _expect_plain(asdict(detect_file_system(region)))
        for kind in (FileSystem.NTFS, FileSystem.EXT4, FileSystem.XFS, FileSystem.BTRFS):
            free_bytes(region, kind)
    except DiskImageError:
        return


def fat(data: bytes) -> None:
    """The files of a FAT volume."""
    try:
        volume = FatVolume(DiskRegion.of_disk(RawContent(_file(data))))
    except DiskImageError:
        return
    for path in ("EFI/Microsoft/Boot/BCD", "EFI", "/"):
        read_some_files(volume, path)


def ntfs(data: bytes) -> None:
    """The files of an NTFS volume, its free space and how it was left."""
    try:
        volume = NtfsVolume(DiskRegion.of_disk(RawContent(_file(data))))
    except DiskImageError:
        return
    for path in ("Windows/System32/config/SYSTEM", "windows/system32/config", "PROGRA~1", "/"):
        read_some_files(volume, path)
    for read in (volume.free_bytes, lambda: _expect_plain(asdict(volume.shutdown()))):
        with suppress(DiskImageError):
            read()


def read_some_files(tree: FileTree, path: str) -> None:
    """Read a file, or the first ones of a directory."""
    try:
        found = tree.find(path)
        if found is None:
            return
        names = [entry.name for entry in islice(found.entries(), 20)] if found.is_directory else []
        assert all(names)
        for file in (found, *(tree.find(f"{path}/{name}") for name in names)):
            if file is not None and not file.is_directory:
                assert len(file.read(0, 8192)) == min(file.size_bytes, 8192)
                assert len(file.read(file.size_bytes - 1, 8192)) == min(file.size_bytes, 1)
    except DiskImageError:
        return


def disk_content(data: bytes) -> None:
    """The content of a disk as DirectSnapshot uploads it: its extents, and the ends of each."""
    # A table of a large file may be as large: of 32 MiB it can be 32 MiB, and reading it takes 512 reads.
    file = _file(data, most_size_bytes=32 * _MIB, limits={"most_reads": 20_000, "most_read_bytes": 160 * _MIB})
    try:
        content = open_image(file)
        for offset, length in islice(content.extents(), 100):
            assert 0 <= offset < offset + length <= content.capacity_bytes
            assert len(content.read(offset, min(length, _MIB))) == min(length, _MIB)
            assert len(content.read(offset + length - 1, 2)) == 2
    except DiskImageError:
        return


def image(data: bytes) -> None:
    """`vmimport inspect` of any file, which is also every file that its descriptor names. Damage never raises."""
    file = _file(data)
    _expect_plain(asdict(inspect_image(file, open_sibling=lambda _: file, deep=bool(file.options & DEEP))))


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        archive,
        manifest,
        ovf,
        vmdk_descriptor,
        vmdk_stream,
        vmdk,
        vhd,
        vhdx,
        partition_table,
        file_system,
        fat,
        ntfs,
        registry,
        lvm,
        initramfs,
        linux_files,
        disk_content,
        image,
    )
}


def _file(data: bytes, most_size_bytes: int = _MAX_SIZE_BYTES, limits: dict[str, int] | None = None) -> FuzzedFile:
    near = bool(data and data[0] & LOCAL)
    file = FuzzedFile(data, most_size_bytes=most_size_bytes, **(limits or (_NEAR if near else _FAR)))
    if file.options & REPAIRED:
        repair(file)
    return file


def _expect_inspection(inspected: ContainerInspection) -> None:
    facts = (inspected.vmdk, inspected.vhd, inspected.vhdx, *inspected.damage)
    _expect_plain([asdict(fact) for fact in facts if fact is not None])
    if inspected.content is None:
        return
    try:
        assert len(inspected.content.read(0, 8192)) == 8192
        assert len(inspected.content.read(inspected.content.capacity_bytes - 512, 1024)) == 1024
    except DiskImageError:
        return


def _expect_plain(facts: Any) -> None:
    """Expect JSON of a bounded size without control characters."""
    assert len(json.dumps(facts)) < _MAX_FACTS_BYTES
    rest = [facts]
    while rest:
        match rest.pop():
            case dict() as found:
                rest.extend(found.values())
            case list() | tuple() as found:
                rest.extend(found)
            case str() as text:
                assert text.isprintable(), text
                assert len(text) <= _MAX_TEXT
