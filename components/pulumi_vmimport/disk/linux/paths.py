"""Follows paths of Linux through symbolic links, on one volume or on several that are mounted together."""

import stat
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from pulumi_vmimport.disk.file_tree import DirectoryEntry, UnreadableVolumeError

_MAX_LINKS = 40  # as Linux
MAX_FILE_BYTES = 4 << 20
"""Of a configuration file; larger ones are not read"""


class Node(Protocol):
    """An entry of a volume: a file, directory, link or device."""

    @property
    def mode(self) -> int:
        """Type and permissions, as in `stat.st_mode`."""

    @property
    def size_bytes(self) -> int:
        """The size of the content."""

    @property
    def target(self) -> str:
        """The target of a symbolic link."""

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from an offset on; fewer only at the end. Raises: as `File.read`."""

    def entries(self) -> Iterator[DirectoryEntry]:
        """The names in a directory. Raises: as `File.read`."""


Look = Callable[[str], Node | None]
"""The entry with an absolute path that contains no links; None if there is none"""


@dataclass(frozen=True)
class LinuxFile:
    """A file or directory, found through links."""

    path: str
    """Where it is, after links were followed"""
    node: Node

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return stat.S_ISDIR(self.node.mode)

    @property
    def size_bytes(self) -> int:
        """The size of the content."""
        return self.node.size_bytes

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from an offset on; fewer only at the end of the file. Raises: as `File.read`."""
        if not stat.S_ISREG(self.node.mode):
            raise UnreadableVolumeError(self.path, "it is no regular file")
        return self.node.read(offset, length)

    def entries(self) -> Iterator[DirectoryEntry]:
        """The names in a directory. Raises: as `File.read`."""
        return self.node.entries()

    def text(self) -> str:
        """The content of a configuration file. Raises: as `read`, and if the file is too large for one."""
        if self.size_bytes > MAX_FILE_BYTES:
            raise UnreadableVolumeError(self.path, f"expected at most {MAX_FILE_BYTES} bytes, got {self.size_bytes}")
        return self.read(0, self.size_bytes).decode("utf-8", errors="replace")


def follow(look: Look, path: str) -> LinuxFile | None:
    """The entry that a path leads to; None if it does not exist, or a link on the way leads nowhere.

    Raises: UnreadableVolumeError if links form a loop; as `File.read`.
    """
    rest = deque(path.split("/"))
    at: list[str] = []
    links = 0
    while rest:
        name = rest.popleft()
        if name == "..":
            del at[-1:]
        if name in {"", ".", ".."}:
            continue
        here = "/" + "/".join([*at, name])
        node = look(here)
        if node is None:
            return None
        if not stat.S_ISLNK(node.mode):
            if any(rest) and not stat.S_ISDIR(node.mode):
                return None
            at.append(name)
            continue
        links += 1
        if links > _MAX_LINKS:
            raise UnreadableVolumeError(path, f"more than {_MAX_LINKS} symbolic links on the way")
        if node.target.startswith("/"):
            at.clear()
        rest.extendleft(reversed(node.target.split("/")))
    here = "/" + "/".join(at)
    found = look(here)
    return LinuxFile(here, found) if found is not None else None
