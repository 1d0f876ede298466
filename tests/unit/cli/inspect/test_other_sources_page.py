"""docs/other_sources.md: every command that this machine can run produces an image that `vmimport inspect` passes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.unit.disk.inspection.disk_tools import missing, run, sfdisk, sparse_file, write_at

from pulumi_vmimport.cli.group import vmimport

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "other_sources.md").read_text(encoding="utf-8")
MIB = 1 << 20
# The formats of the disks that the commands read, and the folder in which the commands of Nutanix read them.
SOURCES = {"web.qcow2": "qcow2", "web.vdi": "vdi", "web.raw": "raw", "UUID": "raw"}
MOUNTED = "/mnt/nutanix/.acropolis/vmdisk"
PLATFORMS = ("Azure", "Hyper-V", "XenServer", "Proxmox", "Nutanix", "KVM", "VirtualBox", "Google Cloud")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """The commands of the page that run anywhere: conversions and the archive of Google Cloud."""
    lines = [line for block in blocks("bash") for line in block.replace("\\\n", " ").splitlines()]
    chosen = [line.split("   #")[0] for line in lines if re.match(r"(qemu-img|tar) ", line)]
    return sorted({re.sub(r" +", " ", line).strip() for line in chosen})


def inspected(image: Path, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(vmimport, ["inspect", str(image), *options])
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw Windows disk with a GPT, whose size no geometry of a VHD divides."""
    path = sparse_file(tmp_path_factory.mktemp("disk") / "disk.raw", 65 * MIB)
    sfdisk(path, "label: gpt\nsize=16M, type=U\nsize=40M\n")
    write_at(path, MIB, b"\xeb\x58\x90MSDOS5.0".ljust(82, b"\0") + b"FAT32   ".ljust(428, b"\0") + b"\x55\xaa")
    write_at(path, 17 * MIB, b"\xeb\x52\x90NTFS    ".ljust(510, b"\0") + b"\x55\xaa")
    code, output = inspected(path)
    assert code == 0, output
    return path


@pytest.fixture
def folder(tmp_path: Path, disk: Path) -> Path:
    """A folder with the disks that the commands read, and with a `pvesm` that returns the path of one."""
    for name, form in SOURCES.items():
        run("qemu-img", "convert", "-f", "raw", "-O", form, disk, tmp_path / name)
    (tmp_path / "disk.raw").write_bytes(disk.read_bytes())
    run("tar", "-czSf", tmp_path / "web.tar.gz", "-C", tmp_path, "disk.raw")
    run("qemu-img", "convert", "-f", "raw", "-O", "vpc", "-o", "subformat=fixed,force_size", disk, tmp_path / "web.vhd")
    pvesm = tmp_path / "pvesm"
    pvesm.write_text(f"#!/bin/sh\n[ $1 = path ] && echo {tmp_path}/web.raw\n")
    pvesm.chmod(0o755)
    return tmp_path


def test_every_platform_has_a_section_with_commands() -> None:
    sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    for platform in PLATFORMS:
        (section,) = [text for text in sections if platform in text.splitlines()[0]]
        assert "```" in section
        assert any(platform in line for line in PAGE.splitlines() if line.startswith("| ")), "agents to remove"


@pytest.mark.parametrize("command", commands(), ids=lambda command: re.sub(r"[^\w]+", "-", command)[-60:])
def test_a_command_of_the_page_makes_an_image_that_inspect_passes(command: str, folder: Path, disk: Path) -> None:
    if tools := missing(command.split(maxsplit=1)[0]):
        pytest.skip(f"not installed: {tools}")
    result = folder / ("disk.raw" if command.startswith("tar") else command.rsplit(maxsplit=1)[-1])
    if result.name not in command.split()[:-1]:
        result.unlink(missing_ok=True)
    path = f"{folder}:{os.environ['PATH']}:/usr/sbin"
    local = command.replace(MOUNTED, str(folder))
    done = subprocess.run(
        ["/bin/bash", "-c", local],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for profile in ("ec2", "snapshot"):
        code, output = inspected(result, "--profile", profile, "--deep")
        assert code == 0, output
        assert "gpt-backup" not in output
    run("qemu-img", "compare", "-f", "raw", disk, result)


def test_a_vhd_without_force_size_has_its_gpt_backup_inside_the_disk(disk: Path, tmp_path: Path) -> None:
    run("qemu-img", "convert", "-f", "raw", "-O", "vpc", disk, tmp_path / "web.vhd")
    assert "gpt-backup-not-at-end" in inspected(tmp_path / "web.vhd")[1]
    assert "gpt-backup-not-at-end" in PAGE


def test_the_program_of_the_page_runs(tmp_path: Path) -> None:
    (program,) = blocks("python")
    mocks = "from pulumi.runtime import set_mocks\nfrom pulumi_vmimport.testing import VmimportMocks\nset_mocks(VmimportMocks())\n"
    done = subprocess.run(
        [sys.executable, "-c", mocks + program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
