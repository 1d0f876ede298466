"""The inputs and the state of VirtualMachineExport."""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_vmimport.image_profile import MachineProfile
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.resources.virtual_machine_export.export_destination import MachineExportFormat
from pulumi_vmimport.resources.virtual_machine_export.machine_reference import MachineReference
from pulumi_vmimport.resources.virtual_machine_export.powered_on import PoweredOn
from pulumi_vmimport.transfer.object_encryption import SseAlgorithm


@dataclass(frozen=True, kw_only=True)
class VirtualMachineExportInputs(AwsInputs, MachineReference):
    bucket: str
    key: str
    format: MachineExportFormat | None = None
    image_profile: MachineProfile | None = None
    powered_on: PoweredOn | None = updatable()
    export_when_changed: bool | None = updatable()
    triggers: Mapping[str, str] | None = None
    sse: SseAlgorithm | None = None
    kms_key_id: str | None = None
    retain_on_delete: bool | None = updatable()


@dataclass(frozen=True, kw_only=True)
class VirtualMachineExportState(VirtualMachineExportInputs):
    etag: str | None = None
    version_id: str | None = None
    checksum: str | None = None
    size_bytes: int | None = None
    disk_keys: tuple[str, ...] | None = None
    disk_sha256: tuple[str, ...] | None = None
    virtual_machine_name: str | None = None
    virtual_machine_change_version: str | None = None
