"""What the fuzzer starts from: for each target files of a few KB, cut out of images that tools made.

An image is read once by the readers themselves; what they read of it, less the zeros, is the seed. So it has all that
matters to them and little else. Tools that are not on this machine are left out.
"""

import hashlib
import io
import struct
import sys
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from tests.fuzz.fuzzed_file import LOCAL, REPAIRED, SECTORS_4096, encoded
from tests.fuzz.linux_target import write_linux_seeds
from tests.fuzz.registry_target import write_registry_seeds
from tests.fuzz.targets import read_some_files
from tests.unit.disk.inspection.disk_tools import MIB, Sparse, bytes_at, missing, place, run, sparse_file, write_at
from tests.unit.disk.ntfs.oracle import opened
from tests.unit.disk.ntfs.windows_volume import protected, restart_page

from pulumi_vmimport.disk import stream_optimized
from pulumi_vmimport.disk.disk_content import Source
from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.fat.fat_volume import FatVolume
from pulumi_vmimport.disk.image_format import open_image
from pulumi_vmimport.disk.inspection.file_systems import detect_file_system
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.inspection.partition_table import read_layout
from pulumi_vmimport.disk.ntfs import block_cache
from pulumi_vmimport.disk.ntfs.file_record import DATA
from pulumi_vmimport.disk.ntfs.ntfs_volume import NtfsVolume
from pulumi_vmimport.disk.ntfs.streams import ClusterStream
from pulumi_vmimport.disk.raw_content import RawContent

_DISK_BYTES = 24 * MIB
_MAX_SEED_BYTES = 64 << 10
_MBR = "label: dos\nsize=8M, type=7, bootable\nsize=4M, type=ef\nsize=10M, type=f\n5: size=1M, type=83\n6: size=1M, type=82\n"
_GPT = 'label: gpt\nsize=8M, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, name="C:"\nsize=4M, type=uefi\nsize=4M, type=linux\n'
_FILE_SYSTEMS = {
    "ntfs": (8, ["mkntfs", "-F", "-Q", "-q", "-L", "Windows"]),
    "fat": (4, ["mkfs.vfat", "-n", "EFI"]),
    "ext4": (4, ["mkfs.ext4", "-q", "-L", "root"]),
    "exfat": (8, ["mkfs.exfat", "-L", "data"]),
    "xfs": (320, ["mkfs.xfs", "-q", "-L", "root"]),
    "btrfs": (128, ["mkfs.btrfs", "-q", "-L", "root"]),
    "swap": (1, ["mkswap", "-L", "swap"]),
}
_KINDS = {
    "vmdk": (("stream", "streamOptimized"), ("sparse", "monolithicSparse")),
    "vpc": (("dynamic", "dynamic,force_size=on"), ("fixed", "fixed,force_size=on")),
    "vhdx": (("dynamic", "dynamic,block_size=1M"), ("fixed", "fixed")),
}
_TARGET_OF = {"vmdk": "vmdk", "vpc": "vhd", "vhdx": "vhdx"}
_DESCRIPTOR = b"""# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="monolithicFlat"

RW 2048 FLAT "disk-flat.vmdk" 0

ddb.adapterType = "lsilogic"
ddb.virtualHWVersion = "13"
"""
_OVF = """<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
 xmlns:vmw="http://www.vmware.com/schema/ovf">
<References><File ovf:id="file1" ovf:href="disk.vmdk" ovf:size="{size}"/></References>
<DiskSection><Disk ovf:capacity="1" ovf:capacityAllocationUnits="byte * 2^30" ovf:diskId="d1" ovf:fileRef="file1"
 ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/></DiskSection>
<VirtualSystem ovf:id="web"><Name>web</Name>
<OperatingSystemSection ovf:id="1" vmw:osType="windows9_64Guest"><Description>Windows</Description></OperatingSystemSection>
<VirtualHardwareSection>
<Item><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>2</rasd:VirtualQuantity></Item>
<Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:InstanceID>2</rasd:InstanceID>
<rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>4096</rasd:VirtualQuantity></Item>
<Item><rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceSubType>lsilogic</rasd:ResourceSubType><rasd:ResourceType>6</rasd:ResourceType></Item>
<Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:HostResource>ovf:/disk/d1</rasd:HostResource>
<rasd:InstanceID>4</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
<Item><rasd:Connection>VM Network</rasd:Connection><rasd:InstanceID>5</rasd:InstanceID>
<rasd:ResourceSubType>VmxNet3</rasd:ResourceSubType><rasd:ResourceType>10</rasd:ResourceType></Item>
<vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="efi"/>
</VirtualHardwareSection></VirtualSystem></Envelope>
"""


@dataclass
class _Recorded:
    """A file that remembers what was read."""

    source: Source
    read: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def size_bytes(self) -> int:
        return self.source.size_bytes

    def read_at(self, offset: int, length: int) -> bytes:
        data = self.source.read_at(offset, length)
        self.read.append((offset, data))
        return data

    def extents(self) -> Iterator[tuple[int, int]]:
        yield 0, self.size_bytes


def make_seeds(directory: Path) -> None:
    """Write seeds to directory/TARGET/NAME, with the images they are cut out of in directory/images."""
    images = directory / "images"
    images.mkdir(parents=True, exist_ok=True)

    def write(target: str, name: str, data: bytes) -> None:
        if len(data) <= _MAX_SEED_BYTES:
            (directory / target).mkdir(exist_ok=True)
            (directory / target / name).write_bytes(data)

    disks = {name: disk for name, disk in _disks(images).items() if disk is not None}
    for name, disk in disks.items():
        if name == "sectors-4096":
            write("partition_table", name, _seen(disk, _inspect_4096, SECTORS_4096))
        else:
            write("partition_table", name, _seen(disk, _inspect))
            write("image", f"raw-{name}", _seen(disk, _inspect))
    for name, (size, command) in _FILE_SYSTEMS.items():
        if (volume := _volume(images / name, size, command)) is not None:
            write(
                "file_system",
                name,
                _seen(volume, lambda file: detect_file_system(DiskRegion.of_disk(RawContent(file)))),
            )
    for target, path, read in _volumes(images):
        write(target, path.name, _seen(path, read))
    for name, kind, path in _converted(disks, images):
        seed = _seen(path, _inspect)
        write(_TARGET_OF[kind], name, seed)
        write("image", name, seed)
        write("disk_content", name, _seen(path, _read_disk))
    write_registry_seeds(directory / "registry")
    write_linux_seeds(directory)
    stream = _stream_with_footer()
    ova = _ova(stream)
    write("vmdk_stream", "footer", b"\0" + stream)
    write("vmdk", "footer", encoded(len(stream), [(0, stream)], LOCAL))
    write("disk_content", "footer", encoded(len(stream), [(0, stream)]))
    write("vmdk", "descriptor", b"\0" + _DESCRIPTOR)
    write("vmdk_descriptor", "flat", b"\0" + _DESCRIPTOR)
    write("ovf", "vsphere", b"\0" + _OVF.format(size=len(stream)).encode())
    write("image", "ovf", b"\0" + _OVF.format(size=len(stream)).encode())
    write("manifest", "sha256", b"\0" + _manifest(b"a", b"b"))
    for target in ("archive", "image"):
        write(target, "ova", encoded(len(ova), [(0, ova)], LOCAL | REPAIRED))


def _volumes(images: Path) -> Iterator[tuple[str, Path, Callable[[Source], None]]]:
    """(target, volume, what reads it)."""
    yield from (("fat", path, _read_esp) for path in _esps(images))
    yield from (("ntfs", path, _read_windows) for path in _windows_volumes(images))


def _seen(path: Path, read: Callable[[Source], object], options: int = 0) -> bytes:
    file = _Recorded(Sparse(path))
    read(file)
    longest = dict(sorted(file.read, key=lambda piece: len(piece[1])))
    return encoded(file.size_bytes, longest.items(), options | REPAIRED | LOCAL)


def _inspect(file: Source) -> None:
    inspect_image(file)


def _inspect_4096(file: Source) -> None:
    content = RawContent(file)
    content.sector_bytes = 4096
    read_layout(content)


def _read_disk(file: Source) -> None:
    content = open_image(file)
    for offset, _ in list(content.extents())[:4]:
        content.read(offset, 512)


def _read_esp(file: Source) -> None:
    volume = FatVolume(DiskRegion.of_disk(RawContent(file)))
    for path in ("/", "EFI", "EFI/Microsoft/Boot/BCD"):
        read_some_files(volume, path)


def _esps(images: Path) -> Iterator[Path]:
    """EFI system partitions of each kind of FAT."""
    if missing("mkfs.vfat", "mcopy"):
        return
    for bits, size_mib in ((12, 2), (16, 8), (32, 40)):
        path = sparse_file(images / f"esp-fat{bits}", size_mib * MIB)
        run("mkfs.vfat", "-F", bits, "-s", 1, path)
        run("mmd", "-i", path, "::EFI", "::EFI/Microsoft", "::EFI/Microsoft/Boot")
        for name in ("::EFI/Microsoft/Boot/BCD", "::a long name.txt"):
            run("mcopy", "-i", path, __file__, name)
        yield path


def _read_windows(file: Source) -> None:
    with patch.object(block_cache, "_FAR_BLOCK_BYTES", 512):  # so that the seed has little that does not matter
        volume = NtfsVolume(DiskRegion.of_disk(RawContent(file)))
        for path in ("Windows/System32/config/SYSTEM", "windows/system32/config", "PROGRA~1", "/"):
            read_some_files(volume, path)
        volume.free_bytes()
        volume.shutdown()


def _windows_volumes(images: Path) -> Iterator[Path]:
    """Volumes with the usual file records and with long ones, with compressed files, in use when they were copied."""
    if missing("mkntfs", "ntfscp", "wimlib-imagex"):
        return
    config = images / "windows" / "Windows" / "System32" / "config"
    config.mkdir(parents=True)
    (config / "SYSTEM").write_bytes(b"regf".ljust(5000, b"\0") + b"hbin")
    for number in range(3):  # more than fits into a file record
        (config / f"{number}".ljust(100, "-")).write_bytes(b"log")
    for name, options in (("usual", ("-C",)), ("long-records", ("-s", "4096"))):
        path = sparse_file(images / f"ntfs-{name}", 4 * MIB)
        run("mkntfs", "-F", "-Q", "-q", "-T", *options, path)
        run("wimlib-imagex", "capture", images / "windows", images / "windows.wim", "--compress=none", "--no-acls")
        run("wimlib-imagex", "apply", images / "windows.wim", "1", path)
        (images / "source").write_bytes(b"compressed".ljust(70_000, b"\0"))
        run("ntfscp", "-q", path, images / "source", "PROGRA~1")
        log = opened(path)._table.stream(2, "", DATA)
        assert isinstance(log, ClusterStream)
        write_at(path, log.runs.at(0)[0] * 4096, protected(restart_page(9, 0, 0)) + bytes(70_000))
        yield path


def _volume(path: Path, size_mib: int, command: list[str]) -> Path | None:
    if missing(command[0]):
        return None
    run(*command, sparse_file(path, size_mib * MIB))
    return path


def _disks(images: Path) -> dict[str, Path | None]:
    volumes = {name: _volume(images / f"{name}.part", *_FILE_SYSTEMS[name]) for name in ("ntfs", "fat", "ext4")}
    return {
        "mbr": _divided(images / "mbr", _MBR, {1 * MIB: volumes["ntfs"], 9 * MIB: volumes["fat"]}),
        "gpt": _divided(
            images / "gpt", _GPT, {1 * MIB: volumes["ntfs"], 9 * MIB: volumes["fat"], 13 * MIB: volumes["ext4"]}
        ),
        "undivided": volumes["ext4"],
        "sectors-4096": _of_4096(images / "sectors-4096"),
    }


def _divided(disk: Path, script: str, volumes: dict[int, Path | None]) -> Path | None:
    if missing("sfdisk"):
        return None
    run("sfdisk", "--quiet", sparse_file(disk, _DISK_BYTES), text=script)
    for offset, volume in volumes.items():
        if volume is not None:
            place(volume, disk, offset)
    return disk


def _of_4096(disk: Path) -> Path | None:
    if missing("fdisk"):
        return None
    run("fdisk", "-b", "4096", sparse_file(disk, _DISK_BYTES), text="g\nn\n\n\n+8M\nw\n")
    return disk


def _converted(disks: dict[str, Path], images: Path) -> Iterator[tuple[str, str, Path]]:
    if missing("qemu-img") or "mbr" not in disks:
        return
    # Of the start of the disk: grains of more would only make the seeds longer.
    short = images / "short"
    short.write_bytes(bytes_at(disks["mbr"], 0, 2 * MIB))
    for kind, variants in _KINDS.items():
        for name, options in variants:
            path = images / f"{kind}-{name}"
            run("qemu-img", "convert", "-f", "raw", "-O", kind, "-o", f"subformat={options}", short, path)
            yield f"{kind}-{name}", kind, path


def _stream_with_footer() -> bytes:
    """A VMDK of 1 MiB as vSphere and ovftool write it, with its directory at the end, located by a footer."""
    grain, capacity = 128, 2048
    text = _DESCRIPTOR.replace(b"monolithicFlat", b"streamOptimized").replace(b"FLAT", b"SPARSE").ljust(1024, b"\0")

    def header(directory: int) -> bytes:
        flags = 3 | stream_optimized.FLAG_COMPRESSED | stream_optimized.FLAG_MARKERS
        fields = (
            stream_optimized.MAGIC,
            3,
            flags,
            capacity,
            grain,
            1,
            2,
            512,
            0,
            directory,
            3,
            0,
            stream_optimized.LINE_ENDS,
            stream_optimized.DEFLATE,
        )
        return stream_optimized.HEADER.pack(*fields).ljust(512, b"\0")

    data = bytearray(header(stream_optimized.DIRECTORY_AT_END) + text)
    table = [0] * 512
    for number, content in ((0, b"\xeb\x63\x90".ljust(510, b"\0") + b"\x55\xaa"), (15, b"last")):
        table[number] = len(data) // 512
        packed = zlib.compress(content.ljust(grain * 512, b"\0"))
        data += struct.pack("<QI", number * grain, len(packed)) + packed
        data += bytes(-len(data) % 512)
    data += struct.pack("<QII", 4, 0, 1).ljust(512, b"\0")
    table_at = len(data) // 512
    data += struct.pack("<512I", *table) + struct.pack("<QII", 1, 0, 2).ljust(512, b"\0")
    directory_at = len(data) // 512
    data += struct.pack("<I", table_at).ljust(512, b"\0")
    return bytes(data + struct.pack("<QII", 1, 0, 3).ljust(512, b"\0") + header(directory_at) + bytes(512))


def _manifest(ovf: bytes, disk: bytes) -> bytes:
    lines = (
        f"SHA256({name})= {hashlib.sha256(data).hexdigest()}\n"
        for name, data in (("web.ovf", ovf), ("disk.vmdk", disk))
    )
    return "".join(lines).encode()


def _ova(stream: bytes) -> bytes:
    ovf = _OVF.format(size=len(stream)).encode()
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in (("web.ovf", ovf), ("web.mf", _manifest(ovf, stream)), ("disk.vmdk", stream)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return written.getvalue()


if __name__ == "__main__":
    make_seeds(Path(sys.argv[1]))
