"""The transaction log of a registry hive as Windows wrote it before 8.1: a bitmap of dirty sectors, then the sectors.

Source: the specification of the format at github.com/msuhanov/regf.
"""

from collections.abc import Iterator

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.registry.block_reader import BlockReader
from pulumi_vmimport.disk.registry.hive_header import BIN_BYTES, HEADER_BYTES, MAX_BINS_BYTES
from pulumi_vmimport.disk.registry.log_entries import MAX_PAGES
from pulumi_vmimport.disk.registry.page_map import Page, PageMap

_SECTOR_BYTES = 512
_SIGNATURE = b"DIRT"
_SECTORS_PER_BITMAP_BYTE = 8


def apply_dirty_sectors(log: BlockReader, bins_bytes: int, pages: PageMap) -> None:
    """Let the sectors of the log replace those of the hive. Raises: UnreadableVolumeError; what the file raises."""
    if not 0 < bins_bytes <= MAX_BINS_BYTES or bins_bytes % BIN_BYTES:
        raise UnreadableVolumeError(log.path, f"its header gives {bins_bytes} bytes of bins")
    bitmap_bytes = bins_bytes // (_SECTORS_PER_BITMAP_BYTE * _SECTOR_BYTES)
    data = log.read(HEADER_BYTES, len(_SIGNATURE) + bitmap_bytes)
    if not data.startswith(_SIGNATURE) or len(data) < len(_SIGNATURE) + bitmap_bytes:
        raise UnreadableVolumeError(log.path, "it has no bitmap of dirty sectors")
    position = -(-(HEADER_BYTES + len(data)) // _SECTOR_BYTES) * _SECTOR_BYTES
    for first, end in _runs(data[len(_SIGNATURE) :]):
        length = (end - first) * _SECTOR_BYTES
        if position + length > log.size_bytes:
            raise UnreadableVolumeError(log.path, f"it ends at {log.size_bytes}, within its sectors")
        pages.add(Page(first * _SECTOR_BYTES, end * _SECTOR_BYTES, log, position))
        position += length
        if len(pages) > MAX_PAGES:
            raise UnreadableVolumeError(log.path, f"it has more than {MAX_PAGES} pages")


def _runs(bitmap: bytes) -> Iterator[tuple[int, int]]:
    """The runs of set bits, lowest bit of a byte first."""
    first, number = None, 0
    for byte in (*bitmap, 0):
        if byte in {0, 0xFF} and (first is None) == (byte == 0):
            number += 8
            continue
        for bit in range(8):
            is_set = byte >> bit & 1
            if is_set and first is None:
                first = number
            elif not is_set and first is not None:
                yield first, number
                first = None
            number += 1
