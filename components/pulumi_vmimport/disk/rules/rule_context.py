"""What a rule looks at, and what it finds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pulumi_vmimport.disk.inspection.facts import (
    Container,
    DiskFacts,
    FileSystem,
    ImageFacts,
    Layout,
    OvfFacts,
    Partition,
    PartitionScheme,
)

# GRUB's place on a GPT that a BIOS starts from: https://www.gnu.org/software/grub/manual/grub/html_node/BIOS-installation.html
_BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649"
_UNITS = ("byte", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024


@dataclass(frozen=True)
class Evidence:
    """What was seen, with its value, and of which disk or file."""

    subject: str
    words: str


@dataclass(frozen=True)
class RuleContext:
    """One file, and whether its first disk is to be the root."""

    image: ImageFacts
    has_root: bool = True
    stated: Container | None = None
    """The format that the import states; None where its name tells"""

    @property
    def disks(self) -> tuple[DiskFacts, ...]:
        """All disks of the file."""
        return self.image.disks

    @property
    def ovf(self) -> OvfFacts | None:
        """What the descriptor says, where there is one that could be read."""
        return self.image.ova.ovf if self.image.ova else None

    @property
    def is_package(self) -> bool:
        """Whether it is a machine with its descriptor."""
        return self.image.container in {Container.OVA, Container.OVF}

    @cached_property
    def root(self) -> DiskFacts | None:
        """The disk that the machine is to start from."""
        return self.image.disks[0] if self.has_root and self.image.disks else None

    @cached_property
    def root_layout(self) -> Layout | None:
        """What is on that disk, where it could be read."""
        return self.root.layout if self.root else None

    @cached_property
    def root_partition(self) -> Partition | None:
        """The partition that most likely holds the operating system."""
        layout = self.root_layout
        return next((p for p in layout.partitions if p.number == layout.root), None) if layout else None


Check = Callable[[RuleContext], Iterator[Evidence]]
Checks = Mapping[str, Check]
"""By the ids of their rules"""


def of_disks(check: Callable[[DiskFacts], str | None]) -> Check:
    """A check of each disk by itself, from one that gives what it sees or None."""

    def checked(context: RuleContext) -> Iterator[Evidence]:
        for disk in context.disks:
            if words := check(disk):
                yield Evidence(disk.name, words)

    return checked


def starts(layout: Layout) -> bool:
    """Whether there is anything on the disk that firmware could start."""
    if layout.scheme is PartitionScheme.MBR:
        efi = any(p.is_efi_system for p in layout.partitions)
        return bool(layout.partitions) and (efi or layout.boot_code or bool(active(layout)))
    if layout.scheme is PartitionScheme.GPT:
        return bool(efi_systems(layout)) or starts_by_bios(layout)
    return False


def starts_by_bios(layout: Layout) -> bool:
    """Of a GPT: whether a BIOS could start it all the same."""
    return any(p.type.upper() == _BIOS_BOOT for p in layout.partitions) or (layout.is_hybrid and layout.boot_code)


def partitions_of(layout: Layout) -> list[Partition]:
    """The partitions that hold something themselves."""
    return [partition for partition in layout.partitions if not partition.is_container]


def active(layout: Layout) -> list[int]:
    """The numbers of the active partitions."""
    return [p.number for p in layout.partitions if p.is_active]


def efi_systems(layout: Layout) -> list[int]:
    """The numbers of the EFI system partitions."""
    return [p.number for p in layout.partitions if p.is_efi_system]


def holding(layout: Layout, *kinds: FileSystem) -> list[str]:
    """Where one of these is, in words."""
    found = [f"partition {p.number}" for p in layout.partitions if p.file_system in kinds]
    return [*found, "the disk"] if layout.whole_disk_file_system in kinds else found


def rounded(size_bytes: int) -> str:
    """A size in the largest unit that it reaches, with two decimals at most."""
    size, unit = float(size_bytes), 0
    while abs(size) >= _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    number = f"{size:.2f}".rstrip("0").rstrip(".")
    return f"{number} {_UNITS[unit]}" if unit else counted(size_bytes, _UNITS[0])


def sized(size_bytes: int) -> str:
    """The same, and the bytes where that is not all of it."""
    words = rounded(size_bytes)
    number, unit = words.split()
    if unit.startswith(_UNITS[0]) or float(number) * _STEP ** _UNITS.index(unit) == size_bytes:
        return words
    return f"{words} ({counted(size_bytes, _UNITS[0])})"


def counted(count: int, noun: str) -> str:
    """A number with its noun."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def listed(names: object) -> str:
    """At most five of them, and how many there are."""
    several = [str(name) for name in names] if isinstance(names, (list, tuple)) else [str(names)]
    most = 5
    return ", ".join(several[:most]) + (f" and {len(several) - most} more" if len(several) > most else "")
