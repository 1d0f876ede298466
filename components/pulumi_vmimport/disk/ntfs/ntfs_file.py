"""A file or directory of an NTFS volume."""

from collections.abc import Iterator
from functools import cached_property

from pulumi_vmimport.disk.file_tree import DirectoryEntry, UnreadableVolumeError
from pulumi_vmimport.disk.ntfs.directory_index import DirectoryIndex
from pulumi_vmimport.disk.ntfs.file_record import DATA, FileRecord
from pulumi_vmimport.disk.ntfs.file_table import FileTable
from pulumi_vmimport.disk.ntfs.reparse_point import why_filtered
from pulumi_vmimport.disk.ntfs.streams import ResidentStream, Stream, open_stream
from pulumi_vmimport.disk.ntfs.upper_case import UpperCase
from pulumi_vmimport.disk.printable import printable

_FIRST_ORDINARY_RECORD = 16  # before: $MFT and the like, and the root directory itself, which Windows does not list


class NtfsFile:
    """A `File` of an NTFS volume."""

    def __init__(self, table: FileTable, upper_case: UpperCase, record: FileRecord, path: str) -> None:
        self.path = path
        """The path as it is stored, such as `\\Windows\\System32`"""
        self.is_directory = record.is_directory
        self._table, self._upper_case, self._record = table, upper_case, record
        self._where = printable(path)

    @cached_property
    def size_bytes(self) -> int:
        """The size of the content, also where the content cannot be read; 0 for directories.

        Raises: UnreadableVolumeError; DiskImageError; what the source raises.
        """
        extents = [] if self.is_directory else self._table.attributes(self._record.number, DATA)
        if not extents:
            return 0
        first = min(extents, key=lambda extent: extent.first)
        return first.size_bytes if first.value is None else len(first.value)

    def read(self, offset: int, length: int) -> bytes:
        """As `File.read`."""
        if offset < 0 or length < 0:
            raise UnreadableVolumeError(self._where, f"{length} bytes at {offset} do not exist")
        return self._content.read(offset, length)

    def entries(self) -> Iterator[DirectoryEntry]:
        """As `File.entries`: without 8.3 names and without the files of NTFS itself, such as `$MFT`."""
        for entry in self._index.entries():
            if not entry.is_short and entry.reference.number >= _FIRST_ORDINARY_RECORD:
                yield DirectoryEntry(entry.name, entry.is_directory)

    def child(self, name: str) -> "NtfsFile | None":
        """The file with this name in this directory, by its long or 8.3 name; None also if this is a file.

        Raises: UnreadableVolumeError; DiskImageError; what the source raises.
        """
        entry = self._index.find(name) if self.is_directory else None
        if entry is None:
            return None
        path = self.path.rstrip("\\") + "\\" + entry.name
        try:
            record = self._table.file(entry.reference)
        except UnreadableVolumeError as error:
            raise UnreadableVolumeError(printable(path), str(error)) from error
        return NtfsFile(self._table, self._upper_case, record, path)

    @cached_property
    def _content(self) -> Stream:
        if self.is_directory:
            raise UnreadableVolumeError(self._where, "it is a directory")
        self._expect_stored_here()
        extents = self._table.attributes(self._record.number, DATA)
        return open_stream(self._table.clusters, self._where, extents) if extents else ResidentStream(b"")

    @cached_property
    def _index(self) -> DirectoryIndex:
        if not self.is_directory:
            raise UnreadableVolumeError(self._where, "it is no directory")
        self._expect_stored_here()
        return DirectoryIndex(self._table, self._upper_case, self._record.number, self._where)

    def _expect_stored_here(self) -> None:
        if reason := why_filtered(self._table, self._record.number, self._where):
            raise UnreadableVolumeError(self._where, reason)
