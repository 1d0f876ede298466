"""Disks and partitions as the tools of Linux make them, and what those tools then say of them."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MIB = 1 << 20
_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def missing(*tools: str) -> str:
    """The tools that are not on this machine; `make setup` names their packages."""
    return " ".join(tool for tool in tools if shutil.which(tool, path=_PATH) is None)


def run(*command: object, text: str | None = None, status: int = 0) -> str:
    done = subprocess.run(
        [str(shutil.which(str(command[0]), path=_PATH)), *map(str, command[1:])],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": _PATH, "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == status, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@dataclass
class Sparse:
    """A file as readers want it; counts what is read."""

    path: Path
    reads: int = 0
    read_bytes: int = 0
    is_local: bool = True

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size

    def read_at(self, offset: int, length: int) -> bytes:
        assert offset >= 0
        assert length >= 0
        self.reads += 1
        self.read_bytes += length
        with self.path.open("rb") as file:
            return os.pread(file.fileno(), length, offset)

    def extents(self) -> Iterator[tuple[int, int]]:
        yield 0, self.size_bytes


def sparse_file(path: Path, size_bytes: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size_bytes)
    return path


def write_at(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def bytes_at(path: Path, offset: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length)


def place(part: Path, disk: Path, offset: int) -> None:
    """Put a file's data into another at an offset; holes stay holes."""
    with part.open("rb") as read, disk.open("r+b") as write:
        end, size = 0, part.stat().st_size
        while end < size:
            try:
                start = os.lseek(read.fileno(), end, os.SEEK_DATA)
            except OSError:
                return
            end = os.lseek(read.fileno(), start, os.SEEK_HOLE)
            os.pwrite(write.fileno(), os.pread(read.fileno(), end - start, start), offset + start)


def sfdisk(disk: Path, script: str) -> dict[str, Any]:
    """Divide a disk; returns what sfdisk then lists."""
    run("sfdisk", "--quiet", disk, text=script)
    return listed(disk)


def listed(disk: Path) -> dict[str, Any]:
    table: dict[str, Any] = json.loads(run("sfdisk", "--json", disk))["partitiontable"]
    return table


def blkid(path: Path, offset: int = 0, size: int | None = None) -> dict[str, str]:
    """What libblkid finds; nothing when it finds nothing."""
    part: Sequence[object] = ("--offset", offset, *(("--size", size) if size else ()))
    done = subprocess.run(
        [str(shutil.which("blkid", path=_PATH)), "-p", "-d", *map(str, part), "-o", "export", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 2}, done.stderr
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
