"""Volumes of mkntfs, wimlib and ntfs-3g, and what libfsntfs reads from them."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.unit.disk.inspection.disk_tools import Sparse, run, write_at

from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.ntfs.file_record import DATA
from pulumi_vmimport.disk.ntfs.ntfs_volume import NtfsVolume
from pulumi_vmimport.disk.ntfs.streams import ClusterStream
from pulumi_vmimport.disk.raw_content import RawContent

TOOLS = ("mkntfs", "ntfscp", "wimlib-imagex")
_BITMAP_RECORD = 6
_STEP_BYTES = 100_000  # no multiple of anything
_FIRST_ORDINARY_RECORD, _RECORD_MASK = 16, (1 << 48) - 1
# Path, then (size, SHA-1) of a file, None of a directory.
Listing = dict[str, tuple[int, str] | None]


def fill(path: Path, tree: Path) -> Path:
    """Add the files of a tree to a volume."""
    archive = path.with_suffix(".wim")
    run("wimlib-imagex", "capture", tree, archive, "--compress=none", "--no-acls")
    run("wimlib-imagex", "apply", archive, "1", path)
    archive.unlink()
    return path


def take_clusters(path: Path, pattern: bytes) -> None:
    """Mark free clusters of a volume as taken by a pattern of its bitmap, so that files become fragments."""
    volume = opened(path)
    bitmap = volume._table.stream(_BITMAP_RECORD, "", DATA)
    assert isinstance(bitmap, ClusterStream)
    cluster, _ = bitmap.runs.at(0)
    data = bitmap.read(0, bitmap.size_bytes)
    taken = bytes(byte | pattern[at % len(pattern)] for at, byte in enumerate(data))
    write_at(path, cluster * volume._table.clusters.cluster_bytes, taken)


def opened(path: Path) -> NtfsVolume:
    return NtfsVolume(DiskRegion.of_disk(RawContent(Sparse(path))))


def listed(path: Path) -> Listing:
    """All files of a volume by our reader, each looked up by its path in swapped case."""
    volume = opened(path)
    found: Listing = {}
    pending = [""]
    while pending:
        directory = pending.pop()
        file = volume.find(directory.swapcase())
        assert file
        for entry in file.entries():
            name = f"{directory}/{entry.name}"
            child = volume.find(name.swapcase() if name.isascii() else name)
            assert child, name
            assert (child.path, child.is_directory) == (name.replace("/", "\\"), entry.is_directory)
            if entry.is_directory:
                pending.append(name)
            found[name] = None if entry.is_directory else (child.size_bytes, _hash(child.read, child.size_bytes))
    return found


def listed_by_oracle(path: Path) -> Listing:
    """The same by libfsntfs."""
    import pyfsntfs  # noqa: PLC0415 - the stored volume needs neither it nor tools

    volume = pyfsntfs.volume()
    volume.open(str(path))
    found: Listing = {}
    pending = [("", volume.get_root_directory())]
    while pending:
        directory, entry = pending.pop()
        for child in entry.sub_file_entries:
            if not directory and (child.name == "." or child.file_reference & _RECORD_MASK < _FIRST_ORDINARY_RECORD):
                continue
            name = f"{directory}/{child.name}"
            if child.has_directory_entries_index():
                found[name] = None
                pending.append((name, child))
            else:
                found[name] = child.size, _hash(_reader(child), child.size)
    volume.close()
    return found


def listed_on_this_machine(tree: Path) -> Listing:
    """The same of the files that a volume was made of."""
    return {
        f"/{path.relative_to(tree)}": None
        if path.is_dir()
        else (path.stat().st_size, hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest())
        for path in tree.rglob("*")
    }


def _reader(entry: Any) -> Callable[[int, int], bytes]:
    def read(offset: int, length: int) -> bytes:
        data: bytes = entry.read_buffer_at_offset(min(length, entry.size - offset), offset)
        return data

    return read


def _hash(read: Callable[[int, int], bytes], size: int) -> str:
    """Of the content, read with (offset, length)."""
    digest = hashlib.sha1(usedforsecurity=False)
    for at in range(0, size, _STEP_BYTES):
        data = read(at, _STEP_BYTES)
        assert len(data) == min(size - at, _STEP_BYTES)
        digest.update(data)
    return digest.hexdigest()
