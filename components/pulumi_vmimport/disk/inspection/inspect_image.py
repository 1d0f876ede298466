"""Inspects an image file: a disk, an OVA, or an OVF descriptor with the files next to it."""

from collections.abc import Callable

from pulumi_vmimport.disk.descriptor_kind import is_ovf
from pulumi_vmimport.disk.disk_content import Source
from pulumi_vmimport.disk.inspection.facts import Container, ImageFacts
from pulumi_vmimport.disk.inspection.inspect_disk import ReadGuest, inspect_disk
from pulumi_vmimport.disk.inspection.inspect_package import inspect_archive, inspect_descriptor
from pulumi_vmimport.disk.printable import printable
from pulumi_vmimport.disk.tar_header import starts_archive

_START_BYTES = 512


def inspect_image(
    source: Source,
    *,
    open_sibling: Callable[[str], Source | None] | None = None,
    deep: bool = False,
    read_guest: ReadGuest | None = None,
) -> ImageFacts:
    """The facts of an image file, and of each disk in it.

    `open_sibling` opens a file that a descriptor names: the files of an OVF, the data of a flat VMDK. Default: no file
    is opened. It receives paths below the folder of the descriptor. `deep` reads the whole image: it compares all files
    with the manifest and decompresses every grain of a VMDK. Default: the descriptor and other small files are
    compared, and the last grain is decompressed. `read_guest` reads the operating system on the first disk; pass
    `disk.inspect_guest.inspect_guest`. Default: the facts have no guest.

    Damage is recorded as `Damage`, and facts that cannot be read are None. A disk whose content cannot be read (a delta
    disk, a part of a split disk, a VHDX with a pending log) has no layout; the facts of its container say what it is.

    A source whose `is_local` is true is read without a limit on the number of reads. Any other source is read about ten
    times for each disk; vmdk_grain_check.py documents what is not checked then. Raises: what the source raises.
    """
    open_sibling = open_sibling or (lambda _: None)
    start = source.read_at(0, _START_BYTES)
    name = printable(source.name, 1024)
    if starts_archive(start):
        package = inspect_archive(source, deep=deep, read_guest=read_guest)
        return ImageFacts(name, source.size_bytes, Container.OVA, package.ova, package.disks, package.damage)
    if is_ovf(source):
        package = inspect_descriptor(source, open_sibling, deep=deep, read_guest=read_guest)
        return ImageFacts(name, source.size_bytes, Container.OVF, package.ova, package.disks, package.damage)
    disk = inspect_disk(source, name, open_sibling, deep=deep, read_guest=read_guest)
    return ImageFacts(name, source.size_bytes, disk.container, None, (disk,))
