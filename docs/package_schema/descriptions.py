"""Docstrings as descriptions in a schema: the same text for every language."""

import inspect
import re
from collections.abc import Collection, Iterable

from package_schema.attribute_docs import attribute_docs

from pulumi_vmimport.lifecycle.schema import camel_case

REPOSITORY = "https://github.com/pulumi-vmimport/pulumi-vmimport"

_URL = re.compile(r"(https?://\S+)")
_NAME = re.compile(r"(?<![\w/])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w/])")
_PAGE = re.compile(r"(?<![\w/`])docs/(\w+)\.md")
_NONE = re.compile(r"(^|[.:] )?\bNone\b")
_LIST_ITEM = re.compile(r"\s*(?:[-*]|\d+\.) ")


class Descriptions:
    """Converts docstrings to Markdown for programs in any language.

    Property names have the spelling of property bags, a value is absent instead of None, and pages of docs/ are links.
    """

    def __init__(self, names: Collection[str]) -> None:
        """`names` are the Python names of properties."""
        self._names = {name: camel_case(name) for name in names if "_" in name}

    def text(self, docstring: str | None) -> str:
        """A description; empty if there is no docstring."""
        paragraphs = (docstring or "").split("\n\n")
        return "\n\n".join(self._paragraph(paragraph) for paragraph in paragraphs if paragraph)

    def of_class(self, of: type, arguments: type) -> str:
        """The description of a resource or component: its docstring, and what that of its arguments adds."""
        about = re.sub(r"^The arguments of \w+\.\s*", "", inspect.getdoc(arguments) or "")
        paragraphs = dict.fromkeys(f"{inspect.getdoc(of)}\n\n{about}".split("\n\n"))
        sources_last = sorted(paragraphs, key=lambda paragraph: paragraph.startswith("Source: "))
        return self.text("\n\n".join(sources_last))

    def of_attributes(self, *classes: type | None) -> dict[str, str]:
        """The descriptions of the attributes of classes, a later class before an earlier one."""
        docs = [attribute_docs(of) for of in classes if of is not None]
        return {name: self.text(text) for found in docs for name, text in found.items()}

    def _paragraph(self, paragraph: str) -> str:
        parts = _URL.split("".join(_joined(paragraph.splitlines())))
        parts[::2] = [self._prose(part) for part in parts[::2]]
        return "".join(parts)

    def _prose(self, text: str) -> str:
        text = _NONE.sub(lambda none: f"{none[1]}Absent" if none[1] is not None else "absent", text)
        text = _NAME.sub(lambda name: self._names.get(name[0], name[0]), text)
        return _PAGE.sub(rf"[docs/\1.md]({REPOSITORY}/blob/main/docs/\1.md)", text)


def _joined(lines: Iterable[str]) -> Iterable[str]:
    """The lines as one, except the items of a list."""
    for number, line in enumerate(lines):
        separator = "\n" if _LIST_ITEM.match(line) else " "
        yield (separator if number else "") + line.strip()
