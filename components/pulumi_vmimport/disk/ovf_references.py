"""The files that an OVF descriptor refers to, and how to correct their sizes in its text.

Source: DMTF DSP0243 1.1.1, section 7.1 (References).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

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
    """The offset of the tag in the descriptor"""


def referenced_files(descriptor: bytes) -> tuple[ReferencedFile, ...]:
    """The files in the order of the descriptor. Raises: InvalidDescriptorError."""
    if len(descriptor) > MAX_BYTES:
        raise InvalidDescriptorError("size", f"expected at most {MAX_BYTES >> 20} MiB, got {len(descriptor)} bytes")
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
        raise InvalidDescriptorError("XML", f"expected well-formed XML, got {error}") from error
    if not 0 < len(found) <= _MAX_FILES:
        raise InvalidDescriptorError("References", f"expected 1 to {_MAX_FILES} files, got {len(found) or 'none'}")
    return tuple(found)


def with_sizes(descriptor: bytes, sizes: Mapping[str, int]) -> bytes:
    """The descriptor with these sizes by href, and no other change. Raises: InvalidDescriptorError."""
    for file in reversed(referenced_files(descriptor)):  # from the end, so that the other offsets stay valid
        if file.href not in sizes:
            continue
        tag = _TAG.match(descriptor, file.offset)
        if tag is None:
            raise InvalidDescriptorError(f"File {file.href}", "expected a tag in an encoding that extends ASCII")
        corrected = _with_size(tag[0], sizes[file.href])
        descriptor = descriptor[: tag.start()] + corrected + descriptor[tag.end() :]
    return descriptor


def _with_size(tag: bytes, size_bytes: int) -> bytes:
    size = b'"%d"' % size_bytes
    for attribute in _ATTRIBUTES.finditer(tag):
        prefix, _, name = attribute[1].rpartition(b":")
        if name == b"size":
            return tag[: attribute.start(2)] + size + tag[attribute.end(2) :]
        if name == b"href":
            at, new = attribute.end(), b" " + (prefix + b":" if prefix else b"") + b"size=" + size
    return tag[:at] + new + tag[at:]


def _local(name: str) -> str:
    return name.rpartition(_SEPARATOR)[2]
