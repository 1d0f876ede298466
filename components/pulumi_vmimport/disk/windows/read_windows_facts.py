"""Reads the facts of Windows on a disk, without booting it."""

from collections.abc import Iterator

from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.guest.guest_facts import Fact, GuestFacts, GuestSystem
from pulumi_vmimport.disk.inspection.facts import Layout
from pulumi_vmimport.disk.windows.account_facts import account_facts
from pulumi_vmimport.disk.windows.network_facts import drive_letter_facts, network_facts
from pulumi_vmimport.disk.windows.registry_facts import registry_facts
from pulumi_vmimport.disk.windows.software_facts import software_facts
from pulumi_vmimport.disk.windows.system_facts import boot_facts, file_facts, shutdown_facts
from pulumi_vmimport.disk.windows.windows_disk import WindowsDisk, find_windows
from pulumi_vmimport.disk.windows.windows_hives import WindowsHives


def read_windows_facts(content: DiskContent, layout: Layout) -> GuestFacts:
    """The facts of Windows; without a system, and with the reason, if the disk holds no Windows that can be read.

    What cannot be read is unknown, with the reason. Raises: what the source of the image raises.
    """
    disk = find_windows(content, layout)
    if isinstance(disk, str):
        return GuestFacts(None, unknown=disk)
    return GuestFacts(GuestSystem.WINDOWS, tuple(_facts(disk, layout)))


def _facts(disk: WindowsDisk, layout: Layout) -> Iterator[Fact]:
    hives = WindowsHives(disk.volume)
    yield from registry_facts(hives)
    yield from software_facts(hives)
    yield from account_facts(hives, disk.volume)
    yield from network_facts(hives)
    yield from drive_letter_facts(hives, layout)
    yield from boot_facts(disk, layout)
    yield from file_facts(disk)
    yield from shutdown_facts(disk, hives)
