"""Where an export lies in S3, and how the bytes get there: one OVA, or an object for each disk and their manifest."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pulumi_vmimport.resources.virtual_machine_export.export_streaming import (
    Watch,
    member_name,
    stream_disks,
    stream_ova,
)
from pulumi_vmimport.transfer import manifest, s3_object
from pulumi_vmimport.transfer.multipart_upload import MultipartUpload
from pulumi_vmimport.transfer.object_group import ObjectGroup
from pulumi_vmimport.transfer.s3_object import FoundObject
from pulumi_vmimport.transfer.transfer_errors import ObjectNotOwnedError
from pulumi_vmimport.vsphere.virtual_machine import MachineFacts, VirtualMachine
from pulumi_vmimport.vsphere.vm_snapshots import Snapshot
from pulumi_vmimport.vsphere.vsphere_errors import BytesDifferError, DiskChangedError, LeaseLostError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

IDENTITY = "vmimport-identity"
"""Names of S3 metadata are HTTP headers, so without the colons of tags"""
INPUTS = "vmimport-inputs"
_NAME, _CHANGE_VERSION = "vmimport-name", "vmimport-change"
_MANIFEST = "disks.mf"
_KEY_BYTES = 1024  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
_LONGEST_NAME = len("disk21.vmdk")
# What a new lease may mend; the bytes sent so far are worthless then.
_AGAIN = (LeaseLostError, DiskChangedError, BytesDifferError)
_ATTEMPTS = 2


class MachineExportFormat(StrEnum):
    """What an export is made of."""

    OVA = "ova"
    """One OVA"""
    VMDK = "vmdk"
    """Stream-optimized VMDKs, one object each"""


@dataclass(frozen=True)
class StoredExport:
    """A complete export."""

    etag: str
    version_id: str | None
    checksum: str | None
    size_bytes: int
    disk_keys: tuple[str, ...] | None
    disk_sha256: tuple[str, ...] | None
    """None where the manifest cannot be read back"""
    virtual_machine_name: str | None
    virtual_machine_change_version: str | None


@dataclass(frozen=True)
class ExportPlace:
    """The place of an export: `key` is that of the OVA, or what the keys of VMDKs and manifest begin with."""

    client: "S3Client" = field(repr=False)
    bucket: str
    key: str
    format: MachineExportFormat

    @property
    def id(self) -> str:
        """Its S3 URI."""
        return f"s3://{self.bucket}/{self.key}"

    def head(self) -> FoundObject | None:
        """The object that comes last into being, and so tells that all is there."""
        return s3_object.find_object(self.client, self.bucket, self._head_key)

    def taken(self, identity: str, disks: int = 1) -> str | None:
        """Why the export may not be written there: nobody else's object is overwritten."""
        for key in self.keys(disks):
            there = s3_object.find_object(self.client, self.bucket, key)
            if there is not None and there.metadata.get(IDENTITY) != identity:
                where = s3_object.uri(self.bucket, key)
                return (
                    f"{where} is there already and not an export of this resource; choose another key, or delete the "
                    "object"
                )
        return None

    def complete(self, mark: Mapping[str, str], change_version: str | None = None) -> StoredExport | None:
        """The export that is there already with this mark, and of this version of the machine where one is given."""
        there = self.head()
        if there is None or not mark.items() <= there.metadata.items():
            return None
        if change_version not in (None, there.metadata.get(_CHANGE_VERSION)):
            return None
        digests = manifest.read_manifest(self.client, self.bucket, self._head_key)
        names = [name for name in digests if name.endswith(".vmdk")]
        is_ova = self.format is MachineExportFormat.OVA
        return StoredExport(
            etag=there.etag,
            version_id=there.version_id,
            checksum=there.checksum,
            size_bytes=there.size_bytes if is_ova else self._size(names),
            disk_keys=None if is_ova else tuple(self.key + name for name in names),
            disk_sha256=tuple(digests[name] for name in names) or None,
            virtual_machine_name=there.metadata.get(_NAME),
            virtual_machine_change_version=there.metadata.get(_CHANGE_VERSION),
        )

    def export(
        self, source: VirtualMachine | Snapshot, facts: MachineFacts, mark: Mapping[str, str], watch: Watch
    ) -> StoredExport:
        """Export the machine. When it raises, nothing new is there, and an earlier export still is.

        A lost lease, or a disk that changed after a broken download, lets it begin once more.
        """
        for attempt in range(1, _ATTEMPTS):
            try:
                return self._exported(source, facts, mark, watch)
            except _AGAIN as error:
                watch.status(f"beginning again ({attempt} of {_ATTEMPTS - 1}): {error}")
                watch.wait(0)
        return self._exported(source, facts, mark, watch)

    def delete(self, mark: Mapping[str, str], keys: Iterable[str]) -> Iterator[str]:
        """Delete some of its objects; tells what was left because it does not bear the mark."""
        for key in keys:
            for upload in MultipartUpload.in_progress(self.client, self.bucket, key):
                upload.abort()
            try:
                s3_object.delete_if_owned(self.client, self.bucket, key, mark)
            except ObjectNotOwnedError as error:  # a replacement under the same key, or somebody else's object
                yield str(error)

    def _exported(
        self, source: VirtualMachine | Snapshot, facts: MachineFacts, mark: Mapping[str, str], watch: Watch
    ) -> StoredExport:
        name = member_name(facts)
        metadata = {**mark, _NAME: name, _CHANGE_VERSION: facts.change_version}
        with ObjectGroup(self.client, self.bucket, metadata=metadata, owner=IDENTITY) as group:
            if self.format is MachineExportFormat.OVA:
                passed = stream_ova(source, facts, group.start(self.key).send, watch)
            else:
                passed = stream_disks(source, facts, lambda disk: group.start(self.key + disk).send, watch)
                lines = manifest.lines({disk.name: disk.sha256 for disk in passed})
                group.start(self._head_key).send(1, lines)
            *disks, last = group.complete()
        return StoredExport(
            etag=last.etag,
            version_id=last.version_id,
            checksum=last.checksum,
            size_bytes=sum(disk.size_bytes for disk in disks) or last.size_bytes,
            disk_keys=tuple(disk.key for disk in disks) or None,
            disk_sha256=tuple(disk.sha256 for disk in passed),
            virtual_machine_name=name,
            virtual_machine_change_version=facts.change_version,
        )

    @property
    def _head_key(self) -> str:
        return self.key if self.format is MachineExportFormat.OVA else self.key + _MANIFEST

    def keys(self, disks: int) -> list[str]:
        """Those of all objects; the manifest, without which the others count for nothing, first."""
        names = (
            ()
            if self.format is MachineExportFormat.OVA
            else tuple(f"disk{number}.vmdk" for number in range(1, disks + 1))
        )
        return [self._head_key, *(self.key + name for name in names)]

    def _size(self, names: list[str]) -> int:
        found = (s3_object.find_object(self.client, self.bucket, self.key + name) for name in names)
        return sum(disk.size_bytes for disk in found if disk is not None)


def key_problem(key: str, format: MachineExportFormat | None) -> str | None:
    """Why the key will not do."""
    is_vmdk = format is MachineExportFormat.VMDK
    longest = _KEY_BYTES - (_LONGEST_NAME if is_vmdk else 0)
    if not key or key.startswith("/") or len(key.encode()) > longest:
        return f"expected 1 to {longest} bytes that do not start with a slash, got {key!r}"
    if is_vmdk and not key.endswith("/"):
        return f"expected what the disks' keys begin with, which ends in a slash, got {key!r}"
    if not is_vmdk and not key.lower().endswith(".ova"):
        return f"expected a key that ends in .ova, got {key!r}"
    return None
