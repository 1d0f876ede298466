"""Links of pages whose place in the site differs from their place in the repository."""

import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from package_schema.descriptions import REPOSITORY

_FENCE = re.compile(r"(^[ \t]*```.*?^[ \t]*```[ \t]*$)", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<=\]\()(?P<target>[^)\s#]*)(?P<anchor>#[^)\s]*)?(?=\))")
_BLOB = f"{REPOSITORY}/blob/main/"


class BrokenLinkError(Exception):
    """A page links to what is not in the repository."""


class Links:
    """Points links between files of the repository to pages of the site, and all others to the repository's host."""

    def __init__(self, root: Path, pages: Mapping[str, str]) -> None:
        """`pages` maps paths in the repository to paths in the site."""
        self._root, self._pages = root, pages

    def of_page(self, text: str, source: str, page: str) -> str:
        """The text of the file `source` as the page `page` of the site. Raises: BrokenLinkError."""
        parts = _FENCE.split(text)
        return "".join(part if number % 2 else self._linked(part, source, page) for number, part in enumerate(parts))

    def _linked(self, text: str, source: str, page: str) -> str:
        def replaced(match: re.Match[str]) -> str:
            target, anchor = match["target"], match["anchor"] or ""
            if not target or (re.match(r"[a-z]+:", target) and not target.startswith(_BLOB)):
                return match[0]
            return self._target(target, source, page) + anchor

        return _LINK.sub(replaced, text)

    def _target(self, target: str, source: str, page: str) -> str:
        if target.startswith(_BLOB):
            path = target.removeprefix(_BLOB)
        else:
            path = os.path.normpath(PurePosixPath(source).parent / target)
        if path in self._pages:
            return os.path.relpath(self._pages[path], PurePosixPath(page).parent)
        found = self._root / path
        if not found.exists():
            raise BrokenLinkError(f"{source} links to {target}, which does not exist")
        return f"{REPOSITORY}/{'tree' if found.is_dir() else 'blob'}/main/{path}"
