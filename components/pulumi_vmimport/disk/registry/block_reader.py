"""A file that is read in small blocks, of which the latest are kept."""

from collections import OrderedDict

from pulumi_vmimport.disk.file_tree import File, UnreadableVolumeError

BLOCK_BYTES = 16 << 10
MAX_BLOCKS = 128
MAX_READ_BYTES = 128 << 20
"""How much of a file is read in all: the look-ups of every fact of a real hive take 6 MB."""


class BlockReader:
    """Reads a file; keeps at most 2 MiB of it, so that neighboring cells cost one read."""

    def __init__(self, file: File) -> None:
        self.path = file.path
        self.size_bytes = file.size_bytes
        self._file = file
        self._read_bytes = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._latest_number, self._latest = -1, b""

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from an offset on; fewer only at the end of the file.

        Raises: as `File.read`; UnreadableVolumeError also if more than `MAX_READ_BYTES` were read in all.
        """
        end = min(offset + length, self.size_bytes)
        if offset >= end:
            return b""
        first, last = offset // BLOCK_BYTES, (end - 1) // BLOCK_BYTES
        if first == last:  # nearly always, so the latest block has a short way
            if first != self._latest_number:
                self._latest = self._cached(first) or self._read_blocks(first, first)
                self._latest_number = first
            data = self._latest
        elif last - first >= MAX_BLOCKS // 2:  # a large value: keep the blocks of keys
            return self._read_file(offset, end - offset)
        else:
            data = self._joined(first, last)
        start = offset - first * BLOCK_BYTES
        return data[start : start + end - offset]

    def _joined(self, first: int, last: int) -> bytes:
        parts, at = [], first
        while at <= last:
            block, until = self._cached(at), at
            if block is None:
                while until < last and until + 1 not in self._blocks:
                    until += 1
                block = self._read_blocks(at, until)
            parts.append(block)
            at = until + 1
        return b"".join(parts)

    def _cached(self, number: int) -> bytes | None:
        block = self._blocks.get(number)
        if block is not None:
            self._blocks.move_to_end(number)
        return block

    def _read_blocks(self, first: int, last: int) -> bytes:
        start = first * BLOCK_BYTES
        data = self._read_file(start, min((last + 1) * BLOCK_BYTES, self.size_bytes) - start)
        for number in range(first, last + 1):
            self._blocks[number] = data[(number - first) * BLOCK_BYTES :][:BLOCK_BYTES]
        while len(self._blocks) > MAX_BLOCKS:
            self._blocks.popitem(last=False)
        return data

    def _read_file(self, offset: int, length: int) -> bytes:
        self._read_bytes += length
        if self._read_bytes > MAX_READ_BYTES:  # its lists lead everywhere
            raise UnreadableVolumeError(
                self.path, f"what was looked up takes more than {MAX_READ_BYTES >> 20} MiB of it"
            )
        return self._file.read(offset, length)
