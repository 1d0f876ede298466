"""Which parts of a hive's bins are newer in a transaction log. The pages stay in the log until they are read."""

from bisect import bisect_left, bisect_right
from typing import NamedTuple

from pulumi_vmimport.disk.registry.block_reader import BlockReader


class Page(NamedTuple):
    """A part of the bins, and where its content is."""

    start: int
    end: int
    log: BlockReader
    position: int


class PageMap:
    """The newest content of each part; pages do not overlap."""

    def __init__(self) -> None:
        self._pages: list[Page] = []

    def __len__(self) -> int:
        return len(self._pages)

    def add(self, page: Page) -> None:
        """Let a page replace what is known of this part."""
        kept = self._pages
        first = max(bisect_right(kept, page.start, key=_start) - 1, 0)
        last = bisect_left(kept, page.end, key=_start)
        parts = [page]
        for old in kept[first:last]:
            if old.start < page.start:
                parts.append(old._replace(end=min(old.end, page.start)))
            if old.end > page.end:
                parts.append(old._replace(start=page.end, position=old.position + page.end - old.start))
        parts.sort(key=_start)
        if len(parts) > 1 and _continues(parts[0], parts[1]):
            parts[:2] = [parts[0]._replace(end=parts[1].end)]
        kept[first:last] = parts

    def overlapping(self, start: int, end: int) -> list[Page]:
        """The parts of pages within a range, in order."""
        first = max(bisect_right(self._pages, start, key=_start) - 1, 0)
        last = bisect_left(self._pages, end, key=_start)
        return [_within(page, start, end) for page in self._pages[first:last] if page.end > start]


def _within(page: Page, start: int, end: int) -> Page:
    first = max(page.start, start)
    return Page(first, min(page.end, end), page.log, page.position + first - page.start)


def _continues(page: Page, following: Page) -> bool:
    return (
        page.log is following.log
        and page.end == following.start
        and page.position + page.end - page.start == following.position
    )


def _start(page: Page) -> int:
    return page.start
