"""The metadata of a volume group of LVM2: text in the format of lvm.conf(5), which lvmdump and vgcfgbackup show too."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.shown_value import shown_value

_TOKEN = re.compile(
    r'\s+|#[^\n]*|(?P<string>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?(?![^\s#"=\[\]{},]))'
    r'|(?P<name>[^\s#"=\[\]{},]+)|(?P<sign>[=\[\]{},])'
)
WHERE = "the metadata of LVM"
_MAX_TOKENS = 1_000_000
_MAX_DEPTH = 16

Section = dict[str, Any]
"""Names with strings, numbers, lists of both, or sections"""


def parse_metadata(text: str) -> Section:
    """The sections of the text. Raises: UnreadableVolumeError."""
    return _section(_tokens(text), depth=0)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = count = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        count += 1
        if match is None or count > _MAX_TOKENS:
            raise UnreadableVolumeError(WHERE, f"expected a name or value at character {at}")
        at = match.end()
        if match.lastgroup:
            yield match.lastgroup, match.group()


def _section(tokens: Iterator[tuple[str, str]], depth: int) -> Section:
    """Names and values up to the closing brace, or to the end of the text outside of any."""
    if depth > _MAX_DEPTH:
        raise UnreadableVolumeError(WHERE, "its sections are nested too deeply")
    found: Section = {}
    for kind, name in tokens:
        if name == "}" and depth:
            return found
        # A logical volume may have a number as its name.
        if kind not in {"name", "number"}:
            raise UnreadableVolumeError(WHERE, f"expected a name, got {shown_value(name[:40])}")
        _, sign = _next(tokens)
        if sign == "{":
            found[name] = _section(tokens, depth + 1)
        elif sign == "=":
            found[name] = _value(tokens)
        else:
            raise UnreadableVolumeError(
                WHERE, f"expected = or {{ after {shown_value(name[:40])}, got {shown_value(sign[:40])}"
            )
    if depth:
        raise UnreadableVolumeError(WHERE, "it ends within a section")
    return found


def _value(tokens: Iterator[tuple[str, str]]) -> Any:
    kind, text = _next(tokens)
    if text != "[":
        return _scalar(kind, text)
    values = []
    while (item := _next(tokens))[1] != "]":
        if item[1] != ",":
            values.append(_scalar(*item))
    return values


def _scalar(kind: str, text: str) -> str | int:
    if kind == "string":
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    if kind == "number":
        return int(text.split(".", maxsplit=1)[0][:20])
    raise UnreadableVolumeError(WHERE, f"expected a string or number, got {shown_value(text[:40])}")


def _next(tokens: Iterator[tuple[str, str]]) -> tuple[str, str]:
    try:
        return next(tokens)
    except StopIteration:
        raise UnreadableVolumeError(WHERE, "it ends within a value") from None


def section_of(section: Mapping[str, Any], name: str) -> Section:
    """A section within another; empty if there is none."""
    found = section.get(name)
    return found if isinstance(found, dict) else {}


def number_of(section: Mapping[str, Any], name: str) -> int:
    """A number that is not negative. Raises: UnreadableVolumeError if it is missing or none."""
    found = section.get(name)
    if not isinstance(found, int) or found < 0:
        raise UnreadableVolumeError(WHERE, f"expected a number as {name}, got {shown_value(found)}"[:120])
    return found
