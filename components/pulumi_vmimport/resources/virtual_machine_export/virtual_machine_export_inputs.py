"""The inputs and the state of VirtualMachineExport."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pulumi_vmimport.image_profile import MachineProfile
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.transfer.object_encryption import SseAlgorithm


class PoweredOn(StrEnum):
    """What to do with a machine that is powered on."""

    REFUSE = "refuse"
    SHUT_DOWN = "shutDown"
    POWER_OFF = "powerOff"
    WAIT = "wait"


class MachineExportFormat(StrEnum):
    """The format of an export."""

    OVA = "ova"
    """One OVA"""
    VMDK = "vmdk"
    """Stream-optimized VMDKs, one object each"""


@dataclass(frozen=True, kw_only=True)
class MachineReference:
    """The inputs that identify a machine and, optionally, a snapshot of it."""

    uuid: str | None = None
    moid: str | None = None
    path: str | None = None
    snapshot: str | None = None

    def machine_input(self) -> tuple[str, str | None]:
        """The input that identifies the machine, and its value."""
        inputs = {"uuid": self.uuid, "moid": self.moid, "path": self.path}
        return next(((name, value) for name, value in inputs.items() if value is not None), ("uuid", None))


@dataclass(frozen=True, kw_only=True)
class VirtualMachineExportInputs(AwsInputs, MachineReference):
    bucket: str
    key: str
    format: MachineExportFormat | None = None
    image_profile: MachineProfile | None = None
    ignored_findings: tuple[str, ...] | None = updatable(preflight=True)
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
