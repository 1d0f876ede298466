"""The master file table: where every file of the volume is described, itself included.

Source: the NTFS documentation of linux-ntfs ("$MFT", "attribute list").
"""

from functools import lru_cache

from pulumi_vmimport.disk.disk_region import unpack_padded
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.ntfs.clusters import Clusters
from pulumi_vmimport.disk.ntfs.file_record import (
    ATTRIBUTE_LIST,
    DATA,
    OWN,
    Attribute,
    FileRecord,
    Reference,
    decode_name,
    parse_file_record,
)
from pulumi_vmimport.disk.ntfs.streams import ClusterStream, Stream, open_stream

_TABLE = "$MFT"
_CACHED_RECORDS = 128
_MIN_ENTRY_BYTES = 26
_MAX_LIST_BYTES = 256 << 10  # Windows' own limit
_MAX_EXTENSIONS = 1024


class FileTable:
    """Records by number. Numbers and references of the volume are not trusted."""

    def __init__(self, clusters: Clusters) -> None:
        """Raises: UnreadableVolumeError; DiskImageError; what the source raises."""
        self.clusters = clusters
        self._cached = lru_cache(maxsize=_CACHED_RECORDS)(self._read)
        data = clusters.read(_TABLE, clusters.table_cluster, 0, clusters.record_bytes)
        own = parse_file_record(data, 0)
        extents = [extent for extent in own.attributes if extent.kind == DATA and not extent.name]
        if not extents:
            raise UnreadableVolumeError(_TABLE, "it has no content")
        table = open_stream(clusters, _TABLE, extents)
        if type(table) is not ClusterStream:
            raise UnreadableVolumeError(_TABLE, "its content is not in clusters")
        self._table = table
        # Each record that extends the table's own lies in a part of the table that the extents before it describe.
        for reference in self._extensions(own, DATA, ""):
            for extent in self._extension(own, Reference(0, own.sequence), reference).attributes:
                if extent.kind == DATA and not extent.name and extent.first:
                    table.runs.add(extent.first, extent.pairs)

    def record(self, number: int) -> FileRecord:
        """Raises: UnreadableVolumeError; DiskImageError; what the source raises."""
        return self._cached(number)

    def file(self, reference: Reference) -> FileRecord:
        """The record that a directory refers to. Raises: as `record`, also if the file no longer exists."""
        record = self.record(reference.number)
        if not record.is_in_use or record.base != OWN or record.sequence != reference.sequence:
            raise UnreadableVolumeError(record.where, "a directory refers to it, but the record is of another file")
        return record

    def attributes(self, number: int, kind: int, name: str = "") -> list[Attribute]:
        """The attribute of a file, as extents; empty if the file has none. Raises: as `record`."""
        record = self.record(number)
        found = _matching(record, kind, name)
        base = Reference(number, record.sequence)
        for reference in self._extensions(record, kind, name):
            found += _matching(self._extension(record, base, reference), kind, name)
        return found

    def stream(self, number: int, where: str, kind: int, name: str = "") -> Stream | None:
        """The content of an attribute; None if the file has none. Raises: as `record`."""
        extents = self.attributes(number, kind, name)
        return open_stream(self.clusters, where, extents) if extents else None

    def _read(self, number: int) -> FileRecord:
        size = self.clusters.record_bytes
        if (number + 1) * size > self._table.size_bytes:
            raise UnreadableVolumeError(f"file record {number}", "it does not lie within the master file table")
        return parse_file_record(self._table.read(number * size, size), number)

    def _extension(self, record: FileRecord, base: Reference, reference: Reference) -> FileRecord:
        extension = self.record(reference.number)
        if not extension.is_in_use or extension.sequence != reference.sequence or extension.base != base:
            raise UnreadableVolumeError(record.where, f"{extension.where}, which should extend it, is of another file")
        return extension

    def _extensions(self, record: FileRecord, kind: int, name: str) -> list[Reference]:
        """The other records that hold parts of an attribute, in the order of the parts."""
        lists = _matching(record, ATTRIBUTE_LIST, "")
        if not lists:
            return []
        where = f"attribute list of {record.where}"
        stream = open_stream(self.clusters, where, lists)
        if stream.size_bytes > _MAX_LIST_BYTES:
            raise UnreadableVolumeError(where, f"it has {stream.size_bytes} bytes, more than NTFS allows")
        data = stream.read(0, stream.size_bytes)
        at = 0
        found: dict[Reference, None] = {}
        while at + _MIN_ENTRY_BYTES <= len(data):
            entry_kind, length, name_length, name_at, reference = unpack_padded("<IHBB8xQ", data, at)
            if not _MIN_ENTRY_BYTES <= length <= len(data) - at:
                raise UnreadableVolumeError(where, "an entry does not lie within it")
            entry_name = decode_name(data[at + name_at : at + name_at + 2 * name_length])
            holder = Reference.of(reference)
            if (entry_kind, entry_name) == (kind, name) and holder.number != record.number:
                found[holder] = None
            at += length
        if len(found) > _MAX_EXTENSIONS:
            raise UnreadableVolumeError(where, f"the file has more than {_MAX_EXTENSIONS} records")
        return list(found)


def _matching(record: FileRecord, kind: int, name: str) -> list[Attribute]:
    return [found for found in record.attributes if found.kind == kind and found.name == name]
