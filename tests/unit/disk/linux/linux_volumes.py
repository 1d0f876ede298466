"""Volumes of Linux with given files: made by mke2fs and mkfs.xfs, without mounting anything."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.unit.disk.inspection.disk_tools import MIB, Sparse, run, sparse_file

from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.raw_content import RawContent

Files = Mapping[str, "str | bytes | Link | Sized | None"]
"""By path: text or bytes; None for a directory"""


class Link(str):
    """The target of a symbolic link."""

    __slots__ = ()


class Sized(int):
    """A file of this many bytes that is one hole but for its last byte."""

    __slots__ = ()


def write_tree(folder: Path, files: Files) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files.items():
        path = folder / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.mkdir(exist_ok=True)
        elif isinstance(content, Link):
            path.symlink_to(str(content))
        elif isinstance(content, Sized):
            with sparse_file(path, content - 1).open("ab") as file:
                file.write(b"!")
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def ext(path: Path, files: Files, *options: str, kind: str = "ext4", mib: int = 16) -> Path:
    """`options` are those of mke2fs."""
    tree = write_tree(path.with_suffix(".tree"), files)
    run("mke2fs", "-q", "-F", "-t", kind, *options, "-d", tree, sparse_file(path, mib * MIB))
    return path


def xfs(path: Path, files: Files, *options: str, mib: int = 320) -> Path:
    """`options` are those of mkfs.xfs."""
    tree = write_tree(path.with_suffix(".tree"), files)
    proto = path.with_suffix(".proto")
    proto.write_text("\n".join(["/", "0 0", "d--755 0 0", *prototype(tree), "$", ""]))
    run("mkfs.xfs", "-q", "-f", *options, "-p", proto, sparse_file(path, mib * MIB))
    return path


def prototype(folder: Path) -> list[str]:
    lines = []
    for path in sorted(folder.iterdir()):
        mode = "755" if path.is_dir() or os.access(path, os.X_OK) else "644"
        if path.is_symlink():
            lines.append(f"{path.name} l--777 0 0 {path.readlink()}")
        elif path.is_dir():
            lines += [f"{path.name} d--{mode} 0 0", *prototype(path), "$"]
        else:
            lines.append(f"{path.name} ---{mode} 0 0 {path}")
    return lines


def region_of(path: Path) -> DiskRegion:
    return DiskRegion.of_disk(RawContent(Sparse(path)))
