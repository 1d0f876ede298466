"""An image file as a whole: what it is, what is in it, at what price, and in which ways it may be spoilt."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.disk.inspection.container_images import (
    Holed,
    Memory,
    archive,
    converted,
    qemu_info,
    scattered,
)
from tests.unit.disk.inspection.disk_tools import listed, missing
from tests.unit.disk.inspection.sample_descriptors import VSPHERE_OVF

from pulumi_vmimport.disk.inspection.facts import Container, PartitionScheme
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image

pytestmark = pytest.mark.skipif(bool(missing("sfdisk")), reason="needs the Debian packages of `make disk-tools`")
MIB, GIB = 1 << 20, 1 << 30
WINDOWS = "label: dos\nlabel-id: 0x1234abcd\nsize=8M, type=7, bootable\nsize=4M, type=83\n"

FORMATS = [
    pytest.param("raw", "", "raw", id="raw"),
    pytest.param("vmdk", "subformat=streamOptimized", "vmdk", id="stream-optimized"),
    pytest.param("vmdk", "subformat=monolithicSparse", "vmdk", id="monolithic-sparse"),
    pytest.param("vmdk", "subformat=monolithicFlat", "vmdk", id="monolithic-flat"),
    pytest.param("vpc", "subformat=dynamic,force_size=on", "vhd", id="vhd-dynamic"),
    pytest.param("vpc", "subformat=fixed,force_size=on", "vhd", id="vhd-fixed"),
    pytest.param("vhdx", "subformat=dynamic,block_size=1M", "vhdx", id="vhdx-dynamic"),
    pytest.param("vhdx", "subformat=fixed", "vhdx", id="vhdx-fixed"),
]


@pytest.mark.parametrize(("format", "options", "container"), FORMATS)
def test_the_disk_in_any_format_is_the_one_that_sfdisk_made(
    raw: Path, tmp_path: Path, format: str, options: str, container: str
) -> None:
    made = converted(raw, tmp_path / f"disk.{format}", format, options)
    facts = inspect_image(
        Memory(made.read_bytes(), made.name), open_sibling=lambda name: Memory((tmp_path / name).read_bytes(), name)
    )
    (disk,) = facts.disks
    assert (facts.container, facts.ova, facts.damage) == (Container(container), None, ())
    assert disk.damage == ()
    assert disk.capacity_bytes == qemu_info(made, format)["virtual-size"]
    assert disk.sector_bytes == 512
    assert disk.layout
    assert disk.layout.scheme is PartitionScheme.MBR
    assert [(part.start_bytes, part.size_bytes, part.type) for part in disk.layout.partitions] == [
        (part["start"] * 512, part["size"] * 512, part["type"].rjust(2, "0")) for part in listed(raw)["partitions"]
    ]


@pytest.mark.parametrize(
    ("make", "other"),
    [
        pytest.param(gzip.compress, "a file compressed with gzip", id="gzip"),
        pytest.param(bz2.compress, "a file compressed with bzip2", id="bzip2"),
        pytest.param(lzma.compress, "a file compressed with xz", id="xz"),
        pytest.param(lambda data: b"\0" * 0x8001 + b"CD001" + data, "an ISO 9660 image", id="iso"),
        pytest.param(lambda _: b"", "an empty file", id="empty"),
        pytest.param(lambda _: b"<!DOCTYPE HTML><html>", "an HTML page", id="html"),
        pytest.param(lambda _: b"\xef\xbb\xbf<?xml version='1.0'?><Error/>", "an XML document", id="xml"),
        pytest.param(lambda data: b"MZ" + data, "a program", id="program"),
    ],
)
def test_other_files_are_identified(make: Callable[[bytes], bytes], other: str) -> None:
    facts = inspect_image(Memory(make(b"data" * 5000), "disk.raw"))
    assert (facts.container, facts.disks[0].other, facts.disks[0].damage) == (Container.OTHER, other, ())


def test_a_zip_file_and_images_of_other_hypervisors_are_named(raw: Path, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("disk.raw", b"data")
    assert inspect_image(Memory(packed.getvalue())).disks[0].other == "a zip file"
    for format, other in {"qcow2": "a qcow2 image", "vdi": "a VDI image", "qed": "a QED image"}.items():
        made = converted(raw, tmp_path / f"disk.{format}", format)
        facts = inspect_image(Memory(made.read_bytes()))
        assert (facts.container, facts.disks[0].other) == (Container.OTHER, other)


def test_boot_code_that_starts_like_a_program_is_a_disk() -> None:
    start = (b"MZ" + bytes(508) + b"\x55\xaa").ljust(MIB, b"\0")
    assert inspect_image(Memory(start)).container is Container.RAW


def test_an_image_that_differs_from_its_file_name_is_reported() -> None:
    for name in ("disk.vmdk", "disk.VHD", "disk.vhdx", "disk.ova"):
        (disk,) = inspect_image(Memory(b"\1" * 4096, name)).disks
        assert [damage.where for damage in disk.damage] == ["signature"]
    for name in ("disk-flat.vmdk", "disk-f001.vmdk", "disk.img"):
        assert inspect_image(Memory(b"\1" * 4096, name)).disks[0].damage == ()


def large_ova(raw: Path) -> Holed:
    """20 GB: two disks as vSphere exports them, with 20 000 tables and grains between their headers and their ends."""
    with raw.open("rb") as file:
        disk = scattered(70 * GIB, 10 << 14, file.read(65536))
    text = VSPHERE_OVF.encode()
    head = archive({"win11.ovf": text})[: 512 + -(-len(text) // 512) * 512]
    pieces, at = {0: head}, len(head)
    for name in ("win11-1.vmdk", "extra.vmdk"):
        info = tarfile.TarInfo(name)
        info.size = disk.size_bytes
        pieces[at] = info.tobuf(tarfile.GNU_FORMAT)
        pieces |= {at + 512 + offset: piece for offset, piece in disk.pieces.items()}
        at += 512 + disk.size_bytes
    return Holed(at + 1024, pieces)


def test_an_ova_of_20_gb_requires_few_network_requests(raw: Path) -> None:
    source = large_ova(raw)
    facts = inspect_image(source)
    assert source.size_bytes > 20 * GIB
    assert [len(disk.layout.partitions) for disk in facts.disks if disk.layout] == [2, 2]
    assert [disk.vmdk.grains_end_within_file for disk in facts.disks if disk.vmdk] == [True, True]
    assert [disk.damage for disk in facts.disks] == [(), ()]
    assert len(source.windows) <= 24


def test_a_local_ova_of_20_gb_is_checked_completely(raw: Path) -> None:
    source = large_ova(raw)
    source.is_local = True
    facts = inspect_image(source)
    assert [disk.vmdk.every_grain_table_read for disk in facts.disks if disk.vmdk] == [True, True]
