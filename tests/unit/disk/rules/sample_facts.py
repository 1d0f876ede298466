"""Facts made by hand: a machine that breaks no rule, and ways to change it."""

from dataclasses import replace
from typing import Any

from pulumi_vmimport.disk.inspection.facts import (
    Container,
    DiskFacts,
    FileSystem,
    ImageFacts,
    Layout,
    Partition,
    PartitionScheme,
    VhdFacts,
    VhdxFacts,
    VmdkFacts,
)
from pulumi_vmimport.disk.inspection.package_facts import (
    ManifestEntry,
    OvaFacts,
    OvaMember,
    OvfAdapter,
    OvfDisk,
    OvfFacts,
    OvfFile,
)
from pulumi_vmimport.image_profile import ImageProfile

GIB, TIB = 1 << 30, 1 << 40
EFI, BASIC = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649"
EC2, SNAPSHOT, BYOL = ImageProfile.EC2, ImageProfile.SNAPSHOT, ImageProfile.BYOL_WORKSPACES

VMDK = VmdkFacts(
    create_type="streamOptimized",
    version=3,
    is_compressed=True,
    has_markers=True,
    compression_algorithm=1,
    grain_bytes=65536,
    directory_at_end=True,
    has_footer=True,
    ends_in_end_of_stream=True,
    line_ends_intact=True,
    parent_cid="ffffffff",
    adapter_type="lsilogic",
    hardware_version="19",
    extent_files=(),
    grains_end_within_file=True,
    every_grain_table_read=True,
)
NO_VMDK = replace(
    VMDK, version=None, is_compressed=False, has_markers=False, compression_algorithm=None, has_footer=None
)
VHD = VhdFacts("dynamic", "vpc ", True, True, True, 2 << 20, None)
VHDX = VhdxFacts("Microsoft Windows", 2, 2, False, 32 << 20, 4096, False, False)


def partition(number: int = 1, **facts: Any) -> Partition:
    usual: dict[str, Any] = {
        "type": "07",
        "type_name": "",
        "name": "",
        "start_bytes": 1 << 20,
        "size_bytes": 69 * GIB,
        "is_active": True,
        "is_efi_system": False,
        "file_system": FileSystem.NTFS,
        "label": "",
        "boot_sector_signature": True,
    }
    return Partition(number=number, **(usual | facts))


MBR = Layout(
    scheme=PartitionScheme.MBR,
    partitions=(partition(),),
    boot_code=True,
    disk_signature="0badcafe",
    primary_gpt_valid=None,
    backup_gpt_valid=None,
    is_hybrid=False,
    is_dynamic_disk=False,
    whole_disk_file_system=None,
    root=1,
)
ESP = partition(1, type=EFI, is_active=False, is_efi_system=True, file_system=FileSystem.FAT)
WINDOWS = partition(2, type=BASIC, is_active=False)
GPT = replace(
    MBR,
    scheme=PartitionScheme.GPT,
    partitions=(ESP, WINDOWS),
    boot_code=False,
    primary_gpt_valid=True,
    backup_gpt_valid=True,
    root=2,
)
UNDIVIDED = replace(MBR, scheme=PartitionScheme.NONE, partitions=(), boot_code=False, root=None)
DISK = DiskFacts(
    name="disk.vmdk",
    container=Container.VMDK,
    size_bytes=4 * GIB,
    capacity_bytes=70 * GIB,
    sector_bytes=512,
    vmdk=VMDK,
    layout=MBR,
)
OVF = OvfFacts(
    version="1",
    virtual_systems=1,
    name="web",
    operating_system_id="103",
    guest_id="windows9_64Guest",
    operating_system="Windows 10",
    firmware="bios",
    secure_boot=False,
    hardware_version="vmx-19",
    cpus=2,
    memory_mib=4096,
    files=(OvfFile("f1", "disk.vmdk", 4 * GIB, None, None),),
    disks=(OvfDisk("d1", "disk.vmdk", 70 * GIB, "streamOptimized", None, "lsilogicsas", "0"),),
    adapters=(OvfAdapter("VmxNet3", "VM Network"),),
    cd_drives=1,
    cd_images=(),
    floppy_drives=0,
)
MEMBERS = (OvaMember("web.ovf", 512, 9000), OvaMember("web.mf", 10240, 200), OvaMember("disk.vmdk", 11264, 4 * GIB))
DIGEST = ManifestEntry("disk.vmdk", "SHA256", "ab" * 32, matches=True)
OVA = OvaFacts(MEMBERS, ends_in_zero_blocks=True, manifest=(DIGEST,), ovf=OVF, descriptor="web.ovf")
MACHINE = ImageFacts("web.ova", 4 * GIB + 20480, Container.OVA, OVA, (DISK,))


def disk(**facts: Any) -> ImageFacts:
    """A single disk in a file of its own."""
    of = replace(DISK, **facts)
    return ImageFacts(of.name, of.size_bytes, of.container, None, (of,))


def vmdk(**facts: Any) -> ImageFacts:
    return disk(vmdk=replace(VMDK, **facts))


def vhd(**facts: Any) -> ImageFacts:
    return disk(name="disk.vhd", container=Container.VHD, vmdk=None, vhd=replace(VHD, **facts))


def vhdx(**facts: Any) -> ImageFacts:
    return disk(name="disk.vhdx", container=Container.VHDX, vmdk=None, vhdx=replace(VHDX, **facts))


def mbr(*partitions: Partition, **facts: Any) -> ImageFacts:
    return disk(layout=replace(MBR, partitions=partitions or MBR.partitions, **facts))


def gpt(*partitions: Partition, **facts: Any) -> ImageFacts:
    return disk(layout=replace(GPT, partitions=partitions or GPT.partitions, **facts))


def ova(*disks: DiskFacts, **facts: Any) -> ImageFacts:
    return replace(MACHINE, ova=replace(OVA, **facts), disks=disks or MACHINE.disks)


def ovf(*disks: DiskFacts, **facts: Any) -> ImageFacts:
    return ova(*disks, ovf=replace(OVF, **facts))


def holding(kind: FileSystem, **facts: Any) -> ImageFacts:
    return mbr(partition(file_system=kind), **facts)


def raw(**facts: Any) -> ImageFacts:
    return disk(name="disk.raw", container=Container.RAW, vmdk=None, **facts)


def in_vsphere(**facts: Any) -> ImageFacts:
    """The machine before it is exported, with one disk on a datastore."""
    of = replace(DISK, **{"container": Container.DATASTORE, "vmdk": None, **facts})
    hardware = replace(OVF, files=(), cd_drives=0, disks=(replace(OVF.disks[0], format=""),))
    return ImageFacts("web", of.size_bytes, Container.VIRTUAL_MACHINE, None, (of,), machine=hardware)


FILE = OVF.files[0]
SECOND = replace(DISK, name="second.vmdk", layout=replace(UNDIVIDED, whole_disk_file_system=FileSystem.EXT4))
EMPTY = replace(DISK, layout=replace(UNDIVIDED, whole_disk_file_system=FileSystem.EMPTY))
SMALL_GPT = replace(DISK, layout=GPT)
