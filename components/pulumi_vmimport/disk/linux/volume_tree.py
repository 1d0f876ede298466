"""The files of an ext2, ext3, ext4 or XFS volume."""

import json
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.file_tree import DirectoryEntry, UnreadableVolumeError
from pulumi_vmimport.disk.inspection.facts import FileSystem
from pulumi_vmimport.disk.linux.paths import LinuxFile, follow
from pulumi_vmimport.disk.linux.volume_process import VolumeProcess

LIBRARIES = {
    FileSystem.EXT2: "pyfsext",
    FileSystem.EXT3: "pyfsext",
    FileSystem.EXT4: "pyfsext",
    FileSystem.XFS: "pyfsxfs",
}
"""The library that reads a file system, by its Python module"""
_READ_BYTES = 1 << 20
_MAX_KNOWN_NODES = 1 << 16


@dataclass(frozen=True)
class VolumeNode:
    """An entry of a volume."""

    process: VolumeProcess
    path: str
    mode: int
    size_bytes: int
    target: str

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from an offset on; fewer only at the end of the file."""
        parts, end = [], min(offset + length, self.size_bytes)
        while offset < end:
            part = self.process.command(self.path, "read", offset, min(_READ_BYTES, end - offset))
            if not part:
                raise UnreadableVolumeError(
                    f"{self.process.where}: {self.path}", f"expected {self.size_bytes} bytes, got {offset}"
                )
            parts.append(part)
            offset += len(part)
        return b"".join(parts)

    def entries(self) -> Iterator[DirectoryEntry]:
        """The names in a directory."""
        if not stat.S_ISDIR(self.mode):
            raise UnreadableVolumeError(f"{self.process.where}: {self.path}", "it is no directory")
        for name, is_directory in json.loads(self.process.command(self.path, "names")):
            if _is_name(name):
                yield DirectoryEntry(name, is_directory is True)


class LinuxVolume:
    """The files of a volume, as a FileTree. Close it, because a process reads it."""

    def __init__(self, region: DiskRegion, file_system: FileSystem, where: str) -> None:
        """Raises: UnreadableVolumeError if the file system, or the library for it, is not there."""
        library = LIBRARIES.get(file_system)
        if library is None:
            raise UnreadableVolumeError(
                where, f"expected ext2, ext3, ext4 or XFS, got {file_system}, which is not read"
            )
        self._process = VolumeProcess(library, region, where)
        self._nodes: dict[str, VolumeNode | None] = {}

    def close(self) -> None:
        """End the process that reads the volume."""
        self._process.close()

    def look(self, path: str) -> VolumeNode | None:
        """The entry with this absolute path; a link is returned as such. Raises: as `File.read`."""
        if path not in self._nodes:
            if len(self._nodes) >= _MAX_KNOWN_NODES:
                self._nodes.clear()
            self._nodes[path] = self._node(path)
        return self._nodes[path]

    def find(self, path: str) -> LinuxFile | None:
        """The file with this path; links are followed on this volume. Raises: as `File.read`."""
        return follow(self.look, path)

    def _node(self, path: str) -> VolumeNode | None:
        if "\0" in path or any("\ud800" <= character <= "\udfff" for character in path):
            return None  # the library takes neither, and no volume has such names in UTF-8
        found: dict[str, Any] | None = json.loads(self._process.command(path, "look"))
        if found is None:
            return None
        mode, size, target = found["mode"], found["size"], found["target"] or ""
        return VolumeNode(self._process, path, mode, size, target)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name not in {"", ".", ".."} and "/" not in name and "\0" not in name
