"""Whether a file is a descriptor, by its content: encoding, byte order mark, comments and name do not matter."""

import codecs
import re

from pulumi_vmimport.disk import stream_optimized
from pulumi_vmimport.disk.descriptor_text import as_utf8
from pulumi_vmimport.disk.disk_content import Source

_START_BYTES, _FURTHER_BYTES = 4096, 64 << 10
# Before the root element: a declaration, comments, processing instructions, a document type.
_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,63}:)?([A-Za-z_][\w.-]{0,63})[\s/>]")
_COMMENT, _COMMENT_END = b"<!--", b"-->"
_WHITE = b" \t\r\n"
# Lines of a VMDK's descriptor; the first line is a comment.
_VMDK_LINE = re.compile(
    rb"^[ \t]*(?:createType[ \t]*=|(?:RW|RDONLY|NOACCESS)[ \t]+\d{1,18}[ \t]+[A-Z]{3,12}\b)",
    re.MULTILINE | re.IGNORECASE,
)
_VMDK_VERSION = re.compile(rb"^[ \t]{0,8}version[ \t]{0,8}=[ \t]{0,8}[1-4]\s{0,8}$", re.MULTILINE | re.IGNORECASE)


def root_element(source: Source) -> str | None:
    """The local name of the root element of an XML file; None for other files."""
    for length in (_START_BYTES, _FURTHER_BYTES):
        text = plain_start(source.read_at(0, min(length, source.size_bytes)))
        if not text.startswith(b"<"):
            return None
        if (root := _ROOT.search(_without_comments(text))) is not None:
            return root[1].decode("ascii", "replace")
    return None


def _without_comments(text: bytes) -> bytes:
    """The text without comments. An unfinished comment hides the rest."""
    shown, rest = [], text
    while rest:
        before, _, hidden = rest.partition(_COMMENT)
        shown.append(before)
        rest = hidden.partition(_COMMENT_END)[2]
    return b"".join(shown)


def is_ovf(source: Source) -> bool:
    """Whether a file is an OVF descriptor."""
    return root_element(source) == "Envelope"


def plain_start(start: bytes) -> bytes:
    """The start of a text in UTF-8, without byte order mark and white space."""
    return as_utf8(start).utf8.removeprefix(codecs.BOM_UTF8).lstrip(_WHITE)


def is_vmdk_descriptor(start: bytes) -> bool:
    """Whether a file with this start is the text descriptor of a VMDK."""
    text = plain_start(start)
    if text.startswith(stream_optimized.TEXT_DESCRIPTOR):
        return True
    return b"\0" not in text[:256] and bool(_VMDK_VERSION.search(text) and _VMDK_LINE.search(text))
