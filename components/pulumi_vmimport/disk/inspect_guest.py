"""Reads the facts of the operating system on a disk, whatever it is."""

from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.guest.guest_facts import GuestFacts
from pulumi_vmimport.disk.inspection.facts import Layout
from pulumi_vmimport.disk.windows.read_windows_facts import read_windows_facts


def inspect_guest(content: DiskContent, layout: Layout) -> GuestFacts:
    """The facts of the guest; pass it to `inspect_image` as `read_guest`.

    A disk whose operating system is not recognized, or cannot be read, has no system and no facts but the reason.

    Raises: what the source of the image raises.
    """
    return read_windows_facts(content, layout)
