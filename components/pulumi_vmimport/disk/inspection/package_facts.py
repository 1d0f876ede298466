"""The facts of an OVF package: the descriptor, the manifest and the archive. Sizes are in bytes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OvfFile:
    """A File element of the References of an OVF."""

    id: str
    href: str
    """The actual name of the file; the name in the descriptor if the file is missing"""
    stated_bytes: int | None
    chunk_bytes: int | None
    """ovf:chunkSize, if the file is split"""
    compression: str | None
    stated_href: str | None = None
    """The URI in the descriptor"""


@dataclass(frozen=True)
class OvfDisk:
    """A Disk element of the DiskSection of an OVF, and its slot."""

    id: str
    file: str | None
    """The href of its file; None for an empty disk"""
    capacity_bytes: int | None
    format: str
    parent: str | None
    controller: str | None
    """ResourceSubType, or `ide`; None if no item uses the disk"""
    unit_number: str | None
    missing_file_id: str | None = None
    """ovf:fileRef, if no File element has this id"""


@dataclass(frozen=True)
class OvfAdapter:
    """A network adapter."""

    kind: str
    network: str


@dataclass(frozen=True)
class OvfFacts:
    """The VM in an OVF descriptor; the first one if it describes several."""

    version: str
    """1 or 2, by the namespace of the envelope; empty if it is another"""
    virtual_systems: int
    name: str
    operating_system_id: str  # CIM number
    guest_id: str  # vmw:osType
    operating_system: str  # its description
    firmware: str | None
    """bios or efi; None if not stated"""
    secure_boot: bool | None
    hardware_version: str
    cpus: int | None
    memory_mib: int | None
    files: tuple[OvfFile, ...]
    disks: tuple[OvfDisk, ...]
    adapters: tuple[OvfAdapter, ...]
    cd_drives: int
    cd_images: tuple[str, ...]
    """Files in the CD drives"""
    floppy_drives: int
    controllers: tuple[str, ...] = ()
    """Storage controllers, as in `OvfDisk.controller`"""
    other_version: str | None = None
    """The version and namespace of a descriptor that is not of version 1 or 2, of which little is read"""
    encoding: str | None = None
    """Such as UTF-16LE; None for UTF-8 and ASCII, if declared as such"""
    declared_encoding: str | None = None
    """The encoding in the declaration, if it is not UTF-8"""
    invalid_values: tuple[str, ...] = ()
    """Numbers that are no number, negative or impossibly large"""


@dataclass(frozen=True)
class ManifestEntry:
    """A line of the manifest."""

    file: str
    algorithm: str
    digest: str
    matches: bool | None
    """None if the file was not compared"""


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
    """False if the archive has more members than are read"""
    descriptor: str | None = None
    """The name of the descriptor; None if there is none"""
    foreign_files: tuple[str, ...] = ()
    """Files that an archiver or file manager added, such as `._web.ovf`; they are not read"""
    unusual_headers: tuple[str, ...] = ()
    """Kinds of headers and members that DSP0243 does not allow in an OVA, such as `pax header`"""
