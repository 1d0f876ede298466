"""The kind of a file follows from its content; every kind has a name and a remedy."""

import codecs
import random
from pathlib import Path

import pytest
from tests.unit.disk.inspection.container_images import Memory, archive, vsphere_members
from tests.unit.disk.inspection.disk_tools import Sparse, run, sparse_file

from pulumi_vmimport.disk.disk_errors import UnsupportedImageError
from pulumi_vmimport.disk.image_format import format_of
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.image_profile import ImageProfile

NO_IMAGES = {
    "an empty file": b"",
    "a text file": b"Please read me.\n",
    "an HTML page": b"\r\n <HTML><head><title>503</title></head>",
    "a JSON document": b'{"schema": 1}',
    "an XML document": b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
    "a PDF document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(99),
    "a program": b"\x7fELF\2\1\1" + bytes(99),
    "an AppleDouble file of macOS": b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(99),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(99),
    "a Debian package or library": b"!<arch>\ndebian-binary",
}


@pytest.mark.parametrize("profile", ImageProfile)
@pytest.mark.parametrize("name", ["web.vmdk", "web.raw", "web.ova", "web.ovf", "web"])
@pytest.mark.parametrize("found", NO_IMAGES)
def test_a_file_that_is_not_a_disk_image_is_one_error(found: str, name: str, profile: ImageProfile) -> None:
    (finding,) = evaluate(inspect_image(Memory(NO_IMAGES[found], name)), profile)
    assert (finding.rule, finding.severity) == ("not-a-disk-image", Severity.ERROR)
    assert finding.evidence == f"the file is {found}"
    assert finding.remedy


@pytest.mark.parametrize("found", NO_IMAGES)
def test_fails_to_open_a_file_that_is_not_a_disk_image(found: str) -> None:
    with pytest.raises(UnsupportedImageError, match=f"got {found}; "):
        format_of(Memory(NO_IMAGES[found]))


@pytest.mark.parametrize(
    "text",
    [
        "Grüße, 你好\r\n".encode(),
        "Grüße".encode("latin-1"),
        "\ufeffmit Marke".encode(),
        "als UTF-16\r\n".encode("utf-16"),
        "als UTF-16\r\n".encode("utf-16-be"),
        b"key = value\n" * 5000,
        codecs.BOM_UTF8 + b'config.version = "8"\nvirtualHW.version = "19"\n',
        b"\x1b[31mred\x1b[0m\n",
        b" \n",
    ],
)
def test_text_is_recognized_in_any_encoding(text: bytes) -> None:
    assert inspect_image(Memory(text, "disk.raw")).disks[0].other == "a text file"


@pytest.mark.parametrize("size", [512, 4096, 100_000])
def test_random_bytes_and_zeros_are_no_text(size: int) -> None:
    dice = random.Random(size)  # noqa: S311 - no secret
    for data in (
        bytes(size),
        dice.randbytes(size),
        b"boot".ljust(size, b"\0"),
        b"\xeb\x3c\x90MSDOS5.0".ljust(size, b"\0"),
    ):
        assert inspect_image(Memory(data, "disk.raw")).disks[0].container == "raw"


@pytest.mark.parametrize(
    ("data", "found", "command"),
    [
        (b"QFI\xfb" + bytes(600), "a qcow2 image", "qemu-img convert"),
        (bytes(64) + b"\x7f\x10\xda\xbe" + bytes(600), "a VDI image", "qemu-img convert"),
        (b"\x1f\x8b\x08" + bytes(600), "a file compressed with gzip", "gzip -dc"),
        (b"PK\x03\x04" + bytes(600), "a zip file", "unzip"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(600), "a 7-Zip archive", "7z x"),
        (b"\xfd7zXZ\0" + bytes(600), "a file compressed with xz", "xz -dc"),
        (b"\x28\xb5\x2f\xfd" + bytes(600), "a file compressed with zstd", "zstd -dc"),
        (b"VMA\0" + bytes(600), "a Proxmox backup (VMA)", "vma extract"),
        (bytes(1024) + b"koly" + bytes(508), "an Apple disk image (DMG)", "qemu-img convert"),
        (b"MSWIM\0\0\0" + bytes(600), "a WIM archive", "apply it"),
    ],
)
def test_an_image_of_another_kind_is_named_with_its_own_remedy(data: bytes, found: str, command: str) -> None:
    (finding,) = evaluate(inspect_image(Memory(data, "web.raw")), ImageProfile.EC2)
    assert (finding.rule, finding.evidence) == ("container-unsupported", f"the file is {found}")
    assert command in finding.remedy
    with pytest.raises(UnsupportedImageError) as caught:
        format_of(Memory(data))
    assert (caught.value.found, caught.value.remedy) == (found, finding.remedy)


@pytest.mark.parametrize("name", ["IMAGE.vmdk", "IMAGE.raw", "IMAGE"])
@pytest.mark.parametrize("format", ["qcow2", "vdi", "qed", "parallels"])
def test_images_of_qemu_are_recognized_whatever_their_name(format: str, name: str, tmp_path: Path) -> None:
    raw = sparse_file(tmp_path / "raw", 1 << 20)
    run("qemu-img", "convert", "-f", "raw", "-O", format, raw, tmp_path / name)
    assert "container-unsupported" in {
        f.rule for f in evaluate(inspect_image(Sparse(tmp_path / name)), ImageProfile.EC2)
    }


@pytest.mark.parametrize("profile", ImageProfile)
def test_a_part_of_a_split_flat_disk_is_reported_like_that_of_a_sparse_one(
    profile: ImageProfile, tmp_path: Path
) -> None:
    facts = inspect_image(Sparse(sparse_file(tmp_path / "web-f001.vmdk", 4 << 20)))
    assert {f.rule for f in evaluate(facts, profile)} <= {"vmdk-split", "layout-unknown"}
    assert "vmdk-split" in {f.rule for f in evaluate(facts, profile)}


DESCRIPTOR = '# Disk DescriptorFile\r\nversion=1\r\ncreateType="monolithicFlat"\r\nRW 2048 FLAT "disk-flat.vmdk" 0\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("start", ["", "\r\n  ", "# saved by an editor\r\n"])
def test_a_vmdk_descriptor_is_one_in_any_encoding(encoding: str, start: str) -> None:
    data = (start + DESCRIPTOR).encode(encoding)
    siblings = {"disk-flat.vmdk": Memory(bytes(1 << 20))}
    (disk,) = inspect_image(Memory(data, "disk.txt"), open_sibling=siblings.get).disks
    assert disk.vmdk
    assert (disk.container, disk.vmdk.create_type, disk.vmdk.extent_files) == (
        "vmdk",
        "monolithicFlat",
        ("disk-flat.vmdk",),
    )
    assert disk.capacity_bytes == 1 << 20
    with pytest.raises(UnsupportedImageError, match="descriptor of a VMDK"):
        format_of(Memory(data))


@pytest.mark.parametrize(
    ("name", "descriptor"),
    [("split-s001.vmdk", "split.vmdk"), ("My Disk-s014.vmdk", "My Disk.vmdk"), ("renamed.vmdk", "DESCRIPTOR")],
)
def test_one_part_of_a_split_disk_is_not_to_be_converted(name: str, descriptor: str, tmp_path: Path) -> None:
    raw = sparse_file(tmp_path / "raw", 1 << 20)
    run(
        "qemu-img",
        "convert",
        "-f",
        "raw",
        "-O",
        "vmdk",
        "-o",
        "subformat=twoGbMaxExtentSparse",
        raw,
        tmp_path / "split.vmdk",
    )
    part = (tmp_path / "split-s001.vmdk").rename(tmp_path / name)
    found = {f.rule: f for f in evaluate(inspect_image(Sparse(part)), ImageProfile.EC2)}
    assert "vmdk-not-stream-optimized" not in found
    assert "one part of a split disk" in found["vmdk-split"].evidence
    assert f"streamOptimized {descriptor} disk.vmdk" in found["vmdk-split"].remedy
    assert "IMAGE" not in found["vmdk-split"].remedy


def test_a_flat_part_names_its_descriptor() -> None:
    image = bytearray(1 << 20)
    image[0x1BE : 0x1BE + 16], image[510:512] = bytes.fromhex("80000200 07feffff 01000000 ff070000"), b"\x55\xaa"
    found = {f.rule: f for f in evaluate(inspect_image(Memory(bytes(image), "web-f001.vmdk")), ImageProfile.SNAPSHOT)}
    assert "streamOptimized web.vmdk disk.vmdk" in found["vmdk-split"].remedy


def test_an_xva_file_is_named() -> None:
    facts = inspect_image(Memory(archive({"ova.xml": b"<value/>", "Ref:12/00000000": b"x"}), "vm.xva"))
    found = {f.rule: f.evidence for f in evaluate(facts, ImageProfile.EC2)}
    assert "XenServer" in found["ova-without-ovf"]


@pytest.mark.parametrize(
    ("format", "name", "remedy"),
    [
        ("vmdk", "web.raw", "set `format` to the format of the content"),
        ("vpc", "web.IMG", "set `format` to the format of the content"),
        ("vhdx", "web.img", "rename the file to .vhdx"),
        ("raw", "web.vmdk", "set `format` to the format of the content"),
        ("raw", "web.vhd", "set `format` to the format of the content"),
        ("raw", "web.vhdx", "set `format` to the format of the content"),
        ("raw", "web.ova", "set `format` to the format of the content"),
    ],
)
def test_the_name_of_another_format_is_one_error(
    format: str, name: str, remedy: str, raw: Path, tmp_path: Path
) -> None:
    options = ("-o", "subformat=streamOptimized") if format == "vmdk" else ()
    run("qemu-img", "convert", "-f", "raw", "-O", format, *options, raw, tmp_path / name)
    (finding,) = evaluate(inspect_image(Memory((tmp_path / name).read_bytes(), name)), ImageProfile.SNAPSHOT)
    assert (finding.rule, finding.severity) == ("format-differs", Severity.ERROR)
    assert finding.remedy.startswith(remedy)


def test_an_ova_with_the_name_of_a_descriptor_is_renamed(stream: bytes) -> None:
    facts = inspect_image(Memory(archive(vsphere_members(stream)), "web.ovf"))
    (finding,) = (found for found in evaluate(facts, ImageProfile.EC2) if found.rule == "format-differs")
    assert finding.evidence == "the format by the file name is OVF, the content is OVA"
    assert finding.remedy.startswith("rename the file to .ova")


def test_a_raw_disk_in_an_ova_is_converted_and_repacked(stream: bytes, raw: Path) -> None:
    members = vsphere_members(stream)
    disk = next(name for name in members if name.endswith("-1.vmdk"))
    facts = inspect_image(Memory(archive({**members, disk: raw.read_bytes()})))
    found = {finding.rule: finding for finding in evaluate(facts, ImageProfile.EC2)}
    assert (found["format-differs"].subject, "damaged" in found) == (disk, False)
    assert "qemu-img convert" in found["format-differs"].remedy


@pytest.mark.parametrize("name", ["web.vmdk", "web.vhd", "web.vhdx", "web.ova"])
def test_a_file_of_unknown_content_with_the_name_of_a_format_is_one_error(name: str) -> None:
    data = random.Random(7).randbytes(2 << 20)  # noqa: S311 - no secret
    (finding,) = evaluate(inspect_image(Memory(data, name)), ImageProfile.EC2)
    assert (finding.rule, finding.severity) == ("damaged", Severity.ERROR)
