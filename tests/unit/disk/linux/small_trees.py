"""Trees of files in memory, as GuestTree reads them from volumes."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass

from tests.unit.disk.linux.linux_volumes import Files, Link

from pulumi_vmimport.disk.file_tree import DirectoryEntry
from pulumi_vmimport.disk.linux.guest_tree import GuestTree


@dataclass
class MemoryNode:
    """A file, link, or directory with these names."""

    data: bytes
    mode: int
    target: str = ""
    names: tuple[DirectoryEntry, ...] = ()

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]

    def entries(self) -> Iterator[DirectoryEntry]:
        yield from self.names


def nodes_of(files: Files) -> dict[str, MemoryNode]:
    nodes: dict[str, MemoryNode] = {}
    folders: dict[str, dict[str, bool]] = {"/": {}}
    for path, content in files.items():
        parts = path.strip("/").split("/")
        for depth in range(len(parts)):
            folder = "/" + "/".join(parts[:depth])
            is_folder = depth < len(parts) - 1 or content is None
            folders.setdefault(folder, {})[parts[depth]] = is_folder
        if isinstance(content, Link):
            nodes[path] = MemoryNode(b"", stat.S_IFLNK | 0o777, str(content))
        elif content is None:
            folders.setdefault(path, {})
        else:
            data = content.encode() if isinstance(content, str) else bytes(content)
            nodes[path] = MemoryNode(data, stat.S_IFREG | 0o644)
    for folder, names in folders.items():
        entries = tuple(DirectoryEntry(name, is_folder) for name, is_folder in names.items())
        nodes[folder] = MemoryNode(b"", stat.S_IFDIR | 0o755, names=entries)
    return nodes


def tree_of(files: Files) -> GuestTree:
    return GuestTree(nodes_of(files).get, {}, {})
