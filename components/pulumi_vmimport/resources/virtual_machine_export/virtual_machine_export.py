"""VirtualMachineExport: export a vSphere virtual machine, or a snapshot of one, to S3 as an OVA or VMDKs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.image_profile import MachineProfile
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs, aws_input_problems
from pulumi_vmimport.lifecycle.contract import (
    CleanFailureError,
    Condition,
    Created,
    Lifecycle,
    Problem,
    Run,
    is_known,
    is_set,
)
from pulumi_vmimport.lifecycle.identity import IDENTITY_METADATA, INPUTS_TAG
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.resources.allowed_values import ImageProfileValue, PoweredOnValue
from pulumi_vmimport.resources.rules.bucket_rules import bucket_problems
from pulumi_vmimport.resources.rules.byol_image_rules import encryption_default_problems
from pulumi_vmimport.resources.virtual_machine_export.export_destination import (
    INPUTS,
    ExportDestination,
    MachineExportFormat,
    key_problem,
    location_inputs,
)
from pulumi_vmimport.resources.virtual_machine_export.machine_reference import MachineReference, reference_problems
from pulumi_vmimport.resources.virtual_machine_export.machine_rules import machine_problems
from pulumi_vmimport.resources.virtual_machine_export.powered_on import PoweredOn, power_off
from pulumi_vmimport.transfer.transfer_errors import ObjectConflictError
from pulumi_vmimport.vsphere.machine_facts import MachineFacts
from pulumi_vmimport.vsphere.vsphere_errors import SnapshotNotFoundError, VSphereError


@dataclass(frozen=True, kw_only=True)
class VirtualMachineExportInputs(AwsInputs, MachineReference):
    bucket: str
    key: str
    format: MachineExportFormat | None = None
    image_profile: MachineProfile | None = None
    powered_on: PoweredOn | None = updatable()
    export_when_changed: bool | None = updatable()
    triggers: Mapping[str, str] | None = None
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


class VirtualMachineExportLifecycle(Lifecycle[VirtualMachineExportInputs, VirtualMachineExportState]):
    inputs_type = VirtualMachineExportInputs
    state_type = VirtualMachineExportState

    def check(self, inputs: VirtualMachineExportInputs) -> Iterator[Problem]:
        yield from reference_problems(inputs)
        if is_known(inputs.key, inputs.format) and (reason := key_problem(inputs.key, inputs.format)):
            yield Problem("key", reason)
        if is_set(inputs.snapshot) and is_set(inputs.powered_on):
            yield Problem("poweredOn", "has no effect with snapshot (the VM may stay on); remove one of the two")
        yield from aws_input_problems(inputs)

    def preflight(self, run: Run, inputs: VirtualMachineExportInputs) -> Iterator[Problem]:
        if is_known(inputs.bucket):
            yield from _destination_problems(run, inputs)
        yield from encryption_default_problems(run, "imageProfile", inputs.image_profile)
        path, value = inputs.machine_input()
        if not is_known(value, inputs.snapshot) or any(map(run.supplied_by_resource, (path, "snapshot"))):
            return
        try:
            with run.vsphere() as session:
                yield from _machine_problems(inputs, inputs.find(session).facts())
        except SnapshotNotFoundError as error:
            yield Problem("snapshot", str(error))
        except VSphereError as error:
            yield Problem(path, str(error))

    def create(self, run: Run, inputs: VirtualMachineExportInputs) -> Created[VirtualMachineExportState]:
        destination = _destination(run, inputs)
        completed = destination.find_completed(_owner_metadata(run, inputs))
        if completed is not None:
            run.status("an earlier run completed the export")
            return Created(destination.uri, VirtualMachineExportState(**vars(inputs), **vars(completed)))
        return Created(destination.uri, self._export(run, inputs))

    def read(self, run: Run, id: str, state: VirtualMachineExportState) -> VirtualMachineExportState | None:
        head = _destination(run, state).find_head()
        if head is None or head.metadata.get(IDENTITY_METADATA) != run.identity.key:
            return None  # deleted, or replaced by another owner: either way the export is gone
        size_bytes = head.size_bytes if state.disk_keys is None else state.size_bytes
        return replace(state, etag=head.etag, version_id=head.version_id, checksum=head.checksum, size_bytes=size_bytes)

    def read_existing(self, run: Run, id: str, state: VirtualMachineExportState) -> VirtualMachineExportState | None:
        at = replace(state, **location_inputs(id))
        head = _destination(run, at).find_head()
        return None if head is None else replace(at, etag=head.etag, checksum=head.checksum, size_bytes=head.size_bytes)

    def recheck_source(
        self, run: Run, state: VirtualMachineExportState, inputs: VirtualMachineExportInputs
    ) -> Condition:
        if not is_known(inputs.machine_input()[1], inputs.snapshot):
            return Condition.READY
        try:
            with run.vsphere() as session:
                facts = inputs.find(session).facts()
        except VSphereError:
            if inputs.export_when_changed is True:
                raise
            return Condition.READY  # an export may outlive its machine and its vSphere server
        exported, current = state.virtual_machine_change_version, facts.change_version
        if exported in (None, current):
            return Condition.READY
        if inputs.export_when_changed is True:
            for problem in _machine_problems(inputs, facts):
                run.warn(f"{problem.path}: {problem.reason}")
            return Condition.UNFINISHED
        run.warn(
            f"{facts.name} has changed since it was exported (change version {exported}, now {current}); to export it "
            "again, set exportWhenChanged or change triggers"
        )
        return Condition.READY

    def update(
        self, run: Run, id: str, state: VirtualMachineExportState, inputs: VirtualMachineExportInputs
    ) -> VirtualMachineExportState:
        if not inputs.export_when_changed:
            return self.replace_inputs(state, inputs)
        with run.vsphere() as session:
            current = inputs.find(session).facts().change_version
        if current == state.virtual_machine_change_version:
            return self.replace_inputs(state, inputs)
        completed = _destination(run, inputs).find_completed(_owner_metadata(run, inputs), current)
        if completed is not None:
            run.status("an earlier run completed the export")
            return VirtualMachineExportState(**vars(inputs), **vars(completed))
        updated = self._export(run, inputs)
        surplus = sorted({*(state.disk_keys or ())} - {*(updated.disk_keys or ())})
        self._delete(run, state, surplus)
        return updated

    def delete(self, run: Run, id: str, state: VirtualMachineExportState) -> None:
        if not state.retain_on_delete:
            self._delete(run, state, _destination(run, state).keys(len(state.disk_keys or ())))

    def _delete(self, run: Run, state: VirtualMachineExportState, keys: Iterable[str]) -> None:
        owner_metadata = _owner_metadata(run, self.inputs_of(state))
        for reason in _destination(run, state).delete(owner_metadata, keys):
            run.status(reason)

    def _export(self, run: Run, inputs: VirtualMachineExportInputs) -> VirtualMachineExportState:
        destination = _destination(run, inputs)
        with run.vsphere() as session:
            source = inputs.find(session)
            facts = source.facts()
            _require_exportable(inputs, facts)  # before the machine is powered off
            if reason := destination.conflict(run.identity.key, len(facts.disks)):
                raise CleanFailureError(reason)
            power_off(run, source, inputs.powered_on)
            facts = source.facts()
            _require_exportable(inputs, facts)  # the machine may have changed in the meantime
            try:
                completed = destination.export(source, facts, _owner_metadata(run, inputs), run)
            except ObjectConflictError as error:
                raise CleanFailureError(f"{error}; nothing was left in S3") from error
        return VirtualMachineExportState(**vars(inputs), **vars(completed))


def _destination(run: Run, inputs: VirtualMachineExportInputs) -> ExportDestination:
    format = inputs.format or MachineExportFormat.OVA
    return ExportDestination(run.aws.client("s3"), inputs.bucket, inputs.key, format)


def _destination_problems(run: Run, inputs: VirtualMachineExportInputs) -> Iterator[Problem]:
    is_usable = yield from bucket_problems(run, "bucket", inputs.bucket, input_path="bucket", use="export")
    if is_usable and is_known(inputs.key, inputs.format):
        reason = _destination(run, inputs).conflict(run.identity.key)
        yield from [Problem("key", reason)] if reason else []


def _machine_problems(inputs: VirtualMachineExportInputs, facts: MachineFacts) -> Iterator[Problem]:
    return machine_problems(inputs.machine_input()[0], facts, inputs.powered_on, inputs.image_profile)


def _require_exportable(inputs: VirtualMachineExportInputs, facts: MachineFacts) -> None:
    if problems := [f"{p.path}: {p.reason}" for p in _machine_problems(inputs, facts)]:
        raise CleanFailureError("; ".join(problems))


def _owner_metadata(run: Run, inputs: VirtualMachineExportInputs) -> dict[str, str]:
    """The metadata that identifies the resource and the inputs of an object."""
    return {IDENTITY_METADATA: run.identity.key, INPUTS: run.identity.tags(inputs)[INPUTS_TAG]}


class VirtualMachineExportArgs(AwsArgs):
    """The arguments of VirtualMachineExport. Exactly one of uuid, moid and path identifies the virtual machine.

    Changes to powered_on, export_when_changed, retain_on_delete, timeout_minutes, profile and assume_role_arn are
    applied in place; any other change replaces the export. The vSphere connection is configured by the environment
    (VSPHERE_SERVER, VSPHERE_USER, VSPHERE_PASSWORD) or the stack (vsphere:vsphereServer, vsphere:user,
    vsphere:password).
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
    """What the image is for. `byol-workspaces` requires a single disk of at most 70 GB and at most one network
    adapter. Default: `ec2`."""
    powered_on: NotRequired[pulumi.Input[PoweredOnValue]]
    """What to do if the virtual machine is powered on. `refuse`: fail. `shutDown`: shut down the guest through VMware
    Tools and wait up to 5 minutes. `powerOff`: power off. `wait`: wait until it is off. Default: `refuse`."""
    export_when_changed: NotRequired[pulumi.Input[bool]]
    """Whether to export again, to the same key, when vSphere's change version of the virtual machine differs from the
    exported one. The version does not change when the guest writes to its disks; use triggers for that. Default: false;
    preview then only warns."""
    triggers: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Arbitrary values; a change replaces the export. Default: none."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Keep the objects in S3 when the resource is deleted. Default: false."""


class VirtualMachineExport(ManagedResource, module="vmimport", name="VirtualMachineExport"):
    """Exports a powered-off virtual machine, or a snapshot, to S3. The resource's id is the S3 URI of `key`.

    The disks are streamed from vSphere to S3; the machine that runs Pulumi stores no data. The OVA has no CD drive and
    no NVRAM. Equal disks give equal exports, byte for byte. Deleting the resource deletes the objects, unless another
    owner has overwritten them. Source: https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html
    """

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
