"""Reads the facts of the operating system on a disk, whatever it is."""

from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.guest.guest_facts import GuestFacts
from pulumi_vmimport.disk.inspection.facts import Layout
from pulumi_vmimport.disk.linux.linux_facts import read_linux
from pulumi_vmimport.disk.windows.read_windows_facts import read_windows_facts


def inspect_guest(content: DiskContent, layout: Layout) -> GuestFacts:
    """The facts of the guest; pass it to `inspect_image` as `read_guest`.

    A disk whose operating system is not recognized, or cannot be read, has no system and no facts but the reason.

    Raises: what the source of the image raises.
    """
    windows = read_windows_facts(content, layout)
    if windows.system is not None:
        return windows
    try:
        return read_linux(content, layout) or windows
    except DiskImageError as error:
        return GuestFacts(None, unknown=str(error))
