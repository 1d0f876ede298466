"""The facts of a disk image, which `dataclasses.asdict` turns into JSON.

A fact that could not be read is None, and a `Damage` gives the reason. Sizes are in bytes. disk/rules evaluates facts.
"""

from dataclasses import dataclass
from enum import StrEnum

from pulumi_vmimport.disk.guest.guest_facts import GuestFacts
from pulumi_vmimport.disk.inspection.package_facts import OvaFacts, OvfFacts


class Container(StrEnum):
    """The kind of a file, by its content."""

    OVA = "ova"
    OVF = "ovf"
    """A descriptor whose files lie next to it"""
    VMDK = "vmdk"
    VHD = "vhd"
    VHDX = "vhdx"
    RAW = "raw"
    OTHER = "other"
    VIRTUAL_MACHINE = "virtual-machine"
    """A VM in vSphere, which is no file yet; its disks are DATASTORE"""
    DATASTORE = "datastore"
    """The disk of a VM on its datastore"""


class FileSystem(StrEnum):
    """What a partition holds, by its first sectors."""

    NTFS = "ntfs"
    REFS = "refs"
    BITLOCKER = "bitlocker"
    FAT = "fat"
    EXFAT = "exfat"
    EXT2 = "ext2"
    EXT3 = "ext3"
    EXT4 = "ext4"
    XFS = "xfs"
    BTRFS = "btrfs"
    JFS = "jfs"
    SWAP = "swap"
    LVM2 = "lvm2"
    LUKS = "luks"
    ISO9660 = "iso9660"
    EMPTY = "empty"
    UNKNOWN = "unknown"


class PartitionScheme(StrEnum):
    """How a disk is partitioned."""

    MBR = "mbr"
    GPT = "gpt"
    NONE = "none"


SIGNATURE = "signature"
"""`Damage.where` of a file that has the name of a format with a signature, and no signature"""
FOOTER_MISSING = "the end of the file is missing"
"""The end of `Damage.words` of a VHD without a footer"""
DESCRIPTOR_TEXT = "text of the OVF descriptor"
"""`Damage.where` of a descriptor that is not valid XML"""


@dataclass(frozen=True)
class Damage:
    """A structure that is missing or invalid."""

    where: str
    """Such as `grain directory` or `OVF descriptor`"""
    words: str
    """The reason, with offsets and values"""


@dataclass(frozen=True)
class VmdkFacts:
    """The header and the descriptor of a VMDK of one file."""

    create_type: str | None
    """Such as streamOptimized, monolithicSparse, monolithicFlat"""
    version: int | None
    is_compressed: bool
    has_markers: bool
    compression_algorithm: int | None
    """1 is DEFLATE, the only algorithm that AWS supports"""
    grain_bytes: int | None
    directory_at_end: bool
    """Whether a footer locates the grain directory, as vSphere and ovftool write it"""
    has_footer: bool | None
    """Whether the footer exists; None if the header does not require one"""
    ends_in_end_of_stream: bool | None
    """None if the directory is at the start, because such a file has no end-of-stream marker"""
    line_ends_intact: bool
    parent_cid: str | None
    adapter_type: str | None
    hardware_version: str | None
    extent_files: tuple[str, ...]
    """Other files that the descriptor names"""
    grains_end_within_file: bool | None
    """Whether every grain table and the last grain lie within the file"""
    every_grain_table_read: bool | None = None
    """Whether all tables were read; false for scattered tables that are read over a network"""
    every_grain_inflates: bool | None = None
    """Whether every stored grain matches its checksum; None if not checked, or if nothing is compressed"""


@dataclass(frozen=True)
class VhdFacts:
    """The footer and the dynamic header of a VHD."""

    kind: str
    """fixed, dynamic or differencing"""
    creator: str
    footer_checksum_matches: bool | None
    """None if there is no footer"""
    footers_identical: bool | None
    """For a dynamic VHD: whether the copy at the start equals the footer"""
    header_checksum_matches: bool | None
    block_bytes: int | None
    parent_name: str | None


@dataclass(frozen=True)
class VhdxFacts:
    """The headers, the region table and the metadata of a VHDX."""

    creator: str | None
    valid_headers: int  # 0 to 2
    valid_region_tables: int
    log_is_pending: bool | None
    """Whether the log holds writes that were not applied, as after an unclean shutdown of the host"""
    block_bytes: int | None
    physical_sector_bytes: int | None
    is_fixed: bool | None
    has_parent: bool | None


@dataclass(frozen=True)
class Partition:
    """One partition."""

    number: int
    """As in Linux: logical partitions of an MBR start at 5"""
    type: str
    """MBR: two lower-case hexadecimal digits; GPT: the type's GUID in upper case"""
    type_name: str
    """Such as `EFI system`; empty if unknown"""
    name: str
    """The name in a GPT; empty if there is none"""
    start_bytes: int
    size_bytes: int
    is_active: bool
    is_efi_system: bool
    file_system: FileSystem
    label: str
    boot_sector_signature: bool
    """Whether the first sector ends in 55 AA"""
    is_container: bool = False
    """An extended partition, which holds logical partitions and no file system"""
    has_drive_letter: bool = True
    """False if a GPT states that Windows assigns no drive letter"""
    free_bytes: int | None = None
    """The free space of the root partition, where the file system shows it; None for others"""
    guid: str | None = None
    """The GUID of the partition itself in a GPT, in upper case"""


@dataclass(frozen=True)
class Layout:
    """How a disk is partitioned."""

    scheme: PartitionScheme
    partitions: tuple[Partition, ...]
    boot_code: bool
    """Whether the first sector has boot code for BIOS"""
    disk_signature: str | None
    """MBR: eight digits; GPT: the disk's GUID"""
    primary_gpt_valid: bool | None
    backup_gpt_valid: bool | None
    is_hybrid: bool
    """A GPT whose MBR has other entries besides the protective one"""
    is_dynamic_disk: bool  # Windows LDM
    whole_disk_file_system: FileSystem | None
    """What the unpartitioned disk holds; None if it has a partition table"""
    root: int | None
    """The number of the partition that most likely holds the operating system"""
    backup_gpt_at_end: bool | None = None
    """Whether the backup GPT is in the last sector; false if the disk was enlarged, None if there is no backup"""


@dataclass(frozen=True)
class DiskFacts:
    """One disk."""

    name: str
    container: Container
    size_bytes: int
    """Size in the file"""
    capacity_bytes: int | None
    """Size as the VM reads it"""
    sector_bytes: int | None
    vmdk: VmdkFacts | None = None
    vhd: VhdFacts | None = None
    vhdx: VhdxFacts | None = None
    other: str | None = None
    """The kind of a file with container OTHER, such as `a qcow2 image`"""
    layout: Layout | None = None
    damage: tuple[Damage, ...] = ()
    guest: GuestFacts | None = None
    """The operating system on the disk; None if it was not looked for"""
    not_read: str | None = None
    """Why the content of a disk on a datastore was not read; None if it was"""


@dataclass(frozen=True)
class ImageFacts:
    """One file, or a VM in vSphere."""

    name: str
    size_bytes: int
    container: Container
    ova: OvaFacts | None
    disks: tuple[DiskFacts, ...]
    """For an OVA: in the order of the OVF descriptor, then those that it does not name"""
    damage: tuple[Damage, ...] = ()
    machine: OvfFacts | None = None
    """The hardware of a VM in vSphere, as the descriptor of its export describes it"""
