"""The S3 objects of an export: one OVA, or one object per disk and a manifest."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from pulumi_vmimport.aws.s3.s3_names import split_object_id
from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.lifecycle.identity import IDENTITY_METADATA
from pulumi_vmimport.lifecycle.provenance import CHANGE_VERSION_METADATA, MACHINE_UUID_METADATA
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import MachineExportFormat
from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.transfer import manifest, s3_object
from pulumi_vmimport.transfer.data_requests import DataRequests
from pulumi_vmimport.transfer.multipart_upload import MultipartUpload
from pulumi_vmimport.transfer.object_encryption import ObjectEncryption
from pulumi_vmimport.transfer.object_group import ObjectGroup
from pulumi_vmimport.transfer.object_versions import delete_owned_versions
from pulumi_vmimport.transfer.s3_object import FoundObject
from pulumi_vmimport.vsphere.machine_facts import MachineFacts
from pulumi_vmimport.vsphere.machine_snapshot import MachineSnapshot
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import BytesDifferError, DiskChangedError, LeaseLostError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

INPUTS = "vmimport-inputs"
_NAME = "vmimport-name"
_MAX_KEY_BYTES = 1024  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
_MAX_NAME_BYTES = len("disk21.vmdk")
# A new lease may succeed, but the bytes sent so far cannot be used.
_RESTARTABLE = (LeaseLostError, DiskChangedError, BytesDifferError)
_ATTEMPTS = 2


@dataclass(frozen=True)
class CompletedExport:
    """A complete export in S3."""

    etag: str
    version_id: str | None
    checksum: str | None
    size_bytes: int
    disk_keys: tuple[str, ...] | None
    disk_sha256: tuple[str, ...] | None
    """None if the manifest cannot be read"""
    virtual_machine_name: str | None
    virtual_machine_change_version: str | None


@dataclass(frozen=True)
class ExportDestination:
    """Where an export is written: `key` is the key of the OVA, or the prefix of the VMDKs and the manifest."""

    client: "S3Client" = field(repr=False)
    bucket: str
    key: str
    format: MachineExportFormat
    requests: DataRequests
    encryption: ObjectEncryption = ObjectEncryption()

    @property
    def uri(self) -> str:
        """The S3 URI of the key."""
        return s3_object.uri(self.bucket, self.key)

    def find_head(self) -> FoundObject | None:
        """The OVA or the manifest: the object that is created last, and so exists only if the export is complete."""
        return s3_object.find_object(self.client, self.bucket, self._head_key)

    def conflict(self, owner: str, disks: int = 1) -> str | None:
        """Why the export must not be written: an object of another owner exists."""
        for key in self.keys(disks):
            found = s3_object.find_object(self.client, self.bucket, key)
            if found is not None and found.metadata.get(IDENTITY_METADATA) != owner:
                return (
                    f"{s3_object.uri(self.bucket, key)} already exists and is not an export of this resource; choose "
                    "another key, or delete the object"
                )
        return None

    def find_completed(
        self, owner_metadata: Mapping[str, str], change_version: str | None = None
    ) -> CompletedExport | None:
        """The existing export with this metadata, and with the change version of the machine if one is given."""
        head = self.find_head()
        if head is None or not owner_metadata.items() <= head.metadata.items():
            return None
        if change_version not in (None, head.metadata.get(CHANGE_VERSION_METADATA)):
            return None
        digests = manifest.read_manifest(self.requests, self.bucket, self._head_key)
        names = [name for name in digests if name.endswith(".vmdk")]
        is_ova = self.format is MachineExportFormat.OVA
        return CompletedExport(
            etag=head.etag,
            version_id=head.version_id,
            checksum=head.checksum,
            size_bytes=head.size_bytes if is_ova else self._size_of(names),
            disk_keys=None if is_ova else tuple(self.key + name for name in names),
            disk_sha256=tuple(digests[name] for name in names) or None,
            virtual_machine_name=head.metadata.get(_NAME),
            virtual_machine_change_version=head.metadata.get(CHANGE_VERSION_METADATA),
        )

    def export(
        self,
        source: VSphereMachine | MachineSnapshot,
        facts: MachineFacts,
        owner_metadata: Mapping[str, str],
        run: Run,
    ) -> CompletedExport:
        """Export the machine. After an error no new object exists, and an earlier export is unchanged.

        The export is restarted once if the lease is lost, or if a disk changed while a download was resumed.
        """

        def show_restart(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            run.status(f"restarting the export ({state.attempt_number} of {_ATTEMPTS - 1}): {error}")

        retrying = Retrying(
            retry=retry_if_exception_type(_RESTARTABLE),
            stop=stop_after_attempt(_ATTEMPTS),
            before_sleep=show_restart,
            sleep=run.wait,
            reraise=True,
        )
        return retrying(self._export_once, source, facts, owner_metadata, run)

    def delete(self, owner_metadata: Mapping[str, str], keys: Iterable[str]) -> Iterator[str]:
        """Delete every version of the objects with these keys that this owner wrote; yields what remains, and why."""
        for key in keys:
            MultipartUpload.abort_in_progress(self.client, self.bucket, key)
            yield from delete_owned_versions(self.client, self.bucket, key, owner_metadata)

    def keys(self, disks: int) -> list[str]:
        """The keys of all objects. The manifest is first: without it, the VMDKs are not an export."""
        if self.format is MachineExportFormat.OVA:
            return [self._head_key]
        return [self._head_key, *(f"{self.key}disk{number}.vmdk" for number in range(1, disks + 1))]

    def _export_once(
        self,
        source: VSphereMachine | MachineSnapshot,
        facts: MachineFacts,
        owner_metadata: Mapping[str, str],
        run: Run,
    ) -> CompletedExport:
        # A preview of an export that exists needs no writers of OVAs and uploads.
        from pulumi_vmimport.resources.virtual_machine_export import export_streaming  # noqa: PLC0415

        name = export_streaming.member_name(facts)
        metadata = {
            **owner_metadata,
            _NAME: name,
            MACHINE_UUID_METADATA: facts.uuid,
            CHANGE_VERSION_METADATA: facts.change_version,
        }
        with ObjectGroup(
            self.client,
            self.bucket,
            metadata=metadata,
            owner=IDENTITY_METADATA,
            encryption=self.encryption,
            requests=self.requests,
        ) as group:
            if self.format is MachineExportFormat.OVA:
                exported = export_streaming.stream_ova(source, facts, group.start(self.key).send, run)
            else:
                exported = export_streaming.stream_disks(
                    source, facts, lambda disk: group.start(self.key + disk).send, run
                )
                lines = manifest.lines({disk.name: disk.sha256 for disk in exported})
                group.start(self._head_key).send(1, lines)
            *disks, head = group.complete()
        return CompletedExport(
            etag=head.etag,
            version_id=head.version_id,
            checksum=head.checksum,
            size_bytes=sum(disk.size_bytes for disk in disks) or head.size_bytes,
            disk_keys=tuple(disk.key for disk in disks) or None,
            disk_sha256=tuple(disk.sha256 for disk in exported),
            virtual_machine_name=name,
            virtual_machine_change_version=facts.change_version,
        )

    @property
    def _head_key(self) -> str:
        return self.key if self.format is MachineExportFormat.OVA else self.key + manifest.FILE_NAME

    def _size_of(self, names: list[str]) -> int:
        found = (s3_object.find_object(self.client, self.bucket, self.key + name) for name in names)
        return sum(disk.size_bytes for disk in found if disk is not None)


def location_inputs(id: str) -> dict[str, Any]:
    """The inputs that locate an export, from its id; an empty bucket if it is not one."""
    bucket, key = split_object_id(id) or ("", "")
    format = MachineExportFormat.VMDK if key.endswith("/") else MachineExportFormat.OVA
    return {"bucket": bucket, "key": key, "format": format}


def key_problem(key: str, format: MachineExportFormat | None) -> str | None:
    """Why the key does not suit the format."""
    is_vmdk = format is MachineExportFormat.VMDK
    max_bytes = _MAX_KEY_BYTES - (_MAX_NAME_BYTES if is_vmdk else 0)
    if not key or key.startswith("/") or len(key.encode()) > max_bytes:
        return f"expected 1 to {max_bytes} bytes that do not start with a slash, got {shown_value(key)}"
    if is_vmdk and not key.endswith("/"):
        return f"expected a prefix that ends in a slash for format vmdk, got {shown_value(key)}"
    if not is_vmdk and not key.lower().endswith(".ova"):
        return f"expected a key that ends in .ova, got {shown_value(key)}"
    return None
