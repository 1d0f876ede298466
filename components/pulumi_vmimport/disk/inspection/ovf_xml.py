"""Parses untrusted XML into a tree of local names, without entities, document types and unbounded growth.

Source: the attacks listed at https://docs.python.org/3/library/xml.html#xml-vulnerabilities.
"""

from dataclasses import dataclass, field
from xml.parsers import expat

from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.printable import printable

_MAX_ELEMENTS, _MAX_DEPTH = 50_000, 64
_MAX_ATTRIBUTES = 64
_MAX_TEXT = 4096


class InvalidXmlError(DiskImageError):
    """The text is not XML, or uses XML features that OVF does not require."""


@dataclass(slots=True)
class Element:
    """An element. Names have no namespace, and those of attributes are in lower case.

    Elements are found in any capitalization: exporters write InstanceID and InstanceId.
    """

    name: str
    namespace: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element"] = field(default_factory=list)
    text: str = ""

    def all(self, *names: str) -> list["Element"]:
        """The children with one of these names."""
        wanted = {name.lower() for name in names}
        return [child for child in self.children if child.name.lower() in wanted]

    def first(self, *path: str) -> "Element | None":
        """The first descendant along a path of names."""
        found: Element | None = self
        for name in path:
            found = next(iter(found.all(name)), None) if found else None
        return found

    def words(self, *path: str) -> str:
        """The text at the end of a path; empty if there is none."""
        found = self.first(*path)
        return printable(found.text) if found else ""

    def below(self, name: str) -> list["Element"]:
        """The descendants with this name, in document order."""
        found, rest = [], self.children[::-1]
        while rest:
            element = rest.pop()
            if element.name.lower() == name.lower():
                found.append(element)
            rest.extend(element.children[::-1])
        return found


class _Builder:
    def __init__(self) -> None:
        self.root = Element("", "")
        self._open = [self.root]
        self._elements = 0

    def start(self, name: str, attributes: list[str]) -> None:
        self._elements += 1
        if self._elements > _MAX_ELEMENTS or len(self._open) > _MAX_DEPTH:
            raise InvalidXmlError(f"it has more than {_MAX_ELEMENTS} elements or {_MAX_DEPTH} levels")
        if len(attributes) > 2 * _MAX_ATTRIBUTES:
            raise InvalidXmlError(f"an element has more than {_MAX_ATTRIBUTES} attributes")
        namespace, _, local = name.rpartition(" ")
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        values = {key.rpartition(" ")[2].lower(): value for key, value in pairs}
        element = Element(local, namespace, values)
        self._open[-1].children.append(element)
        self._open.append(element)

    def end(self, _name: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        element = self._open[-1]
        if len(element.text) < _MAX_TEXT:
            element.text += text


def parse(data: bytes) -> Element:
    """The root element of the document. Raises: InvalidXmlError."""
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise InvalidXmlError(printable(str(error))) from error
    except (LookupError, ValueError) as error:  # an unknown or multi-byte encoding
        raise InvalidXmlError(printable(str(error))) from error
    return builder.root.children[0]


def _refuse(*_: object) -> None:
    raise InvalidXmlError("expected no document type declaration")
