"""PowerShell parsed with tree-sitter: syntax errors, and constructs that the scripts must not use."""

import re
from collections.abc import Iterator

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

_PARSER = Parser(Language(tree_sitter_powershell.language()))
_CMDLET = re.compile(r"[A-Z][A-Za-z]+-[A-Za-z]+")
_FORBIDDEN = frozenset({"invoke-expression", "write-host"})
_KEYWORDS = frozenset({"throw", "return", "exit"})


def syntax_errors(script: str) -> list[str]:
    """Line and text of each error."""
    return [
        f"{node.start_point[0] + 1}: {(node.text or b'')[:60]!r}"
        for node in _nodes(_PARSER.parse(script.encode()).root_node)
        if node.type == "ERROR" or node.is_missing
    ]


def forbidden_constructs(script: str) -> list[str]:
    """Aliases, programs called without Invoke-Native, Invoke-Expression, line continuations."""
    found = [f"{number}: `" for number, line in enumerate(script.splitlines(), 1) if line.rstrip().endswith("`")]
    for node in _nodes(_PARSER.parse(script.encode()).root_node):
        name = node.child_by_field_name("command_name") if node.type == "command" else None
        text = (name.text or b"").decode() if name else ""
        is_call = bool(name) and not text.startswith("$") and text not in _KEYWORDS
        if is_call and (text.lower() in _FORBIDDEN or not _CMDLET.fullmatch(text)):
            found.append(f"{node.start_point[0] + 1}: {text}")
    return found


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _nodes(child)
