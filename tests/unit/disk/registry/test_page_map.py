import random

from tests.unit.disk.registry.hive_writer import MemoryFile

from pulumi_vmimport.disk.registry.block_reader import BlockReader
from pulumi_vmimport.disk.registry.page_map import Page, PageMap

SIZE = 4096


def test_of_overlapping_pages_the_latest_counts() -> None:
    dice = random.Random(3)  # noqa: S311 - no secret
    logs = [dice.randbytes(SIZE) for _ in range(2)]
    readers = [BlockReader(MemoryFile(log)) for log in logs]
    for _ in range(40):
        pages, expected = PageMap(), bytearray(SIZE)
        covered = bytearray(SIZE)
        for _ in range(dice.randint(1, 40)):
            start, end = sorted(dice.sample(range(0, SIZE + 1, 64), 2))
            number = dice.randrange(2)
            # Often the same position in both logs, so that pages which do not belong together seem to continue.
            position = start if dice.random() < 0.5 else dice.randrange(SIZE - (end - start) + 1)
            pages.add(Page(start, end, readers[number], position))
            expected[start:end] = logs[number][position : position + end - start]
            covered[start:end] = b"\1" * (end - start)
        for _ in range(20):
            start, end = sorted(dice.sample(range(SIZE + 1), 2))
            found, seen = bytearray(SIZE), bytearray(SIZE)
            for page in pages.overlapping(start, end):
                assert start <= page.start < page.end <= end
                assert not any(seen[page.start : page.end])
                seen[page.start : page.end] = b"\1" * (page.end - page.start)
                found[page.start : page.end] = page.log.read(page.position, page.end - page.start)
            assert seen[start:end] == covered[start:end]
            assert found[start:end] == expected[start:end]


def test_pages_that_follow_each_other_in_a_log_are_one() -> None:
    pages, log = PageMap(), BlockReader(MemoryFile(bytes(SIZE)))
    for start in range(0, 4096, 512):
        pages.add(Page(start, start + 512, log, 40 + start))
    assert len(pages) == 1
    assert pages.overlapping(100, 5000) == [Page(100, 4096, log, 140)]
