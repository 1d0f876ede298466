"""The files of an installed system: its volumes, mounted as its fstab says."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.linux.paths import LinuxFile, Look, Node, follow

T = TypeVar("T")
MAX_FILES = 200
"""Configuration files in one directory"""


class GuestTree:
    """A root volume with other volumes on top. Missing files are empty; what cannot be read raises."""

    def __init__(self, root: Look, mounts: Mapping[str, Look], missing: Mapping[str, str]) -> None:
        """`mounts` and `missing` are by mount point; `missing` says why a volume is not there."""
        self._root = root
        self._mounts = dict(sorted(mounts.items(), key=lambda mount: -len(mount[0])))
        self._missing = dict(missing)

    def look(self, path: str) -> Node | None:
        """The entry with a path without links. Raises: UnreadableVolumeError, also if its volume is not there."""
        for point, reason in self._missing.items():
            if _is_below(path, point):
                raise UnreadableVolumeError(path, reason)
        for point, look in self._mounts.items():
            if _is_below(path, point):
                return look(path.removeprefix(point) or "/")
        return self._root(path)

    def find(self, path: str) -> LinuxFile | None:
        """The file that a path leads to. Raises: as `File.read`."""
        return follow(self.look, path)

    def first(self, paths: Iterable[str]) -> LinuxFile | None:
        """The first of these files that exists. Raises: as `File.read`."""
        return next((file for file in map(self.find, paths) if file is not None), None)

    def text(self, path: str) -> str:
        """The content of a configuration file; empty if there is none. Raises: as `File.read`."""
        file = self.find(path)
        return file.text() if file is not None and not file.is_directory else ""

    def names(self, path: str) -> list[str]:
        """The sorted names in a directory; none if there is no directory. Raises: as `File.read`."""
        file = self.find(path)
        return sorted(entry.name for entry in file.entries()) if file is not None and file.is_directory else []

    def files(self, folder: str, *suffixes: str) -> list[str]:
        """The paths in a directory that end in one of these suffixes. Raises: as `File.read`."""
        found = [f"{folder}/{name}" for name in self.names(folder) if name.endswith(suffixes)]
        return at_most(MAX_FILES, found, folder)


def at_most(most: int, found: list[T], where: str) -> list[T]:
    """The list itself. Raises: UnreadableVolumeError if it has more entries, which no system has."""
    if len(found) > most:
        raise UnreadableVolumeError(where, f"expected at most {most} entries, got {len(found)}")
    return found


def _is_below(path: str, point: str) -> bool:
    return path == point or path.startswith(f"{point}/")


def settings(text: str) -> dict[str, str]:
    """The assignments of a file that a shell reads, such as /etc/os-release; the last one of a name counts."""
    found = {}
    for line in text.splitlines():
        name, separator, value = line.strip().removeprefix("export ").partition("=")
        if separator and not name.startswith("#"):
            found[name.strip()] = value.strip().strip("\"'")
    return found
