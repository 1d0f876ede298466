"""What a disk image file tells about itself: plain facts, JSON by `dataclasses.asdict`.

A fact that could not be read is None, and a `Damage` says why; sizes are bytes. Rules (rules.py) judge, facts do not.
"""

from dataclasses import dataclass
from enum import StrEnum


class Container(StrEnum):
    """What kind of file it is, told by its content."""

    OVA = "ova"
    OVF = "ovf"
    """A descriptor without archive: its files lie beside it"""
    VMDK = "vmdk"
    VHD = "vhd"
    VHDX = "vhdx"
    RAW = "raw"
    OTHER = "other"


class FileSystem(StrEnum):
    """What a partition holds, told by its first sectors."""

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
    """How a disk is divided."""

    MBR = "mbr"
    GPT = "gpt"
    NONE = "none"


@dataclass(frozen=True)
class Damage:
    """Something that should be there and cannot be read as what it should be."""

    where: str
    """Such as `grain directory` or `OVF descriptor`"""
    words: str
    """Offsets and values, as the reader says them"""


@dataclass(frozen=True)
class VmdkFacts:
    """The header and the descriptor of a VMDK of one file."""

    create_type: str | None
    """Such as streamOptimized, monolithicSparse, monolithicFlat"""
    version: int | None
    is_compressed: bool
    has_markers: bool
    compression_algorithm: int | None
    """1 is DEFLATE, what AWS takes"""
    grain_bytes: int | None
    directory_at_end: bool
    """Whether the grain directory is told by a footer, as vSphere and ovftool write it"""
    has_footer: bool | None
    """Whether the footer is there; None where the header does not announce one"""
    ends_in_end_of_stream: bool | None
    """None where the directory is at the start: such a file has no such end"""
    line_ends_intact: bool
    parent_cid: str | None
    adapter_type: str | None
    hardware_version: str | None
    extent_files: tuple[str, ...]
    """Other files that the descriptor names"""
    grains_end_within_file: bool | None
    """Whether every grain table, and the last grain, lies in the file"""
    every_grain_table_read: bool | None = None
    """Whether all tables were looked at; False: a few, as over a network where they lie scattered among the grains"""
    every_grain_inflates: bool | None = None
    """Whether every stored grain was read and is what its checksum says; None: not tried, or nothing is compressed"""


@dataclass(frozen=True)
class VhdFacts:
    """The footer and the dynamic header of a VHD."""

    kind: str
    """fixed, dynamic or differencing"""
    creator: str
    footer_checksum_matches: bool
    footers_identical: bool | None
    """Of a dynamic VHD: whether the copy at its start is the footer at its end"""
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
    """Whether writes wait in the log, as after a host that was not shut down cleanly"""
    block_bytes: int | None
    physical_sector_bytes: int | None
    is_fixed: bool | None
    has_parent: bool | None


@dataclass(frozen=True)
class Partition:
    """One partition."""

    number: int
    """As Linux counts: MBR logical ones from 5"""
    type: str
    """MBR: two lower-case hexadecimal digits; GPT: the type's GUID in upper case"""
    type_name: str
    """Such as `EFI system`; empty when not known"""
    name: str
    """GPT's own name; empty without"""
    start_bytes: int
    size_bytes: int
    is_active: bool
    is_efi_system: bool
    file_system: FileSystem
    label: str
    boot_sector_signature: bool
    """Whether its first sector ends in 55 AA"""
    is_container: bool = False
    """An extended partition: it holds the logical ones, and no file system"""


@dataclass(frozen=True)
class Layout:
    """How a disk is divided."""

    scheme: PartitionScheme
    partitions: tuple[Partition, ...]
    boot_code: bool
    """Whether the first sector has code a BIOS could start"""
    disk_signature: str | None
    """MBR: eight digits; GPT: the disk's GUID"""
    primary_gpt_valid: bool | None
    backup_gpt_valid: bool | None
    is_hybrid: bool
    """A GPT whose MBR has more than its protective entry"""
    is_dynamic_disk: bool  # Windows LDM
    whole_disk_file_system: FileSystem | None
    """What the disk holds from its first sector on; None where it has a partition table"""
    root: int | None
    """The number of the partition that most likely holds the operating system"""
    backup_gpt_at_end: bool | None = None
    """Whether the backup GPT is in the last sector; False: the disk was made larger since; None: there is none"""


@dataclass(frozen=True)
class DiskFacts:
    """One disk."""

    name: str
    container: Container
    size_bytes: int
    """In its file"""
    capacity_bytes: int | None
    """As its machine sees it"""
    sector_bytes: int | None
    vmdk: VmdkFacts | None = None
    vhd: VhdFacts | None = None
    vhdx: VhdxFacts | None = None
    other: str | None = None
    """What a file of container OTHER is, such as `a QCOW2 image`"""
    layout: Layout | None = None
    damage: tuple[Damage, ...] = ()


@dataclass(frozen=True)
class OvfFile:
    """A File of an OVF's References."""

    id: str
    href: str
    """The name of its file as that is there; of one that is not there, as the descriptor says it"""
    stated_bytes: int | None
    chunk_bytes: int | None
    """ovf:chunkSize: the file is split"""
    compression: str | None
    stated_href: str | None = None
    """As the descriptor says it, a URI"""


@dataclass(frozen=True)
class OvfDisk:
    """A Disk of an OVF's DiskSection, and where it hangs."""

    id: str
    file: str | None
    """The href of its file; None: an empty disk"""
    capacity_bytes: int | None
    format: str
    parent: str | None
    controller: str | None
    """ResourceSubType, or `ide`; None where no item uses the disk"""
    unit_number: str | None


@dataclass(frozen=True)
class OvfAdapter:
    """A network adapter."""

    kind: str
    network: str


@dataclass(frozen=True)
class OvfFacts:
    """What an OVF descriptor says of its machine; of the first one where it describes several."""

    version: str
    """1 or 2, from the envelope's namespace; empty when neither"""
    virtual_systems: int
    name: str
    operating_system_id: str  # CIM number
    guest_id: str  # vmw:osType
    operating_system: str  # its description
    firmware: str | None
    """bios or efi; None: not said"""
    secure_boot: bool | None
    hardware_version: str
    cpus: int | None
    memory_mib: int | None
    files: tuple[OvfFile, ...]
    disks: tuple[OvfDisk, ...]
    adapters: tuple[OvfAdapter, ...]
    cd_drives: int
    cd_images: tuple[str, ...]
    """Files that are in the CD drives"""
    floppy_drives: int
    controllers: tuple[str, ...] = ()
    """Storage controllers, named as in `OvfDisk.controller`"""


@dataclass(frozen=True)
class ManifestEntry:
    """A line of the manifest."""

    file: str
    algorithm: str
    digest: str
    matches: bool | None
    """None: not compared, as the file was not read whole"""


@dataclass(frozen=True)
class OvaMember:
    """A file in the tar archive."""

    name: str
    offset: int
    size_bytes: int


@dataclass(frozen=True)
class OvaFacts:
    """The archive."""

    members: tuple[OvaMember, ...]
    ends_in_zero_blocks: bool
    manifest: tuple[ManifestEntry, ...]
    ovf: OvfFacts | None
    every_member_read: bool = True
    """False: the archive has more members than are read"""


@dataclass(frozen=True)
class ImageFacts:
    """One file."""

    name: str
    size_bytes: int
    container: Container
    ova: OvaFacts | None
    disks: tuple[DiskFacts, ...]
    """Of an OVA: in the order of its OVF's disks, then those that it does not name"""
    damage: tuple[Damage, ...] = ()
