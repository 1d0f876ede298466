"""VirtualMachineExport: a vSphere virtual machine, or a snapshot of one, becomes an OVA or VMDKs in S3.

Requirements VM-07, VM-10, VM-11, VM-12, FMT-06, FMT-10, S3-04.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.aws.s3 import s3_locations
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
from pulumi_vmimport.lifecycle.identity import INPUTS_TAG
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.resources.allowed_values import ImageProfileValue, PoweredOnValue
from pulumi_vmimport.resources.virtual_machine_export import exportable_machine
from pulumi_vmimport.resources.virtual_machine_export.export_destination import (
    IDENTITY,
    INPUTS,
    ExportPlace,
    MachineExportFormat,
    key_problem,
)
from pulumi_vmimport.resources.virtual_machine_export.export_streaming import Watch
from pulumi_vmimport.resources.virtual_machine_export.exportable_machine import (
    MachineReference,
    PoweredOn,
)
from pulumi_vmimport.transfer.transfer_errors import ObjectConflictError
from pulumi_vmimport.vsphere.virtual_machine import MachineFacts
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
        yield from exportable_machine.reference_problems(inputs)
        if is_known(inputs.key, inputs.format) and (reason := key_problem(inputs.key, inputs.format)):
            yield Problem("key", reason)
        if is_set(inputs.snapshot) and is_set(inputs.powered_on):
            yield Problem("poweredOn", "is of no use with snapshot, whose machine may run; drop one of the two")
        yield from aws_input_problems(inputs)

    def preflight(self, run: Run, inputs: VirtualMachineExportInputs) -> Iterator[Problem]:
        if is_known(inputs.bucket):
            region = s3_locations.bucket_region(run.aws, inputs.bucket)
            if region is None and not run.supplied_by_resource("bucket"):
                yield Problem(
                    "bucket", f"there is no bucket {inputs.bucket!r}; create it, or take it from its resource"
                )
            if region is not None and region != run.aws.region:
                yield Problem("bucket", f"bucket {inputs.bucket!r} is in {region}, expected {run.aws.region}")
            elif region and is_known(inputs.key, inputs.format) and (reason := _place(run, inputs).taken(_whose(run))):
                yield Problem("key", reason)
        path, name = inputs.given()
        if not is_known(name, inputs.snapshot) or any(map(run.supplied_by_resource, (path, "snapshot"))):
            return
        try:
            with run.vsphere() as session:
                yield from _problems(inputs, inputs.found(session).facts())
        except SnapshotNotFoundError as error:
            yield Problem("snapshot", str(error))
        except VSphereError as error:
            yield Problem(path, str(error))

    def create(self, run: Run, inputs: VirtualMachineExportInputs) -> Created[VirtualMachineExportState]:
        place = _place(run, inputs)
        there = place.complete(_mark(run, inputs))
        if there is not None:
            run.status("the export of an earlier run is complete")
            return Created(place.id, VirtualMachineExportState(**vars(inputs), **vars(there)))
        return Created(place.id, self._exported(run, inputs))

    def read(self, run: Run, id: str, state: VirtualMachineExportState) -> VirtualMachineExportState | None:
        there = _place(run, state).head()
        if there is None or there.metadata.get(IDENTITY) != _whose(run):
            return None  # deleted, or overwritten by somebody else: either way the export is no longer there
        size_bytes = there.size_bytes if state.disk_keys is None else state.size_bytes
        return replace(
            state, etag=there.etag, version_id=there.version_id, checksum=there.checksum, size_bytes=size_bytes
        )

    def recheck_source(
        self, run: Run, state: VirtualMachineExportState, inputs: VirtualMachineExportInputs
    ) -> Condition:
        if not is_known(inputs.given()[1], inputs.snapshot):
            return Condition.READY
        try:
            with run.vsphere() as session:
                facts = inputs.found(session).facts()
        except VSphereError:
            if inputs.export_when_changed is True:
                raise
            return Condition.READY  # an export may outlive its machine, and its vSphere
        was, now = state.virtual_machine_change_version, facts.change_version
        if was in (None, now):
            return Condition.READY
        if inputs.export_when_changed is True:
            for problem in _problems(inputs, facts):
                run.warn(f"{problem.path}: {problem.reason}")
            return Condition.UNFINISHED
        run.warn(
            f"{facts.name} was changed since it was exported (change version {was}, now {now}); to export it anew, set "
            "exportWhenChanged, or change triggers"
        )
        return Condition.READY

    def update(
        self, run: Run, id: str, state: VirtualMachineExportState, inputs: VirtualMachineExportInputs
    ) -> VirtualMachineExportState:
        if not inputs.export_when_changed:
            return self.replace_inputs(state, inputs)
        with run.vsphere() as session:
            now = inputs.found(session).facts().change_version
        if now == state.virtual_machine_change_version:
            return self.replace_inputs(state, inputs)
        there = _place(run, inputs).complete(_mark(run, inputs), now)
        if there is not None:
            run.status("the export of an earlier run is complete")
            return VirtualMachineExportState(**vars(inputs), **vars(there))
        updated = self._exported(run, inputs)
        fewer = sorted({*(state.disk_keys or ())} - {*(updated.disk_keys or ())})
        self._delete(run, state, fewer)
        return updated

    def delete(self, run: Run, id: str, state: VirtualMachineExportState) -> None:
        if not state.retain_on_delete:
            self._delete(run, state, _place(run, state).keys(len(state.disk_keys or ())))

    def _delete(self, run: Run, state: VirtualMachineExportState, keys: Iterable[str]) -> None:
        for left in _place(run, state).delete(_mark(run, self.inputs_of(state)), keys):
            run.status(f"left as it is: {left}")

    def _exported(self, run: Run, inputs: VirtualMachineExportInputs) -> VirtualMachineExportState:
        place = _place(run, inputs)
        with run.vsphere() as session:
            source = inputs.found(session)
            facts = source.facts()
            _refuse_useless(inputs, facts)  # nobody's machine is switched off for nothing
            if reason := place.taken(_whose(run), len(facts.disks)):
                raise CleanFailureError(reason)
            exportable_machine.switch_off(run, source, inputs.powered_on)
            facts = source.facts()
            _refuse_useless(inputs, facts)  # it may have taken hours
            try:
                stored = place.export(source, facts, _mark(run, inputs), Watch(run.wait, run.status))
            except ObjectConflictError as error:
                raise CleanFailureError(f"{error}; nothing was left in S3") from error
        return VirtualMachineExportState(**vars(inputs), **vars(stored))


def _place(run: Run, inputs: VirtualMachineExportInputs) -> ExportPlace:
    format = inputs.format or MachineExportFormat.OVA
    return ExportPlace(run.aws.client("s3"), inputs.bucket, inputs.key, format)


def _problems(inputs: VirtualMachineExportInputs, facts: MachineFacts) -> Iterator[Problem]:
    return exportable_machine.problems(inputs.given()[0], facts, inputs.powered_on, inputs.image_profile)


def _refuse_useless(inputs: VirtualMachineExportInputs, facts: MachineFacts) -> None:
    if problems := [f"{p.path}: {p.reason}" for p in _problems(inputs, facts)]:
        raise CleanFailureError("; ".join(problems))


def _whose(run: Run) -> str:
    return run.identity.key


def _mark(run: Run, inputs: VirtualMachineExportInputs) -> dict[str, str]:
    """The metadata that tells whose object it is and what it was made from."""
    return {IDENTITY: _whose(run), INPUTS: run.identity.tags(inputs)[INPUTS_TAG]}


class VirtualMachineExportArgs(AwsArgs):
    """The arguments of VirtualMachineExport: exactly one of uuid, moid and path names the machine.

    A change of any but powered_on, export_when_changed, retain_on_delete, timeout_minutes, profile and assume_role_arn
    exports anew. How to reach vSphere comes from the environment (VSPHERE_SERVER, VSPHERE_USER, VSPHERE_PASSWORD) or
    from the stack's configuration (vsphere:vsphereServer, vsphere:user, vsphere:password).
    """

    bucket: pulumi.Input[str]
    """The bucket, in the Region of the import."""
    key: pulumi.Input[str]
    """The key of the OVA, which ends in .ova; for `format` vmdk what the disks' keys begin with, ends in a slash."""
    uuid: NotRequired[pulumi.Input[str]]
    """The machine's BIOS uuid: output `uuid` of a pulumi-vsphere VirtualMachine."""
    moid: NotRequired[pulumi.Input[str]]
    """The machine's managed object id, such as vm-29."""
    path: NotRequired[pulumi.Input[str]]
    """The machine's inventory path, such as DC0/vm/web01, or a name that only one machine has."""
    snapshot: NotRequired[pulumi.Input[str]]
    """The name or managed object id of a snapshot to export instead, while the machine may run. Default: none."""
    format: NotRequired[pulumi.Input[Literal["ova", "vmdk"]]]
    """ova: one OVA; vmdk: an object for each disk, for as many `disk_containers` of ImportImage. Default: ova."""
    image_profile: NotRequired[pulumi.Input[ImageProfileValue]]
    """ec2, or byol-workspaces: one disk of at most 70 GB, one network adapter. Default: ec2."""
    powered_on: NotRequired[pulumi.Input[PoweredOnValue]]
    """What to do with a machine that runs: refuse, shutDown (by VMware Tools), powerOff, wait. Default: refuse."""
    export_when_changed: NotRequired[pulumi.Input[bool]]
    """Export anew, under the same key, when vSphere's change version of the machine is another than at the export.
    Default: false, preview warns. What a guest writes to its disks alone does not change the version: use triggers."""
    triggers: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Any values; a change exports anew."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Leave the objects in S3 when the resource is deleted. Default: false."""


class VirtualMachineExport(ManagedResource, module="vmimport", name="VirtualMachineExport"):
    """An OVA, or VMDKs, in S3, streamed from a virtual machine that is off, or a snapshot; no byte is stored here.

    The resource's id is the S3 URI of the key. The OVA has neither CD drive nor NVRAM, whatever the machine has; equal
    disks give equal bytes. Deleting the resource deletes the objects, unless somebody else has overwritten them.
    """

    etag: pulumi.Output[str]
    """The entity tag of the OVA or the VMDKs' manifest; changes with its content."""
    version_id: pulumi.Output[str | None]
    """The object's version, in a bucket that keeps versions."""
    checksum: pulumi.Output[str]
    """S3's CRC-32 of the whole OVA, or of the manifest with the SHA-256 of each VMDK, as `CRC32:<base64>`."""
    size_bytes: pulumi.Output[int]
    """The size of the OVA, or of all VMDKs."""
    disk_keys: pulumi.Output[list[str] | None]
    """The keys of the VMDKs, in the machine's order; None for an OVA."""
    disk_sha256: pulumi.Output[list[str]]
    """The SHA-256 of each disk as it was exported, as hexadecimal digits, in the machine's order."""
    virtual_machine_name: pulumi.Output[str]
    """The machine's name in the OVA."""
    virtual_machine_change_version: pulumi.Output[str]
    """vSphere's change version of the machine at the time of the export; of a snapshot, after its id."""

    bucket: pulumi.Output[str]
    """The bucket, as given; available once the object is there."""
    key: pulumi.Output[str]
    """The key, as given; available once the object is there."""

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
