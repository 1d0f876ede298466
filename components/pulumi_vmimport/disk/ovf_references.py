"""The files that an OVF descriptor refers to, and how to correct their names and sizes in its text.

Source: DMTF DSP0243 1.1.1, section 7.1 (References).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from pulumi_vmimport.disk.descriptor_text import as_utf8
from pulumi_vmimport.disk.disk_errors import InvalidDescriptorError

MAX_BYTES = 2 << 20
"""Limit of a descriptor; those with license texts have about 100 KiB"""

# A References section lists a few files.
_MAX_FILES, _MAX_DEPTH = 1000, 64
_ATTRIBUTE = rb"\s+([\w.:-]+)\s*=\s*(\"[^\"]*\"|'[^']*')"
_TAG = re.compile(rb"<[\w.:-]+(?:" + _ATTRIBUTE.replace(b"(", b"(?:", 2) + rb")*\s*/?>")
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_SEPARATOR = " "


@dataclass(frozen=True)
class ReferencedFile:
    """A File element of the References."""

    href: str
    is_chunked: bool
    is_compressed: bool
    offset: int
    """The offset of the tag in the descriptor as UTF-8"""


def referenced_files(descriptor: bytes) -> tuple[ReferencedFile, ...]:
    """The files in the order of the descriptor. Raises: InvalidDescriptorError."""
    if len(descriptor) > MAX_BYTES:
        raise InvalidDescriptorError("size", f"expected at most {MAX_BYTES >> 20} MiB, got {len(descriptor)} bytes")
    descriptor = as_utf8(descriptor).utf8
    found: list[ReferencedFile] = []
    path: list[str] = []
    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)

    def start(name: str, attributes: dict[str, str]) -> None:
        path.append(_local(name))
        if len(path) > _MAX_DEPTH:  # expat's memory and time grow with the open levels
            raise InvalidDescriptorError("XML", f"expected at most {_MAX_DEPTH} levels, got more")
        if path[1:] == ["References", "File"] and len(found) <= _MAX_FILES:
            values = {_local(key): value for key, value in attributes.items()}
            found.append(
                ReferencedFile(
                    href=values.get("href", ""),
                    is_chunked="chunkSize" in values,
                    is_compressed=values.get("compression", "identity") not in {"", "identity"},
                    offset=parser.CurrentByteIndex,
                )
            )

    def end(_: str) -> None:
        path.pop()

    def doctype(*_: Any) -> None:
        raise InvalidDescriptorError("XML", "expected no DOCTYPE, got one")

    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = start, end, doctype
    try:
        parser.Parse(descriptor, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        words = f"expected well-formed XML, got {error}; correct it in an editor, or export the VM again"
        raise InvalidDescriptorError("XML", words) from error
    if not 0 < len(found) <= _MAX_FILES:
        raise InvalidDescriptorError("References", f"expected 1 to {_MAX_FILES} files, got {len(found) or 'none'}")
    return tuple(found)


@dataclass(frozen=True)
class FileEntry:
    """What the descriptor in the package states about a file."""

    href: str
    """A name of letters, digits, `.`, `_` and `-` if it differs from the original one"""
    size_bytes: int


def with_files(descriptor: bytes, files: Mapping[str, FileEntry]) -> bytes:
    """The descriptor in UTF-8 with these names and sizes by its own hrefs, and no other change.

    Raises: InvalidDescriptorError.
    """
    references = referenced_files(descriptor)
    descriptor = as_utf8(descriptor).utf8
    for file in reversed(references):  # from the end, so that the other offsets stay valid
        if file.href not in files:
            continue
        tag = _TAG.match(descriptor, file.offset)
        if tag is None:
            raise InvalidDescriptorError(f"File {file.href}", "expected a tag in an encoding that extends ASCII")
        packaged = files[file.href]
        text = tag[0] if packaged.href == file.href else _with_value(tag[0], b"href", packaged.href.encode())
        text = _with_value(text, b"size", b"%d" % packaged.size_bytes)
        descriptor = descriptor[: tag.start()] + text + descriptor[tag.end() :]
    return descriptor


def _with_value(tag: bytes, name: bytes, value: bytes) -> bytes:
    """The tag with this value of an attribute, which follows href if it is new."""
    for attribute in _ATTRIBUTES.finditer(tag):
        prefix, _, found = attribute[1].rpartition(b":")
        if found == name:
            return tag[: attribute.start(2)] + b'"' + value + b'"' + tag[attribute.end(2) :]
        if found == b"href":
            at, new = attribute.end(), b" " + (prefix + b":" if prefix else b"") + name + b'="' + value + b'"'
    return tag[:at] + new + tag[at:]


def _local(name: str) -> str:
    return name.rpartition(_SEPARATOR)[2]
