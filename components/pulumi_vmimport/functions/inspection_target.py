"""A disk image to inspect: a local file or an object in S3, with the files next to it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from pulumi_vmimport.disk.disk_content import Extent, Source
from pulumi_vmimport.disk.inspection.facts import ImageFacts
from pulumi_vmimport.disk.inspection.inspect_disk import ReadGuest
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.transfer.data_requests import DataRequests
from pulumi_vmimport.transfer.local_image import LocalImage, path_beside
from pulumi_vmimport.transfer.s3_image import S3Image
from pulumi_vmimport.transfer.transfer_errors import UnreadableSourceError


@dataclass
class Reads:
    """The number of reads and bytes."""

    requests: int = 0
    bytes: int = 0


@dataclass
class InspectedFile:
    """An open image, and how to open files next to it."""

    source: Source
    open_sibling: Callable[[str], Source | None] | None
    reads: Callable[[], Reads]

    @property
    def size_bytes(self) -> int:
        """The size of the image."""
        return self.source.size_bytes

    def facts(self, *, deep: bool, read_guest: ReadGuest | None = None) -> ImageFacts:
        """Inspect the image."""
        return inspect_image(self.source, open_sibling=self.open_sibling, deep=deep, read_guest=read_guest)


def open_file(path: str, stack: ExitStack) -> InspectedFile:
    """A local file, open until the stack closes. Raises: UnreadableSourceError."""
    reads = Reads()

    def open_sibling(name: str) -> Source | None:
        try:
            image = stack.enter_context(LocalImage(path_beside(path, name)))
        except UnreadableSourceError as error:
            if not error.is_missing:
                raise
            return None
        return _CountedImage(image, name, reads)

    image = stack.enter_context(LocalImage(path))
    return InspectedFile(_CountedImage(image, Path(path).name, reads), open_sibling, lambda: reads)


def open_object(
    requests: DataRequests, bucket: str, key: str, stack: ExitStack, version_id: str | None = None
) -> InspectedFile:
    """An object in S3, by default its current version; objects next to it are read in their current version.

    Raises: UnreadableSourceError; errors of S3.
    """
    image = stack.enter_context(S3Image.open(requests, bucket, key, version_id=version_id))
    images = [image]

    def open_sibling(name: str) -> Source | None:
        folder = key.rpartition("/")[0]
        try:
            near = stack.enter_context(S3Image.open(requests, bucket, f"{folder}/{name}" if folder else name))
        except UnreadableSourceError as error:
            if not error.is_missing:
                raise
            return None
        images.append(near)
        return near

    def reads() -> Reads:
        return Reads(sum(each.requests for each in images), sum(each.received_bytes for each in images))

    return InspectedFile(image, open_sibling, reads)


@dataclass
class _CountedImage:
    """A local file that counts its reads."""

    image: LocalImage
    name: str
    reads: Reads
    is_local: bool = field(default=True, init=False)

    @property
    def size_bytes(self) -> int:
        return self.image.size_bytes

    def read_at(self, offset: int, length: int) -> bytes:
        data = self.image.read_at(offset, length)
        self.reads.requests += 1
        self.reads.bytes += len(data)
        return data

    def extents(self) -> Iterator[Extent]:
        return self.image.extents()
