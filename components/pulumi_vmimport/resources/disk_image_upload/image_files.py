"""The local files that DiskImageUpload sends: a disk image or OVA as it is, or an OVF and its disks as an OVA."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pulumi_vmimport.disk import other_formats, ovf_references
from pulumi_vmimport.disk.disk_errors import DiskImageError, UnsupportedImageError
from pulumi_vmimport.disk.ovf_references import FileEntry
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.contract import Problem, Run
from pulumi_vmimport.package_file_names import ascii_name, member_names, spellings
from pulumi_vmimport.resources.rules.byol_image_rules import encryption_default_problems
from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.transfer.file_content import FileContent, UploadContent, file_identity
from pulumi_vmimport.transfer.local_image import path_beside
from pulumi_vmimport.transfer.packed_ova import PackedFile, PackedOva
from pulumi_vmimport.transfer.transfer_errors import TransferError, UnreadableSourceError

_OVF = ".ovf"
_KEY_SUFFIXES = {
    ".ova": (".ova",),
    _OVF: (".ova",),
    ".vmdk": (".vmdk",),
    ".vhd": (".vhd",),
    ".vhdx": (".vhdx",),
    ".raw": (".raw", ".img"),
    ".img": (".raw", ".img"),
}
_MAX_STEM_CHARACTERS = 90
# The upload packs the files, states their sizes and writes a new manifest.
_CORRECTED_BY_PACKING = ("ovf-not-packed", "ova-size-wrong", "ova-manifest-damaged", "ovf-encoding")


def path_problem(path: str) -> str | None:
    """Why a file with this suffix cannot be uploaded."""
    if Path(path).suffix.lower() in _KEY_SUFFIXES:
        return None
    suffixes = map(str.lower, Path(path).suffixes)
    remedy = f"; if it is an OVF descriptor, rename it to end in {_OVF}" if _OVF in suffixes else ""
    return f"expected a path that ends in {', '.join(_KEY_SUFFIXES)}, got {shown_value(path)}{remedy}"


def key_problem(path: str, key: str) -> str | None:
    """Why the key does not suit the file: AWS and this library derive the format of an object from its suffix."""
    suffixes = _KEY_SUFFIXES.get(Path(path).suffix.lower())
    if suffixes is None or key.lower().endswith(suffixes):
        return None
    return f"expected a key that ends in {' or '.join(suffixes)} for {shown_value(path)}, got {shown_value(key)}"


def content_identity(path: str) -> str | None:
    """Identify the content of the files without reading the disks; None if a file cannot be read."""
    try:
        if not _is_ovf(path):
            return file_identity(path)
        with FileContent(path) as file:
            files = (path, *(found for _, found in _referenced_files(path, _text(file))))
        return _identity_of(map(file_identity, files))
    except Exception:  # noqa: BLE001 - the resource reports the error when it opens the file
        return None


@contextmanager
def open_content(path: str) -> Iterator[UploadContent]:
    """The bytes to upload, inside the block.

    Raises: UnreadableSourceError, InvalidMemberError; DiskImageError for an invalid descriptor.
    """
    with ExitStack() as stack:
        file = stack.enter_context(FileContent(path))
        if not _is_ovf(path):
            yield file
            return
        start = file.read_at(0, other_formats.START_BYTES)
        form = other_formats.other_format(file, start)
        if form is not None and not other_formats.is_text(form):
            raise UnsupportedImageError(path, form.found, form.remedy)
        descriptor = _text(file)
        references = list(_referenced_files(path, descriptor))
        names = member_names([href for href, _ in references])
        files = [
            PackedFile(name, stack.enter_context(FileContent(found)))
            for name, (_, found) in zip(names, references, strict=True)
        ]
        corrected = ovf_references.with_files(
            descriptor,
            {
                href: FileEntry(packed.name, packed.size_bytes)
                for (href, _), packed in zip(references, files, strict=True)
            },
        )
        identity = _identity_of([file.identity, *(packed.content.identity for packed in files)])
        name = ascii_name(Path(path).stem).strip("-.")[:_MAX_STEM_CHARACTERS] or "machine"
        yield stack.enter_context(PackedOva(name, corrected, files, identity))


def inspection_problems(run: Run, path: str, profile: ImageProfile, ignored: Sequence[str]) -> Iterator[Problem]:
    """Why the files cannot be read, or AWS would reject them, or the image that is made from them."""
    # An unchanged file is not inspected, and importing the disk readers takes longer than all other imports together.
    from pulumi_vmimport.resources.rules.image_inspection import Purpose, inspect_source  # noqa: PLC0415

    yield from encryption_default_problems(run, "imageProfile", profile)
    try:
        with open_content(path), ExitStack() as stack:

            def open_sibling(name: str) -> FileContent | None:
                try:
                    return stack.enter_context(FileContent(path_beside(path, name)))
                except UnreadableSourceError as error:
                    if not error.is_missing:
                        raise
                    return None

            file = stack.enter_context(FileContent(path))
            corrected = _CORRECTED_BY_PACKING if _is_ovf(path) else ()
            purpose = Purpose(profile, (*ignored, *corrected))
            yield from inspect_source(run, "path", file, purpose, open_sibling)
    except (DiskImageError, TransferError) as error:
        yield Problem("path", str(error))


def _is_ovf(path: str) -> bool:
    return Path(path).suffix.lower() == _OVF


def _text(file: FileContent) -> bytes:
    return file.read_at(0, ovf_references.MAX_BYTES + 1)


def _referenced_files(path: str, descriptor: bytes) -> Iterator[tuple[str, str]]:
    """Yield (href, path) of each file that the descriptor refers to."""
    for file in ovf_references.referenced_files(descriptor):
        href = file.href
        paths = [path_beside(path, spelled) for spelled in spellings(href)]
        if not paths:
            place = "expected references to files in the folder of the descriptor or below"
            raise UnreadableSourceError(
                path, f"{place}, got {shown_value(href)}; put the file there and correct the href"
            )
        if file.is_chunked or file.is_compressed:
            kind = "chunked" if file.is_chunked else "compressed"
            raise UnreadableSourceError(
                path, f"{href} is {kind}, which VM Import does not support; export the VM again without this option"
            )
        yield href, next(filter(os.path.isfile, paths), paths[0])


def _identity_of(identities: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(identities).encode()).hexdigest()[:32]
