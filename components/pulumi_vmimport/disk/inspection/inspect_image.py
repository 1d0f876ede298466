"""What an image file tells before AWS sees it: a disk, an OVA, or an OVF descriptor with its files beside it."""

import re
from collections.abc import Callable

from pulumi_vmimport.disk.disk_content import Source
from pulumi_vmimport.disk.inspection.facts import Container, ImageFacts
from pulumi_vmimport.disk.inspection.inspect_disk import inspect_disk
from pulumi_vmimport.disk.inspection.inspect_package import inspect_archive, inspect_descriptor
from pulumi_vmimport.disk.inspection.printable import printable
from pulumi_vmimport.disk.tar_header import starts_archive

_START_BYTES = 4096
_ENVELOPE = re.compile(rb"<(?:[A-Za-z][\w.-]{0,63}:)?Envelope[\s>]")


def inspect_image(
    source: Source, *, open_sibling: Callable[[str], Source | None] | None = None, deep: bool = False
) -> ImageFacts:
    """The facts of an image file, and of each disk in it.

    `beside` opens a file that a descriptor names next to it: the files of an OVF given by itself, the data of a flat
    VMDK. Default: none is opened. It is asked for plain names only, never for a path. `deep` reads
    all of it: the digests in a manifest are compared with all files, and every grain of a compressed VMDK is inflated.
    Default: the descriptor and other small files are compared, and the grain that lies last is inflated.

    What is damaged is a `Damage`, and facts that cannot be read for it are None. A disk whose content cannot be read
    because of what it is (a snapshot's delta, a part of a split disk, a VHDX that was not closed) has no layout; its
    container's facts say what it is.

    A source with an `is_local` that is true is read freely; of any other some ten pieces for each disk, whatever its
    size: see vmdk_grains.py for what is not looked at then. Raises: what the source raises.
    """
    open_sibling = open_sibling or (lambda _: None)
    start = source.read_at(0, _START_BYTES)
    name = printable(source.name, 1024)
    if starts_archive(start):
        package = inspect_archive(source, deep=deep)
        return ImageFacts(name, source.size_bytes, Container.OVA, package.ova, package.disks, package.damage)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and _ENVELOPE.search(start):
        package = inspect_descriptor(source, open_sibling, deep=deep)
        return ImageFacts(name, source.size_bytes, Container.OVF, package.ova, package.disks, package.damage)
    disk = inspect_disk(source, name, open_sibling, deep=deep)
    return ImageFacts(name, source.size_bytes, disk.container, None, (disk,))
