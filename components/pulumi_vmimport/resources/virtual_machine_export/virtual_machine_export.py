"""VirtualMachineExport: export a vSphere virtual machine, or a snapshot of one, to S3 as an OVA or VMDKs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.image_profile import MachineProfile
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import detected, updatable, with_default
from pulumi_vmimport.resources.allowed_values import ImageProfileValue, PoweredOnValue, SseValue
from pulumi_vmimport.resources.input_spellings import same_key
from pulumi_vmimport.transfer.sse_algorithm import SseAlgorithm


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

    uuid: str | None = detected()
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
    format: MachineExportFormat | None = with_default(MachineExportFormat.OVA.value)
    image_profile: MachineProfile | None = None
    ignored_findings: tuple[str, ...] | None = updatable(preflight=True)
    powered_on: PoweredOn | None = updatable()
    export_when_changed: bool | None = updatable()
    triggers: Mapping[str, str] | None = None
    sse: SseAlgorithm | None = detected()
    kms_key_id: str | None = detected(same_key)
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


class VirtualMachineExportArgs(AwsArgs):
    """The arguments of VirtualMachineExport. Exactly one of uuid, moid and path identifies the virtual machine.

    Changes to ignored_findings, powered_on, export_when_changed, retain_on_delete, timeout_minutes, profile and
    assume_role_arn are applied in place; any other change replaces the export. The vSphere connection is configured by
    the explicit provider, the stack, or the environment (VSPHERE_SERVER, VSPHERE_USER, VSPHERE_PASSWORD).
    """

    bucket: pulumi.Input[str]
    """The name of the S3 bucket. It must be in the Region of the import."""
    key: pulumi.Input[str]
    """For format `ova`, the key of the object, which ends in .ova. For format `vmdk`, the prefix of the keys, which
    ends in a slash. At most 1024 bytes, including the names of the VMDKs."""
    uuid: NotRequired[pulumi.Input[str]]
    """The BIOS UUID of the virtual machine: output `uuid` of a pulumi-vsphere VirtualMachine."""
    moid: NotRequired[pulumi.Input[str]]
    """The managed object id of the virtual machine, such as vm-29."""
    path: NotRequired[pulumi.Input[str]]
    """The inventory path of the virtual machine, such as DC0/vm/web01, or its name if that is unique."""
    snapshot: NotRequired[pulumi.Input[str]]
    """The name or managed object id of a snapshot to export; the virtual machine may stay on. Default: the current
    state is exported."""
    format: NotRequired[pulumi.Input[Literal["ova", "vmdk"]]]
    """`ova`: one OVA. `vmdk`: one stream-optimized VMDK per disk and a manifest with their SHA-256, for several
    `disk_containers` of ImportImage. Default: `ova`."""
    image_profile: NotRequired[pulumi.Input[ImageProfileValue]]
    """What the image is for, which decides on the rules for the disks. `byol-workspaces` also requires a single disk of
    at most 70 GB and at most one network adapter. Default: `ec2`."""
    ignored_findings: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Ids of rules (docs/inspect.md) whose findings on the disks of the virtual machine are not reported. Default:
    none."""
    powered_on: NotRequired[pulumi.Input[PoweredOnValue]]
    """What to do if the virtual machine is powered on. `refuse`: fail. `shutDown`: shut down the guest through VMware
    Tools and wait up to 5 minutes. `powerOff`: power off. `wait`: wait until it is off. Default: `refuse`."""
    export_when_changed: NotRequired[pulumi.Input[bool]]
    """Whether to export again, to the same key, when vSphere's change version of the virtual machine differs from the
    exported one. The version does not change when the guest writes to its disks; use triggers for that. Default: false;
    preview then only warns."""
    triggers: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Arbitrary values; a change replaces the export. Default: none."""
    sse: NotRequired[pulumi.Input[SseValue]]
    """The server-side encryption of the objects: AES256, aws:kms or aws:kms:dsse. Set it where a bucket policy requires
    the header. A change replaces the export. Default: the default encryption of the bucket."""
    kms_key_id: NotRequired[pulumi.Input[str]]
    """The id, ARN or alias of the KMS key, in the bucket's Region, for `sse` aws:kms or aws:kms:dsse. Default: the key
    of the bucket's default encryption, or else the AWS managed key aws/s3."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Keep the objects in S3 when the resource is deleted. Default: false."""


class VirtualMachineExport(ManagedResource, module="vmimport", name="VirtualMachineExport"):
    """Exports a powered-off virtual machine, or a snapshot, to S3. The resource's id is the S3 URI of `key`.

    The disks are streamed from vSphere to S3; the machine that runs Pulumi stores no data. The OVA has no CD drive and
    no NVRAM. Equal disks give equal exports, byte for byte. The disks of a machine that is powered off are inspected
    before the export, where vSphere serves them. Deleting the resource deletes the objects, unless another
    owner has overwritten them. Source: https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html
    """

    _inputs_type = VirtualMachineExportInputs
    _state_type = VirtualMachineExportState

    _uses_vsphere = True

    etag: pulumi.Output[str]
    """The ETag of the OVA, or of the VMDKs' manifest."""
    version_id: pulumi.Output[str | None]
    """The version id of that object; None in a bucket without versioning."""
    checksum: pulumi.Output[str]
    """The CRC-32 of the whole OVA, or of the manifest, as `CRC32:<base64>`; pass it as `source_hash` to an import."""
    size_bytes: pulumi.Output[int]
    """The size of the OVA, or the total size of the VMDKs, in bytes."""
    disk_keys: pulumi.Output[list[str] | None]
    """The keys of the VMDKs, in the order of the machine's disks; None for an OVA."""
    disk_sha256: pulumi.Output[list[str]]
    """The SHA-256 of each exported disk, in hexadecimal digits, in the order of the machine's disks."""
    virtual_machine_name: pulumi.Output[str]
    """The name of the virtual machine in the OVA."""
    virtual_machine_change_version: pulumi.Output[str]
    """vSphere's change version at the time of the export; for a snapshot, preceded by the snapshot's id."""

    bucket: pulumi.Output[str]
    """The bucket. The output is known only when the export exists, so imports that use it wait for the export."""
    key: pulumi.Output[str]
    """The key. The output is known only when the export exists, so imports that use it wait for the export."""

    @overload
    def __init__(
        self, resource_name: str, args: VirtualMachineExportArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[VirtualMachineExportArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: VirtualMachineExportArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
