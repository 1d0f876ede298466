"""Detects the format of an image by its content, and opens it."""

from pulumi_vmimport.disk import (
    other_formats,
    stream_optimized,
    tar_header,
    vhd_content,
    vhd_structures,
    vhdx_content,
    vhdx_structures,
    vmdk_content,
)
from pulumi_vmimport.disk.descriptor_kind import is_vmdk_descriptor
from pulumi_vmimport.disk.disk_content import SECTOR_BYTES, DiskContent, Source
from pulumi_vmimport.disk.disk_errors import UnsupportedImageError
from pulumi_vmimport.disk.other_formats import OtherFormat
from pulumi_vmimport.disk.raw_content import RawContent
from pulumi_vmimport.disk.readable_formats import ImageFormat


def format_of(source: Source) -> ImageFormat:
    """The format of an image. An image without a known signature is raw.

    Raises: UnsupportedImageError for other known formats and for an empty file.
    """
    start = source.read_at(0, min(other_formats.START_BYTES, source.size_bytes))
    if start.startswith(stream_optimized.MAGIC):
        return ImageFormat.VMDK
    if start.startswith(vhdx_structures.SIGNATURE):
        return ImageFormat.VHDX
    end = source.read_at(max(source.size_bytes - SECTOR_BYTES, 0), SECTOR_BYTES)
    if start and vhd_structures.is_vhd(source.name, start, end):
        return ImageFormat.VHD
    other = _other_format(source, start)
    if other is not None:
        raise UnsupportedImageError(source.name, other.found, other.remedy)
    return ImageFormat.RAW


def _other_format(source: Source, start: bytes) -> OtherFormat | None:
    if not start:
        return other_formats.EMPTY
    if tar_header.starts_archive(start):
        return other_formats.ARCHIVE
    if is_vmdk_descriptor(start):
        return other_formats.SPLIT_DESCRIPTOR
    other = other_formats.other_format(source, start)
    return None if other is other_formats.ISO else other  # a disk may follow the remnants of an ISO image


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
