"""Detects the format of an image by its content, and opens it."""

from enum import StrEnum

from pulumi_vmimport.disk import (
    stream_optimized,
    tar_header,
    vhd_content,
    vhd_structures,
    vhdx_content,
    vhdx_structures,
    vmdk_content,
)
from pulumi_vmimport.disk.disk_content import SECTOR_BYTES, DiskContent, Source
from pulumi_vmimport.disk.disk_errors import UnsupportedImageError
from pulumi_vmimport.disk.raw_content import RawContent


class ImageFormat(StrEnum):
    """The formats that this library reads."""

    RAW = "RAW"
    VMDK = "VMDK"
    VHD = "VHD"
    VHDX = "VHDX"

    @classmethod
    def _missing_(cls, value: object) -> "ImageFormat | None":
        return next((m for m in cls if isinstance(value, str) and m.value.lower() == value.lower()), None)


_TO_RAW = "convert it: qemu-img convert -O raw"
_UNPACK = "unpack it first"
_ARCHIVE = ("a tar file, such as an OVA", "unpack the disk, or import the OVA with ImportImage")
# (offset, signature) of files that would otherwise be read as raw disks.
OTHERS = {
    (0, stream_optimized.TEXT_DESCRIPTOR): (
        "the descriptor of a VMDK whose data is in other files",
        "convert it into one file: qemu-img convert -O vmdk -o subformat=streamOptimized",
    ),
    (0, b"COWD"): ("a VMDK of an ESX file system", "export the machine from vSphere"),
    (0, b"QFI\xfb"): ("a qcow2 image", _TO_RAW),
    (64, b"\x7f\x10\xda\xbe"): ("a VDI image", _TO_RAW),
    (0, b"\x1f\x8b"): ("a file compressed with gzip", _UNPACK),
    (0, b"BZh"): ("a file compressed with bzip2", _UNPACK),
    (0, b"\xfd7zXZ\0"): ("a file compressed with xz", _UNPACK),
    (0, b"\x28\xb5\x2f\xfd"): ("a file compressed with zstd", _UNPACK),
    (0, b"PK\x03\x04"): ("a zip file", _UNPACK),
}


def format_of(source: Source) -> ImageFormat:
    """The format of an image. An image without a known signature is raw.

    Raises: UnsupportedImageError for other known formats and for an empty file.
    """
    start = source.read_at(0, SECTOR_BYTES)
    if not start:
        raise UnsupportedImageError(source.name, "an empty file", "provide a disk image")
    if tar_header.starts_archive(start):
        raise UnsupportedImageError(source.name, *_ARCHIVE)
    for (offset, mark), (found, remedy) in OTHERS.items():
        if start.startswith(mark, offset):
            raise UnsupportedImageError(source.name, found, remedy)
    if start.startswith(stream_optimized.MAGIC):
        return ImageFormat.VMDK
    if start.startswith(vhdx_structures.SIGNATURE):
        return ImageFormat.VHDX
    end = source.read_at(max(source.size_bytes - SECTOR_BYTES, 0), SECTOR_BYTES)
    return ImageFormat.VHD if vhd_structures.is_vhd(source.name, start, end) else ImageFormat.RAW


def open_image(source: Source, expected: ImageFormat | None = None) -> DiskContent:
    """The content of an image. `expected` is its required format. Default: any.

    Raises: DamagedImageError, UnsupportedImageError, TruncatedImageError; what the source raises.
    """
    found = format_of(source)
    if expected not in {None, found}:
        remedy = f"expected {expected}; correct the format, or provide the right file"
        raise UnsupportedImageError(source.name, f"an image with the content {found}", remedy)
    match found:
        case ImageFormat.VMDK:
            return vmdk_content.VmdkContent(source)
        case ImageFormat.VHD:
            return vhd_content.open_vhd(source)
        case ImageFormat.VHDX:
            return vhdx_content.VhdxContent(source)
        case ImageFormat.RAW:
            return RawContent(source)
