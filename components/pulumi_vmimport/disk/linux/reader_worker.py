"""The process that runs a C library on an untrusted volume.

volume_process.py starts it; it imports nothing of this package. It asks its parent for the bytes of the volume, so that
it opens no file itself. Messages in both directions are a kind of one byte, a length of four bytes (big-endian) and a
payload:

    C  parent: a command in JSON                O  worker: the answer to a command
    D  parent: the bytes of a request           E  worker: the command failed, with the words of the library
    F  parent: the bytes cannot be read         R  worker: a request, the offset and length of a read
"""

import importlib.machinery
import importlib.util
import json
import os
import resource
import struct
import sys
from collections import OrderedDict
from typing import Any, BinaryIO

BLOCK_BYTES = 64 << 10
MAX_CPU_SECONDS = 60
MAX_MEMORY_BYTES = 1 << 30
MAX_NAMES = 100_000
"""Names of one directory; the directories that matter have a few hundred"""
_CACHED_BLOCKS = 128
_HEADER = struct.Struct(">cI")
_READ = struct.Struct(">QI")


class Channel:
    """Messages to and from the parent."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming, self._outgoing = incoming, outgoing

    def send(self, kind: bytes, payload: bytes = b"") -> None:
        self._outgoing.write(_HEADER.pack(kind, len(payload)) + payload)
        self._outgoing.flush()

    def receive(self) -> tuple[bytes, bytes]:
        """The next message. Raises: EOFError if the other side is gone."""
        kind, length = _HEADER.unpack(self._exactly(_HEADER.size))
        return kind, self._exactly(length)

    def _exactly(self, length: int) -> bytes:
        data = self._incoming.read(length)
        if len(data) < length:
            raise EOFError
        return data

    def request(self, offset: int, length: int) -> bytes:
        """Bytes of the volume. Raises: OSError if the parent cannot read them."""
        self.send(b"R", _READ.pack(offset, length))
        kind, data = self.receive()
        if kind != b"D":
            raise OSError("the image cannot be read there")
        return data


class VolumeFile:
    """The volume as the file object that the library reads, in cached blocks."""

    def __init__(self, channel: Channel, size_bytes: int) -> None:
        self._channel, self._size, self._at = channel, size_bytes, 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def get_size(self) -> int:
        return self._size

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> None:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]

    def read(self, length: int = -1) -> bytes:
        end = self._size if length < 0 else min(self._at + length, self._size)
        parts = []
        while 0 <= self._at < end:
            number, start = divmod(self._at, BLOCK_BYTES)
            part = self._block(number)[start : start + end - self._at]
            if not part:
                break
            parts.append(part)
            self._at += len(part)
        return b"".join(parts)

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            at = number * BLOCK_BYTES
            self._blocks[number] = self._channel.request(at, min(BLOCK_BYTES, self._size - at))
            if len(self._blocks) > _CACHED_BLOCKS:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(number)
        return self._blocks[number]


class Commands:
    """What the parent may ask of a volume. Entries are named by their path, which no command follows through a link."""

    def __init__(self, volume: Any) -> None:
        self._volume = volume

    def look(self, path: str) -> bytes:
        """Mode, size and target of an entry; nothing if there is none."""
        entry = self._volume.get_file_entry_by_path(path)
        if entry is None:
            return b"null"
        mode = entry.file_mode
        target = entry.get_symbolic_link_target() if mode & 0xF000 == 0xA000 else None  # noqa: PLR2004 - S_IFLNK
        return json.dumps({"mode": mode, "size": entry.get_size(), "target": target}).encode()

    def read(self, path: str, offset: int, length: int) -> bytes:
        entry = self._volume.get_file_entry_by_path(path)
        there = min(length, entry.get_size() - offset)
        return bytes(entry.read_buffer_at_offset(there, offset)) if there > 0 else b""

    def names(self, path: str) -> bytes:
        """The names of a directory, and whether each is a directory."""
        entry = self._volume.get_file_entry_by_path(path)
        count = entry.number_of_sub_file_entries
        if count > MAX_NAMES:
            raise OSError(f"expected at most {MAX_NAMES} names, got {count}")
        entries = (entry.get_sub_file_entry(number) for number in range(count))
        return json.dumps([(e.name, e.file_mode & 0xF000 == 0x4000) for e in entries]).encode()  # noqa: PLR2004 - S_IFDIR


def load(name: str, path: str) -> Any:
    """An extension module from its file: with the options -I and -S, Python knows no installed packages."""
    loader = importlib.machinery.ExtensionFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.machinery.ModuleSpec(name, loader, origin=path))
    loader.exec_module(module)
    return module


def limit() -> None:
    """A loop or an allocation that a damaged volume causes ends this process, not the machine's memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    if sys.platform == "linux":  # macOS refuses it
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))


def serve(channel: Channel, module: Any, size_bytes: int) -> None:
    """Answer commands until the parent is gone."""
    volume = module.volume()
    commands: Commands | None = None
    file = VolumeFile(channel, size_bytes)
    while True:
        try:
            _, payload = channel.receive()
        except EOFError:
            return
        command = json.loads(payload)
        try:
            if commands is None:
                volume.open_file_object(file)
                commands = Commands(volume)
            answer: bytes = getattr(commands, command["name"])(*command["arguments"])
        except EOFError:
            return
        except Exception as error:  # noqa: BLE001 - the libraries raise what they like; the parent reports the words
            channel.send(b"E", (str(error) or type(error).__name__).encode(errors="replace"))
        else:
            channel.send(b"O", answer)


if __name__ == "__main__":
    limit()
    serve(Channel(sys.stdin.buffer, sys.stdout.buffer), load(sys.argv[1], sys.argv[2]), int(sys.argv[3]))
