"""Elements of Windows answer files.

Source: https://learn.microsoft.com/en-us/windows-hardware/customize/desktop/unattend/
"""

import base64
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from enum import StrEnum

_NAMESPACE = "urn:schemas-microsoft-com:unattend"
_CONFIGURATION = "http://schemas.microsoft.com/WMIConfig/2002/State"
_TOKEN = "31bf3856ad364e35"  # noqa: S105 - the public key of Microsoft's components
Value = str | int | bool
Tree = Sequence["tuple[str, Value | Tree]"]
"""Elements in order: name, and text or children. A name that starts with + is an item that is added to a list."""


class Architecture(StrEnum):
    """The value of processorArchitecture."""

    AMD64 = "amd64"
    X86 = "x86"


class AnswerFile:
    """An answer file; passes and components in the order in which they are added."""

    def __init__(self, architecture: Architecture = Architecture.AMD64) -> None:
        self._architecture = architecture
        self._root = ET.Element("unattend", {"xmlns": _NAMESPACE, "xmlns:wcm": _CONFIGURATION})
        self._passes: dict[str, ET.Element] = {}

    def add(self, configuration_pass: str, component: str, settings: Tree) -> None:
        """Add the settings of a component, such as Microsoft-Windows-Shell-Setup, to a pass, such as oobeSystem."""
        if configuration_pass not in self._passes:
            self._passes[configuration_pass] = ET.SubElement(self._root, "settings", {"pass": configuration_pass})
        attributes = {
            "name": component,
            "processorArchitecture": self._architecture.value,
            "publicKeyToken": _TOKEN,
            "language": "neutral",
            "versionScope": "nonSxS",
        }
        _fill(ET.SubElement(self._passes[configuration_pass], "component", attributes), settings)

    def xml(self) -> str:
        """The file, with a declaration."""
        ET.indent(self._root)
        return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(self._root, encoding="unicode") + "\n"


def password(text: str, parent: str) -> Tree:
    """A password as Setup expects it in the element `parent`: encoded, not encrypted."""
    encoded = base64.b64encode((text + parent).encode("utf-16-le")).decode()
    return [("Value", encoded), ("PlainText", False)]


def commands(item: str, element: str, lines: Sequence[tuple[str, str]], *extra: tuple[str, Value]) -> Tree:
    """Commands with their descriptions, run in this order."""
    return [
        (f"+{item}", [("Order", order), (element, line), ("Description", description), *extra])
        for order, (line, description) in enumerate(lines, 1)
    ]


def _fill(parent: ET.Element, tree: Tree) -> None:
    for name, content in tree:
        attributes = {"wcm:action": "add"} if name.startswith("+") else {}
        element = ET.SubElement(parent, name.removeprefix("+"), attributes)
        if isinstance(content, bool):
            element.text = str(content).lower()
        elif isinstance(content, str | int):
            element.text = str(content)
        else:
            _fill(element, content)
