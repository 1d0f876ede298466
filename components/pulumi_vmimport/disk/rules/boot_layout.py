"""Which partitions firmware can boot from."""

from pulumi_vmimport.disk.inspection.facts import FileSystem, Layout, Partition, PartitionScheme

# GRUB's partition on a GPT that BIOS boots from: https://www.gnu.org/software/grub/manual/grub/html_node/BIOS-installation.html
_BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649"


def can_boot(layout: Layout) -> bool:
    """Whether the disk has anything that firmware could boot."""
    if layout.scheme is PartitionScheme.MBR:
        efi = any(partition.is_efi_system for partition in layout.partitions)
        return bool(layout.partitions) and (efi or layout.boot_code or bool(active_partitions(layout)))
    if layout.scheme is PartitionScheme.GPT:
        return bool(efi_system_partitions(layout)) or can_boot_gpt_by_bios(layout)
    return False


def can_boot_gpt_by_bios(layout: Layout) -> bool:
    """Whether BIOS could boot a disk with a GPT."""
    has_bios_boot = any(partition.type.upper() == _BIOS_BOOT for partition in layout.partitions)
    return has_bios_boot or (layout.is_hybrid and layout.boot_code)


def data_partitions(layout: Layout) -> list[Partition]:
    """The partitions that hold data themselves: all but extended ones."""
    return [partition for partition in layout.partitions if not partition.is_container]


def active_partitions(layout: Layout) -> list[int]:
    """The numbers of the active partitions."""
    return [partition.number for partition in layout.partitions if partition.is_active]


def efi_system_partitions(layout: Layout) -> list[int]:
    """The numbers of the EFI system partitions."""
    return [partition.number for partition in layout.partitions if partition.is_efi_system]


def places_of(layout: Layout, *kinds: FileSystem) -> list[str]:
    """The partitions, or the disk itself, that hold one of these file systems."""
    places = [f"partition {partition.number}" for partition in layout.partitions if partition.file_system in kinds]
    return [*places, "the disk"] if layout.whole_disk_file_system in kinds else places
