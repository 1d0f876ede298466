"""Whether an XFS volume was unmounted cleanly: whether the last record of its log says so.

The log is a ring of blocks of 512 bytes, each of which starts with the number of its cycle. Its head, where the next
record begins, is where the numbers drop. Unmounting writes a record of its own; if the one before the head is another
one, the kernel replays the log when it mounts the volume.

Sources: "XFS Algorithms & Data Structures", chapter "Journaling Log"; xlog_find_head and xlog_find_tail in
fs/xfs/xfs_log_recover.c of Linux, and fs/xfs/libxfs/xfs_log_format.h.
"""

import struct
from dataclasses import dataclass

from pulumi_vmimport.disk.disk_region import DiskRegion, unpack_padded
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError

_SUPERBLOCK = b"XFSB"
_BLOCK_BYTES = 512
_RECORD_MAGIC = 0xFEEDBABE
_RECORD = struct.Struct(">4I")  # magic, cycle, version, length of the data
_OPERATIONS_AT, _BUFFER_BYTES_AT = 40, 320
_HEADER_COVERS_BYTES = 32 << 10
"""A header block has the cycle numbers of so much data; the record of a larger buffer has several."""
_VERSIONS, _SEVERAL_HEADERS = (1, 2), 2
_MAX_RECORD_BYTES = 256 << 10
_FLAGS_AT, _UNMOUNT = 9, 0x20
_SCAN_BLOCKS = 128
_MAX_LOG_BYTES = 2 << 30
_MIN_LOG_BLOCKS = 512


@dataclass(frozen=True)
class _Record:
    """A record header."""

    block: int
    cycle: int
    header_blocks: int
    data_blocks: int
    operations: int


def needs_recovery(region: DiskRegion, where: str) -> bool:
    """Whether the log may have changes that the volume has not.

    Raises: UnreadableVolumeError if the log is on another device or damaged; DiskImageError; what the source raises.
    """
    log = _Log.of_volume(region, where)
    first, last = log.cycle(0), log.cycle(log.blocks - 1)
    if first == 0:  # nothing was ever written to it
        return False
    if last not in {first, first - 1, 0}:
        raise UnreadableVolumeError(where, f"its log is damaged: it begins with cycle {first} and ends with {last}")
    head = log.blocks if first == last else log.first_block_of(last)
    record = log.record_before(head)
    if record is None or (record.block + record.header_blocks + record.data_blocks - head) % log.blocks:
        return True  # the last record is incomplete
    return not log.is_unmount(record)


class _Log:
    """The blocks of an internal log."""

    def __init__(self, region: DiskRegion, where: str, start: int, blocks: int) -> None:
        self._region, self._where, self._start, self.blocks = region, where, start, blocks

    @classmethod
    def of_volume(cls, region: DiskRegion, where: str) -> "_Log":
        superblock = region.read(0, _BLOCK_BYTES)
        (block_bytes,), (start,) = unpack_padded(">I", superblock, 4), unpack_padded(">Q", superblock, 48)
        (group_blocks,), (log_blocks,) = unpack_padded(">I", superblock, 84), unpack_padded(">I", superblock, 96)
        shift = superblock[124]
        if not superblock.startswith(_SUPERBLOCK):
            raise UnreadableVolumeError(where, "it has no superblock of XFS")
        if not start:
            raise UnreadableVolumeError(where, "its log is on another device")
        group, block = start >> shift, start & ((1 << shift) - 1)
        at, size = (group * group_blocks + block) * block_bytes, log_blocks * block_bytes
        is_possible = _MIN_LOG_BLOCKS * _BLOCK_BYTES <= size <= _MAX_LOG_BYTES and at + size <= region.size_bytes
        if not is_possible or block_bytes % _BLOCK_BYTES:
            raise UnreadableVolumeError(where, f"its log of {size} bytes at {at} does not lie within the volume")
        return cls(region, where, at, size // _BLOCK_BYTES)

    def cycle(self, block: int) -> int:
        """The cycle in which a block was written last; 0 if it never was."""
        return _cycle(self._read(block, 1))

    def first_block_of(self, cycle: int) -> int:
        """The first block of the older cycle, which ends the log: the cycle of block 0 is another one."""
        low, high = 0, self.blocks - 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.cycle(middle) == cycle else (middle, high)
        return high

    def record_before(self, head: int) -> _Record | None:
        """The last record that begins before a block; None if none that can reach it does."""
        most = _MAX_RECORD_BYTES // _BLOCK_BYTES + _MAX_RECORD_BYTES // _HEADER_COVERS_BYTES
        for start in range(head - _SCAN_BLOCKS, head - most - _SCAN_BLOCKS, -_SCAN_BLOCKS):
            data = self._read(start, _SCAN_BLOCKS)
            for number in reversed(range(_SCAN_BLOCKS)):
                found = self._record(data[number * _BLOCK_BYTES :], (start + number) % self.blocks)
                if found is not None:
                    return found
        return None

    def is_unmount(self, record: _Record) -> bool:
        """Whether a record is what unmounting writes."""
        data = self._read(record.block + record.header_blocks, 1)
        return record.operations == 1 and bool(data[_FLAGS_AT] & _UNMOUNT)

    def _record(self, data: bytes, block: int) -> _Record | None:
        magic, cycle, version, length = _RECORD.unpack_from(data)
        if magic != _RECORD_MAGIC or version not in _VERSIONS or not 0 < length <= _MAX_RECORD_BYTES:
            return None
        operations, buffer_bytes = (unpack_padded(">I", data, at)[0] for at in (_OPERATIONS_AT, _BUFFER_BYTES_AT))
        has_several = version == _SEVERAL_HEADERS and _HEADER_COVERS_BYTES < buffer_bytes <= _MAX_RECORD_BYTES
        headers = -(-buffer_bytes // _HEADER_COVERS_BYTES) if has_several else 1
        return _Record(block, cycle, headers, -(-length // _BLOCK_BYTES), operations)

    def _read(self, block: int, count: int) -> bytes:
        """Blocks from one on, which may lie before the start or behind the end of the ring."""
        block %= self.blocks
        to_end = min(count, self.blocks - block)
        data = self._region.read(self._start + block * _BLOCK_BYTES, to_end * _BLOCK_BYTES)
        return data if to_end == count else data + self._read(0, count - to_end)


def _cycle(block: bytes) -> int:
    magic, cycle = struct.unpack_from(">2I", block)
    return int(cycle if magic == _RECORD_MAGIC else magic)
