"""Every command and argument that a remedy names: the command runs and removes the finding; the argument exists."""

import io
import re
import struct
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.disk.inspection.container_images import archive
from tests.unit.disk.inspection.disk_tools import Sparse, missing, run, sfdisk, sparse_file, write_at
from tests.unit.disk.inspection.sample_descriptors import VSPHERE_OVF

import pulumi_vmimport
import pulumi_vmimport.disk as disk_package
from pulumi_vmimport.cli.inspect.inspect_command import inspect
from pulumi_vmimport.disk import other_formats, vhdx_structures
from pulumi_vmimport.disk.conversion_remedies import conversion_of_flat_data, conversion_of_part
from pulumi_vmimport.disk.disk_errors import NotStreamOptimizedError
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.rules import ova_rules
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog
from pulumi_vmimport.image_profile import ImageProfile

MIB = 1 << 20
# Programs of Windows, VMware, macOS, Proxmox and others that this machine does not have.
ELSEWHERE = {
    "ovftool", "chkdsk", "manage-bde", "vma", "simg2img", "ewfexport", "7z", "unrar", "cabextract", "unsquashfs", "lzop", "btrfs",
    "vmimport",
}  # fmt: skip
ARGUMENTS = re.compile(r"[a-z][a-z_]*\Z")
QUOTED = re.compile(r"`([^`]+)`")


def remedies() -> Iterator[str]:
    # Those for an operating system name its programs and settings.
    rules = [rule for rule in rule_catalog().rules.values() if rule.system is None]
    yield from (rule.remedy for rule in rules)
    yield from (rule.summary for rule in rules)
    yield from (form.remedy for form in other_formats.BY_NAME.values())
    yield ova_rules._REPACK_ON_MACOS  # a remedy of one rule
    yield conversion_of_part("split-s001.vmdk")
    yield conversion_of_flat_data("web-flat.vmdk")
    yield str(NotStreamOptimizedError("disk", "a file"))
    for module in Path(disk_package.__file__).parent.glob("*.py"):
        yield from re.findall(r"`qemu-img check[^`]*`", module.read_text())


def quoted() -> set[str]:
    """What the remedies quote: commands, and arguments of resources."""
    return {words for remedy in remedies() for words in QUOTED.findall(remedy)}


COMMANDS = sorted(
    words
    for words in quoted()
    if not ARGUMENTS.match(words) and not words.startswith("--") and words.split()[0] not in ELSEWHERE
)


def shell(command: str, folder: Path) -> None:
    done = subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; PATH=$PATH:/usr/sbin:/sbin; {command}"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def rules_of(image: Path) -> set[str]:
    """The rules that a file breaks, with the files beside it."""

    def open_sibling(name: str) -> Sparse | None:
        return Sparse(image.parent / name) if (image.parent / name).is_file() else None

    facts = inspect_image(Sparse(image), open_sibling=open_sibling, deep=True)
    return {finding.rule for finding in evaluate(facts, ImageProfile.SNAPSHOT)} | {
        finding.rule for finding in evaluate(facts, ImageProfile.EC2)
    }


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A raw disk that breaks no rule."""
    path = sparse_file(tmp_path / "disk.raw", 8 * MIB)
    sfdisk(path, "label: dos\nsize=6M, type=7, bootable\n")
    write_at(path, MIB, b"\xeb\x52\x90NTFS    ".ljust(510, b"\0") + b"\x55\xaa")
    assert rules_of(path) == set()
    return path


def convert(disk: Path, name: str, *options: str) -> Path:
    made = disk.with_name(name)
    run("qemu-img", "convert", "-f", "raw", "-O", *options, disk, made)
    return made


def qcow2(disk: Path) -> tuple[Path, str]:
    return convert(disk, "IMAGE", "qcow2"), "container-unsupported"


def packed(command: str, rule: str = "container-unsupported") -> Callable[[Path], tuple[Path, str]]:
    def make(disk: Path) -> tuple[Path, str]:
        shell(command.format(disk=disk.name), disk.parent)
        return disk.with_name("IMAGE"), rule

    return make


def split(disk: Path) -> tuple[Path, str]:
    convert(disk, "split.vmdk", "vmdk", "-o", "subformat=twoGbMaxExtentSparse")
    return disk.with_name("split-s001.vmdk"), "vmdk-split"


def flat_data(disk: Path) -> tuple[Path, str]:
    convert(disk, "web.vmdk", "vmdk", "-o", "subformat=monolithicFlat")
    return disk.with_name("web-flat.vmdk"), "raw-named-otherwise"


def pending_log(disk: Path) -> tuple[Path, str]:
    """A VHDX whose log has one entry that was not applied: 4096 zeros in the reserved part of the header."""
    image = convert(disk, "IMAGE", "vhdx")
    data, guid = bytearray(image.read_bytes()), b"\1" * 16
    for at in vhdx_structures.HEADER_OFFSETS:
        data[at + 48 : at + 64] = guid
        (log,) = struct.unpack_from("<Q", data, at + 72)
        seal(data, at, 4096)
    entry = (b"loge", 0, 4096, 0, 1, 1, 0, guid, len(data), len(data))
    struct.pack_into("<4sIIIQII16sQQ", data, log, *entry)
    struct.pack_into("<4sIQQQ", data, log + 64, b"zero", 0, 4096, 0x60000, 1)
    seal(data, log, 4096)
    image.write_bytes(data)
    return image, "vhdx-log-pending"


def seal(data: bytearray, at: int, length: int) -> None:
    data[at + 4 : at + 8] = bytes(4)
    struct.pack_into("<I", data, at + 4, vhdx_structures.crc32c(bytes(data[at : at + length])))


def partial_sector(disk: Path) -> tuple[Path, str]:
    image = disk.with_name("IMAGE")
    image.write_bytes(disk.read_bytes() + b"\1")
    return image, "raw-partial-sector"


def members(disk: Path) -> dict[str, bytes]:
    stream = convert(disk, "web-disk1.vmdk", "vmdk", "-o", "subformat=streamOptimized").read_bytes()
    text = re.sub(r"<File ovf:href=\"win11-[23].*", "", VSPHERE_OVF).replace("win11-1.vmdk", "web-disk1.vmdk")
    files = {"web.ovf": text.encode(), "web.mf": b"0" * 64 + b"  web.ovf\n", "web-disk1.vmdk": stream}
    for name, data in files.items():
        (disk.parent / name).write_bytes(data)
    return files


def ova(order: Callable[[dict[str, bytes]], dict[str, bytes]], rule: str) -> Callable[[Path], tuple[Path, str]]:
    def make(disk: Path) -> tuple[Path, str]:
        image = disk.with_name("web.ova")
        image.write_bytes(archive(order(members(disk))))
        return image, rule

    return make


def compressed_ova(tool: str) -> Callable[[Path], tuple[Path, str]]:
    def make(disk: Path) -> tuple[Path, str]:
        made = {name: data for name, data in members(disk).items() if name != "web.mf"}
        (disk.parent / "packed").write_bytes(archive(made))
        shell(f"{tool} -c packed > IMAGE", disk.parent)
        return disk.with_name("IMAGE"), "container-unsupported"

    return make


def compressed_vmdk(tool: str) -> Callable[[Path], tuple[Path, str]]:
    def make(disk: Path) -> tuple[Path, str]:
        stream = convert(disk, "packed", "vmdk", "-o", "subformat=streamOptimized")
        shell(f"{tool} -c {stream.name} > IMAGE", disk.parent)
        return disk.with_name("IMAGE"), "container-unsupported"

    return make


def utf_16(disk: Path) -> tuple[Path, str]:
    text = members(disk)["web.ovf"].decode().replace("UTF-8", "UTF-16")
    (disk.parent / "web.ovf").write_text(text, encoding="utf-16")
    return disk.with_name("web.ovf"), "ovf-encoding"


def gpt(disk: Path, damage: Callable[[Path], None], rule: str) -> tuple[Path, str]:
    copy = sparse_file(disk.with_name("COPY"), 64 * MIB)
    sfdisk(copy, "label: gpt\nsize=16M, type=U\nsize=32M\n")
    write_at(copy, 17 * MIB, b"\xeb\x52\x90NTFS    ".ljust(510, b"\0") + b"\x55\xaa")
    damage(copy)
    return copy, rule


def enlarge(copy: Path) -> None:
    with copy.open("r+b") as file:
        file.truncate(80 * MIB)


Scenario = Callable[[Path], tuple[Path, str]]
STREAM = "qemu-img convert -O vmdk -o subformat=streamOptimized {} disk.vmdk"
TAR = "tar -cf web.ova web.ovf web.mf web-disk1.vmdk"
# command: (what makes a file with a finding, the result of the command)
SCENARIOS: dict[str, list[tuple[Scenario, str]]] = {
    STREAM.format("IMAGE"): [
        (qcow2, "disk.vmdk"),
        (lambda disk: (convert(disk, "IMAGE", "vmdk", "-o", "subformat=monolithicSparse"), "vmdk-not-stream-optimized"), "disk.vmdk"),
        (lambda disk: (convert(disk, "IMAGE", "vmdk", "-o", "subformat=monolithicFlat"), "vmdk-descriptor-only"), "disk.vmdk"),
    ],
    "qemu-img check -r all IMAGE": [(pending_log, "IMAGE")],
    STREAM.format("split.vmdk"): [(split, "disk.vmdk")],
    STREAM.format("web.vmdk"): [(flat_data, "disk.vmdk")],
    "truncate -s %512 IMAGE": [(partial_sector, "IMAGE")],
    "tar -xf IMAGE": [(packed("tar -cf IMAGE {disk}", "ova-for-snapshot"), "disk.raw")],
    "tar -xf web.ova": [(ova(lambda files: {f"web/{name}": data for name, data in files.items()}, "ova-in-folder"), "web/web-disk1.vmdk")],
    "gzip -dc IMAGE > disk.img": [(packed("gzip -c {disk} > IMAGE"), "disk.img")],
    "bzip2 -dc IMAGE > disk.img": [(packed("bzip2 -c {disk} > IMAGE"), "disk.img")],
    "gzip -dc IMAGE > web.ova": [(compressed_ova("gzip"), "web.ova")],
    "gzip -dc IMAGE > disk.vmdk": [(compressed_vmdk("gzip"), "disk.vmdk")],
    "xz -dc IMAGE > web.ova": [(compressed_ova("xz"), "web.ova")],
    "xz -dc IMAGE > disk.vmdk": [(compressed_vmdk("xz"), "disk.vmdk")],
    "xz -dc IMAGE > disk.img": [
        (packed("xz -c {disk} > IMAGE"), "disk.img"), (packed("xz --format=lzma -c {disk} > IMAGE"), "disk.img"),
    ],
    "lz4 -dc IMAGE > disk.img": [(packed("lz4 -qc {disk} > IMAGE"), "disk.img")],
    "zstd -dc IMAGE > disk.img": [(packed("zstd -qc {disk} > IMAGE"), "disk.img")],
    "unzip IMAGE": [(packed("zip -q made.zip {disk} && rm {disk} && mv made.zip IMAGE"), "disk.raw")],
    "cpio -id < IMAGE": [(packed("echo {disk} | cpio -o -H newc > IMAGE 2>/dev/null && rm {disk}"), "disk.raw")],
    "sha256sum --tag web.ovf web-disk1.vmdk > web.mf": [(ova(dict, "ova-manifest-damaged"), "web.ova")],
    TAR: [(ova(lambda files: dict(reversed(files.items())), "ova-ovf-not-first"), "web.ova")],
    f"COPYFILE_DISABLE=1 {TAR}": [(ova(lambda files: {"._web.ovf": b"\0\5\x16\7", **files}, "ova-foreign-files"), "web.ova")],
    "iconv -f UTF-16LE -t UTF-8 web.ovf | sed '1s/^[^<]*//;1s/UTF-16/UTF-8/' > utf8.ovf": [(utf_16, "utf8.ovf")],
    "sfdisk --verify DISK": [(lambda disk: (disk.rename(disk.with_name("DISK")), ""), "DISK")],
    "sgdisk -e COPY": [
        (lambda disk: gpt(disk, enlarge, "gpt-backup-not-at-end"), "COPY"),
        (lambda disk: gpt(disk, lambda copy: write_at(copy, 64 * MIB - 512, bytes(512)), "gpt-damaged"), "COPY"),
        (lambda disk: gpt(disk, lambda copy: write_at(copy, 512, bytes(512)), "gpt-damaged"), "COPY"),
        (lambda disk: gpt(disk, lambda copy: write_at(copy, 0, bytes(512)), "gpt-without-protective-mbr"), "COPY"),
    ],
}  # fmt: skip


def test_every_command_of_a_remedy_is_executed_by_a_scenario() -> None:
    assert sorted(SCENARIOS) == COMMANDS


@pytest.mark.parametrize(
    ("command", "make", "result"),
    [
        pytest.param(command, *scenario, id=f"{command.split()[0]}-{number}")
        for number, (command, scenario) in enumerate((c, s) for c, cases in SCENARIOS.items() for s in cases)
    ],
)
def test_the_command_of_a_remedy_removes_the_finding(
    command: str, make: Scenario, result: str, disk: Path, tmp_path: Path
) -> None:
    if tools := missing(command.split(maxsplit=1)[0] if "=" not in command.split(maxsplit=1)[0] else "tar"):
        pytest.skip(f"not installed: {tools}")
    image, rule = make(disk)
    before = rules_of(image)
    assert not rule or rule in before
    if (tmp_path / "packed").exists():
        before |= rules_of(tmp_path / "packed")  # not visible before it is unpacked
    shell(command, tmp_path)
    if command.startswith("sha256sum"):
        shell(TAR, tmp_path)
    assert not rule or rule not in rules_of(tmp_path / result)
    assert not rules_of(tmp_path / result) - before


def test_a_partition_table_that_a_remedy_writes_keeps_the_partitions(disk: Path, tmp_path: Path) -> None:
    """No remedy destroys data: sgdisk writes the table that is there."""
    for at in (0, 512, 64 * MIB - 512):
        copy, _ = gpt(disk, lambda copy, at=at: write_at(copy, at, bytes(512)), "")  # type: ignore[misc] # bound here
        shell("sgdisk -e COPY", tmp_path)
        layout = inspect_image(Sparse(copy)).disks[0].layout
        assert layout
        assert [(p.start_bytes, p.size_bytes) for p in layout.partitions] == [(MIB, 16 * MIB), (17 * MIB, 32 * MIB)]


def test_every_argument_of_a_remedy_exists() -> None:
    names = {words for words in quoted() if ARGUMENTS.match(words)} - ELSEWHERE - {"chkdsk"}
    arguments: set[str] = set()
    for name in pulumi_vmimport.__all__:
        if name.endswith("Args"):
            arguments |= getattr(pulumi_vmimport, name).__annotations__.keys()
    arguments |= _inputs_of_components()
    assert names <= arguments | {"format"}, names - arguments
    options = {option for option in quoted() if option.startswith("--")}
    assert options <= {text for parameter in inspect.params for text in parameter.opts}


def _inputs_of_components() -> set[str]:
    known: Any = pulumi_vmimport
    return {
        argument
        for name in pulumi_vmimport.__all__
        for argument in getattr(getattr(known, name), "__annotations__", {})
    }


@pytest.mark.parametrize("rule", rule_catalog().rules)
def test_a_remedy_quotes_its_commands(rule: str) -> None:
    """What is not quoted is not executed by the tests."""
    plain = QUOTED.sub("", rule_catalog().rules[rule].remedy)
    assert not re.search(r"\b(?:qemu-img|sgdisk|sha\d+sum|truncate|iconv|tar -|gunzip|unzip) ", plain)


def test_an_archive_of_a_scenario_is_one_that_tar_reads(disk: Path) -> None:
    image, _ = ova(dict, "")(disk)
    with tarfile.open(fileobj=io.BytesIO(image.read_bytes())) as tar:
        assert tar.getnames() == ["web.ovf", "web.mf", "web-disk1.vmdk"]
