"""Files that are not images that AWS or this library reads: what each is, by its content, and what to do about it.

Sources: the signatures of file(1), of qemu's block drivers, and of the specifications of the formats.
"""

import lzma
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pulumi_vmimport.disk.conversion_remedies import CONVERT
from pulumi_vmimport.disk.descriptor_text import as_utf8
from pulumi_vmimport.disk.disk_content import SECTOR_BYTES, Source
from pulumi_vmimport.disk.stream_optimized import MAGIC
from pulumi_vmimport.disk.tar_header import starts_archive

ISO_AT: Final = 0x8000
START_BYTES: Final = ISO_AT + 6
"""The volume descriptor of ISO 9660 is the last signature"""

_PROVIDE = "provide the disk image itself"
_APPLE_DOUBLE = "provide the file whose name lacks the ._ at its start"
_BOOT_SIGNATURE, _BOOT_SIGNATURE_AT = b"\x55\xaa", slice(510, 512)
_TEXT_BYTES = 4096
_CONTROLS = bytes({*range(9), *range(14, 27), *range(28, 32), 127})
_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,63}:)?([A-Za-z_][\w.-]{0,63})")


_HTML_ROOTS = frozenset({b"html", b"head", b"body"})


@dataclass(frozen=True)
class OtherFormat:
    """A kind of file."""

    found: str
    """Such as `a qcow2 image`"""
    remedy: str
    is_image: bool = True
    """Whether it holds a disk: an image of another kind, or an archive of one"""


def _unpack(found: str, command: str) -> OtherFormat:
    return OtherFormat(found, f"unpack it: `{command}`")


def _image(found: str) -> OtherFormat:
    return OtherFormat(found, CONVERT)


def _no_image(found: str, remedy: str = _PROVIDE) -> OtherFormat:
    return OtherFormat(found, remedy, is_image=False)


_GZIP: Final = _unpack("a file compressed with gzip", "gzip -dc IMAGE > disk.img")
_XZ: Final = _unpack("a file compressed with xz", "xz -dc IMAGE > disk.img")
# By the tool and the content: the name of the unpacked file is that of its format.
_COMPRESSED: Final = {
    (form, kind): _unpack(f"{kind} compressed with {tool}", f"{tool} -dc IMAGE > {result}")
    for form, tool in ((_GZIP, "gzip"), (_XZ, "xz"))
    for kind, result in (("an OVA", "web.ova"), ("a VMDK", "disk.vmdk"))
}
_XZ_MEMORY_BYTES = 128 << 20  # xz -9 needs 65 MiB
_GZIP_WINDOW = 31  # with the header of gzip
EMPTY: Final = _no_image("an empty file", "copy or upload the image again")
ARCHIVE: Final = OtherFormat(
    "a tar file, such as an OVA", "unpack the disk: `tar -xf IMAGE`, or import the OVA with ImportImage"
)
ISO: Final = OtherFormat("an ISO 9660 image", "install a VM from it and export the disk of that VM")
SPLIT_DESCRIPTOR: Final = OtherFormat(
    "the descriptor of a VMDK whose data is in other files",
    CONVERT,
)
ESX_DISK: Final = OtherFormat("a VMDK of an ESX file system", "export the VM from vSphere")
HTML: Final = _no_image("an HTML page", "it is probably the error or login page of a server; download the image itself")
JSON: Final = _no_image("a JSON document")
XML: Final = _no_image(
    "an XML document", "read it: it may be the error message of a server; then download the image itself"
)
TEXT: Final = _no_image("a text file")
_DMG: Final = OtherFormat("an Apple disk image (DMG)", CONVERT)

# (offset, signature). Signatures of two bytes do not count in a sector that ends like a boot sector.
_SIGNATURES: Mapping[tuple[int, bytes], OtherFormat] = {
    (0, b"COWD"): ESX_DISK,
    (0, b"QFI\xfb"): _image("a qcow2 image"),
    (64, b"\x7f\x10\xda\xbe"): _image("a VDI image"),
    (0, b"QED\0"): _image("a QED image"),
    (0, b"WithoutFreeSpace"): _image("a Parallels image"),
    (0, b"WithouFreSpacExt"): _image("a Parallels image"),
    (0, b"VMA\0"): OtherFormat("a Proxmox backup (VMA)", "extract its disks: `vma extract IMAGE FOLDER`"),
    (0, b"\x3a\xff\x26\xed"): OtherFormat("an Android sparse image", "convert it to raw: `simg2img IMAGE disk.raw`"),
    (0, b"EVF\x09\x0d\x0a\xff\x00"): OtherFormat("an EnCase image", "convert it to raw: `ewfexport -f raw IMAGE`"),
    (0, b"MSWIM\0\0\0"): OtherFormat("a WIM archive", "apply it to the disk of a VM and export that disk"),
    (0, b"\x1f\x8b"): _GZIP,
    (0, b"\x1f\x9d"): _unpack("a file compressed with compress", "gzip -dc IMAGE > disk.img"),
    (0, b"BZh"): _unpack("a file compressed with bzip2", "bzip2 -dc IMAGE > disk.img"),
    (0, b"\xfd7zXZ\0"): _XZ,
    (0, b"\x5d\0\0\x80\0"): _unpack("a file compressed with lzma", "xz -dc IMAGE > disk.img"),
    (0, b"\x28\xb5\x2f\xfd"): _unpack("a file compressed with zstd", "zstd -dc IMAGE > disk.img"),
    (0, b"\x04\x22\x4d\x18"): _unpack("a file compressed with lz4", "lz4 -dc IMAGE > disk.img"),
    (0, b"\x89LZO\0\r\n\x1a\n"): _unpack("a file compressed with lzop", "lzop -dc IMAGE > disk.img"),
    (0, b"PK\x03\x04"): _unpack("a zip file", "unzip IMAGE"),
    (0, b"PK\x05\x06"): _unpack("a zip file", "unzip IMAGE"),
    (0, b"7z\xbc\xaf\x27\x1c"): _unpack("a 7-Zip archive", "7z x IMAGE"),
    (0, b"Rar!\x1a\x07"): _unpack("a RAR archive", "unrar x IMAGE"),
    (0, b"MSCF\0\0\0\0"): _unpack("a cabinet file", "cabextract IMAGE"),
    (0, b"070701"): _unpack("a cpio archive", "cpio -id < IMAGE"),
    (0, b"hsqs"): _unpack("a SquashFS image", "unsquashfs IMAGE"),
    (0, b"\xed\xab\xee\xdb"): _no_image("an RPM package"),
    (0, b"!<arch>\n"): _no_image("a Debian package or library"),
    (0, b"%PDF-"): _no_image("a PDF document"),
    (0, b"\x89PNG\r\n\x1a\n"): _no_image("a picture"),
    (0, b"\xff\xd8\xff"): _no_image("a picture"),
    (0, b"SQLite format 3\0"): _no_image("a database"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"): _no_image("a document or installer of Microsoft Office"),
    (0, b"\0\5\x16\7"): _no_image("an AppleDouble file of macOS", _APPLE_DOUBLE),
    (0, b"\x7fELF"): _no_image("a program"),
    (0, b"MZ"): _no_image("a program"),
    (ISO_AT + 1, b"CD001"): ISO,
}  # fmt: skip
_KNOWN = (EMPTY, ARCHIVE, SPLIT_DESCRIPTOR, HTML, JSON, XML, TEXT, _DMG, *_SIGNATURES.values(), *_COMPRESSED.values())
BY_NAME: Final[Mapping[str, OtherFormat]] = {form.found: form for form in _KNOWN}


def is_text(form: OtherFormat | None) -> bool:
    """Whether it is a kind of text."""
    return form in {HTML, JSON, XML, TEXT}


def other_format(source: Source, start: bytes) -> OtherFormat | None:
    """The kind of a file that starts like this, with START_BYTES; None for a disk image and for unknown content."""
    is_boot_sector = start[_BOOT_SIGNATURE_AT] == _BOOT_SIGNATURE
    for (offset, mark), form in _SIGNATURES.items():
        # Boot code may start with any two bytes: a bootable disk is not a program.
        if start.startswith(mark, offset) and not (len(mark) < 4 and is_boot_sector):  # noqa: PLR2004 - see above
            return _by_content(form, start)
    if start.startswith(b"\0" * 16) and source.read_at(max(source.size_bytes - SECTOR_BYTES, 0), 4) == b"koly":
        return _DMG
    return next(_texts(start[:_TEXT_BYTES]), None)


def _by_content(form: OtherFormat, start: bytes) -> OtherFormat:
    """A compressed file by its content, if that is an OVA or a VMDK."""
    try:
        if form is _GZIP:
            content = zlib.decompressobj(_GZIP_WINDOW).decompress(start, SECTOR_BYTES)
        elif form is _XZ:
            content = lzma.LZMADecompressor(memlimit=_XZ_MEMORY_BYTES).decompress(start, SECTOR_BYTES)
        else:
            return form
    except (zlib.error, lzma.LZMAError):  # damaged: its tool says so
        return form
    if starts_archive(content):
        return _COMPRESSED[form, "an OVA"]
    return _COMPRESSED[form, "a VMDK"] if content.startswith(MAGIC) else form


def _texts(start: bytes) -> Iterator[OtherFormat]:
    text = as_utf8(start).utf8.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.translate(None, _CONTROLS) != start and text == start.lstrip(b"\xef\xbb\xbf \t\r\n"):
        return  # control characters, and not UTF-16
    if text.translate(None, _CONTROLS) != text:
        return
    if text.startswith(b"<"):
        root = _ROOT.search(text)
        is_html = text[:14].lower() == b"<!doctype html" or (
            root is not None and root[1].lower() in {b"html", b"head", b"body"}
        )
        yield HTML if is_html else XML
    if text.startswith((b"{", b"[")):
        yield JSON
    if start:
        yield TEXT
