"""The keys of a YAML document of plain mappings, such as that of netplan.

Source: https://yaml.org/spec/1.2.2/, sections 6.6 (comments) and 7.4 (flow collections).
"""

import re
from collections.abc import Iterator

_ENTRY = re.compile(r"(?P<indent>\s*)(?:-\s+)?[\"']?(?P<key>[^\s:#\"'][^:\"']*)[\"']?:(?:\s+(?P<value>.*))?$")
_COMMENT = re.compile(r"\s#")
_QUOTED = re.compile(r"""(?:"[^"]*"|'[^']*')""")
_PIECE = re.compile(r"""[{},]|\[[^\]]*\]?|(?:"[^"]*"|'[^']*'|[^{},\[])+""")
_STEP = 2


def yaml_entries(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield (indentation, key, value) of each entry. Those in a mapping in braces are indented further than its key."""
    for line in text.splitlines():
        entry = _ENTRY.match(_without_comment(line))
        if entry is None:
            continue
        indent, key, value = len(entry["indent"]), entry["key"].strip(), (entry["value"] or "").strip()
        is_flow = value.startswith("{")
        yield indent, key, "" if is_flow else _plain(value)
        if is_flow:
            yield from _flow_entries(value, indent)


def _without_comment(line: str) -> str:
    shown = _QUOTED.sub(lambda quoted: "q" * len(quoted[0]), line)
    comment = _COMMENT.search(shown)
    return line[: comment.start()].rstrip() if comment else line


def _flow_entries(text: str, indent: int) -> Iterator[tuple[int, str, str]]:
    """The entries of a mapping in braces."""
    for piece in _PIECE.findall(text):
        if piece in "{}":
            indent += _STEP if piece == "{" else -_STEP
        elif ":" in piece:
            key, _, value = piece.partition(":")
            yield indent, _plain(key), _plain(value)


def _plain(text: str) -> str:
    return text.strip().strip("\"'")
