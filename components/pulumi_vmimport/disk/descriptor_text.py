"""The text of a descriptor as UTF-8, in whatever encoding it was saved.

Editors and shells save descriptors as UTF-16 (PowerShell's Out-File), and declarations differ from the content (a .NET
StringWriter declares UTF-16 and is saved as UTF-8). The content decides. Source: XML 1.0, appendix F.
"""

import codecs
import re
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # starts like the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The first character of a descriptor is ASCII.
_PATTERNS = (
    (re.compile(rb"[\t\n\r -~]\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[\t\n\r -~]\0[^\0]"), "utf-16-be"),
    (re.compile(rb"<\0\0\0[!-~]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0<\0\0\0[!-~]"), "utf-32-be"),
)
_DECLARATION = re.compile(
    r"(\ufeff?\s{0,64}<\?xml[^>]{0,200}?encoding\s{0,8}=\s{0,8})(?P<quote>[\"'])([A-Za-z][\w.:-]{0,40})(?P=quote)",
    re.ASCII,
)
_DECLARATION_BYTES = 512
# Encodings of several bytes for a character, which expat does not read, and those of one byte.
_NATIONAL = re.compile(
    r"gb|big5|hz|euc|shift|s?jis|cp\d|ms9|johab|iso|ks_?c|latin|l\d|windows-?\d|koi8|ibm\d|mac", re.IGNORECASE
)
_ASCII = re.compile(r"ISO[-_]?646|iso-ir-6$", re.IGNORECASE)
_UTF_8 = frozenset({"utf-8", "utf8"})
_UNICODE = re.compile(r"utf-?(?:16|32)|ucs-?[24]|unicode", re.IGNORECASE)

DECLARED_OTHERWISE = "although it declares"


@dataclass(frozen=True)
class DescriptorText:
    """The text, and what its encoding was."""

    utf8: bytes
    encoding: str | None
    """The encoding that was converted or wrongly declared, such as `UTF-16LE`; None if any reader reads the text"""
    declared: str | None = None
    """The encoding in the declaration, if it is not that of `utf8`"""


def as_utf8(data: bytes) -> DescriptorText:
    """The text in UTF-8. Text that cannot be decoded is returned as it is, for its reader to reject."""
    codec = _unicode_codec(data)
    if codec is not None:
        # The end of a part of a file may cut a character.
        text = data.decode(codec, "ignore").removeprefix("\ufeff")
        found = _DECLARATION.match(text)
        other = found[3] if found and found[3].lower() not in _UTF_8 else None
        name = f"{codec[:6]}{codec[7:]}".upper()
        return DescriptorText(_declared_as_utf8(text).encode("utf-8", "replace"), name, other)
    start = data[:_DECLARATION_BYTES].decode("latin-1")
    declared = _DECLARATION.match(start.removeprefix("\xef\xbb\xbf"))
    if declared is None or declared[3].lower() in _UTF_8:
        return _as_declared(data)
    if data.startswith(codecs.BOM_UTF8) or _UNICODE.match(declared[3]):
        text = _declared_as_utf8(data.decode("utf-8", "surrogateescape"))
        return DescriptorText(text.encode("utf-8", "surrogateescape"), f"UTF-8, {DECLARED_OTHERWISE} {declared[3]}")
    if _NATIONAL.match(declared[3]) and not _ASCII.match(declared[3]):
        try:
            text = data.decode(codecs.lookup(declared[3]).name)
        except (LookupError, ValueError):
            return DescriptorText(data, None)
        return DescriptorText(_declared_as_utf8(text).encode("utf-8", "replace"), declared[3], declared[3])
    return DescriptorText(data, None)


def _as_declared(data: bytes) -> DescriptorText:
    """Text that should be UTF-8; XML in an encoding of one byte for a character is read as that of Windows."""
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return DescriptorText(data, None)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        # The end of a part of a file may cut a character.
        if error.end < len(data) or error.reason != "unexpected end of data":
            found = f"byte {data[error.start]:02x} at {error.start}"
            note = f"another encoding than UTF-8, {DECLARED_OTHERWISE} UTF-8: {found}"
            return DescriptorText(data.decode("cp1252", "replace").encode("utf-8"), note)
    return DescriptorText(data, None)


def _unicode_codec(data: bytes) -> str | None:
    marked = next((codec for mark, codec in _MARKS if data.startswith(mark)), None)
    return marked or next((codec for pattern, codec in _PATTERNS if pattern.match(data)), None)


def _declared_as_utf8(text: str) -> str:
    found = _DECLARATION.match(text)
    return text if found is None else f"{text[: found.start(3)]}UTF-8{text[found.end(3) :]}"
