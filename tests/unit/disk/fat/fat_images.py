"""FAT volumes as mkfs.vfat and mtools make them, and what mtools then reads of them."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.unit.disk.inspection.disk_tools import MIB, Sparse, missing, run, sparse_file

from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.fat.fat_volume import FatVolume
from pulumi_vmimport.disk.raw_content import RawContent

MTOOLS = {**os.environ, "MTOOLSRC": os.devnull, "MTOOLS_SKIP_CHECK": "1", "LC_ALL": "C.UTF-8"}
"""mtools refuses sizes that it calls unusual, and would read the configuration of the user"""


@dataclass(frozen=True)
class Fat:
    """A volume in a file."""

    path: Path

    def volume(self) -> FatVolume:
        return FatVolume(DiskRegion.of_disk(RawContent(Sparse(self.path))))

    def make(self, *folders: str) -> None:
        self.mtools("mmd", *(f"::{folder}" for folder in folders))

    def write(self, name: str, data: bytes) -> None:
        self.mtools("mcopy", "-o", "-", f"::{name}", data=data)

    def delete(self, *names: str) -> None:
        self.mtools("mdel", *(f"::{name}" for name in names))

    def listed(self) -> set[str]:
        """Every path by its long name, with `/` at the end of a directory."""
        lines = self.mtools("mdir", "-b", "-a", "-/", "::").decode().splitlines()
        return {line.removeprefix("::") for line in lines if line.startswith("::/")}

    def content(self, name: str) -> bytes:
        return self.mtools("mtype", f"::{name}")

    def mtools(self, tool: str, *words: str, data: bytes = b"") -> bytes:
        command = [tool, "-i", str(self.path), *words]
        done = subprocess.run(command, input=data, env=MTOOLS, capture_output=True, check=False)
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout


def make_fat(path: Path, size_mib: int, *options: object) -> Fat:
    """An empty volume; skips the test where the tools are missing."""
    if absent := missing("mkfs.vfat", "mcopy"):
        pytest.skip(f"{absent}: see `make file-system-tools`")
    run("mkfs.vfat", *options, sparse_file(path, size_mib * MIB))
    return Fat(path)


def walked(volume: FatVolume, path: str = "/") -> set[str]:
    """As Fat.listed, by the reader."""
    folder = volume.find(path)
    assert folder is not None
    paths = set()
    for entry in folder.entries():
        inside = f"{path}{entry.name}"
        paths |= {f"{inside}/", *walked(volume, f"{inside}/")} if entry.is_directory else {inside}
    return paths
