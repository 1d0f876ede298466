"""A small cache of the blocks of a region that were read last."""

from collections import OrderedDict

from pulumi_vmimport.disk.disk_region import MAX_READ_BYTES, DiskRegion

# A look-up in a directory or a registry hive reads a few hundred bytes here and there. Over a network a request costs
# more than 64 KiB of data, and 64 KiB is one grain of a stream-optimized VMDK.
_LOCAL_BLOCK_BYTES, _FAR_BLOCK_BYTES = 16 << 10, 64 << 10
_CACHE_BYTES = 8 << 20
_LARGE_BLOCKS = 16
"""A read of more than these blocks is not kept: its data is read once, in order"""


class BlockCache:
    """Reads a region in blocks and keeps at most 8 MiB of them. Blocks that are missing in a row are one read."""

    def __init__(self, region: DiskRegion) -> None:
        self.size_bytes = region.size_bytes
        self._region = region
        self._block_bytes = _LOCAL_BLOCK_BYTES if region.content.is_local else _FAR_BLOCK_BYTES
        self._most_blocks = _CACHE_BYTES // self._block_bytes
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from an offset on, of any length; as `DiskRegion.read`, with zeros outside the region.

        Raises: DiskImageError; what the source raises.
        """
        first, end = offset // self._block_bytes, -(-(offset + length) // self._block_bytes)
        if end - first > _LARGE_BLOCKS:
            return self._read_region(offset, length)
        missing = [number for number in range(first, end) if number not in self._blocks]
        if missing:
            self._load(missing[0], missing[-1] + 1)
        start = offset - first * self._block_bytes
        if end - first == 1:
            return self._block(first)[start : start + length]
        return b"".join(map(self._block, range(first, end)))[start : start + length]

    def _block(self, number: int) -> bytes:
        self._blocks.move_to_end(number)
        return self._blocks[number]

    def _load(self, first: int, end: int) -> None:
        """Load blocks in one read; those between that are already there are cheaper read twice than separately."""
        size = self._block_bytes
        data = self._read_region(first * size, (end - first) * size)
        for number in range(first, end):
            self._blocks[number] = data[(number - first) * size : (number - first + 1) * size]
            self._blocks.move_to_end(number)
        while len(self._blocks) > self._most_blocks:
            self._blocks.popitem(last=False)

    def _read_region(self, offset: int, length: int) -> bytes:
        parts = [
            self._region.read(offset + at, min(length - at, MAX_READ_BYTES)) for at in range(0, length, MAX_READ_BYTES)
        ]
        return parts[0] if len(parts) == 1 else b"".join(parts)
