"""VirtualMachineExport: a vSphere virtual machine becomes an OVA in S3.

Requirements VM-07, VM-10, VM-11, FMT-06, FMT-10, S3-04.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NotRequired

import pulumi

from pulumi_vmimport.aws import s3_locations
from pulumi_vmimport.lifecycle.contract import Created, Failed, Lifecycle, Problem, Run, is_given, known
from pulumi_vmimport.lifecycle.identity import INPUTS_TAG
from pulumi_vmimport.lifecycle.managed_resource import AwsScopeArgs, ManagedResource
from pulumi_vmimport.lifecycle.property_bag import updatable
from pulumi_vmimport.lifecycle.scope import AwsScope, scope_problems
from pulumi_vmimport.resources import exportable_machine
from pulumi_vmimport.resources.exportable_machine import ImageProfile, PoweredOn
from pulumi_vmimport.resources.ova_export import exported_ova
from pulumi_vmimport.transfer import s3_object
from pulumi_vmimport.transfer.errors import NotOursError
from pulumi_vmimport.vsphere import inventory
from pulumi_vmimport.vsphere.errors import VSphereError
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.virtual_machine import MachineFacts, PowerState, VirtualMachine

# Names of S3 metadata: HTTP headers, so without the colons of tags.
_IDENTITY, _INPUTS, _NAME, _CHANGE_VERSION = "vmimport-identity", "vmimport-inputs", "vmimport-name", "vmimport-change"
_KEY_BYTES = 1024  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html


@dataclass(frozen=True, kw_only=True)
class VirtualMachineExportInputs(AwsScope):
    bucket: str
    key: str
    uuid: str | None = None
    moid: str | None = None
    path: str | None = None
    image_profile: ImageProfile | None = None
    powered_on: PoweredOn | None = updatable()
    staging_directory: str | None = updatable()
    triggers: Mapping[str, str] | None = None
    retain_on_delete: bool | None = updatable()


@dataclass(frozen=True, kw_only=True)
class VirtualMachineExportState(VirtualMachineExportInputs):
    etag: str | None = None
    version_id: str | None = None
    sha256: str | None = None
    size_bytes: int | None = None
    virtual_machine_name: str | None = None
    virtual_machine_change_version: str | None = None


class VirtualMachineExportLifecycle(Lifecycle[VirtualMachineExportInputs, VirtualMachineExportState]):
    inputs = VirtualMachineExportInputs
    state = VirtualMachineExportState

    def check(self, inputs: VirtualMachineExportInputs) -> Iterator[Problem]:
        names = (inputs.uuid, inputs.moid, inputs.path)
        given = sum(map(is_given, names))
        if given > 1 or (given == 0 and known(*names)):
            yield Problem("uuid", f"expected exactly one of uuid, moid and path, got {given}")
        key = inputs.key
        if known(key) and (not key or key.startswith("/") or len(key.encode()) > _KEY_BYTES):
            yield Problem("key", f"expected 1 to {_KEY_BYTES} bytes that do not start with a slash, got {key!r}")
        elif known(key) and not key.lower().endswith(".ova"):
            yield Problem("key", f"expected a key that ends in .ova, got {key!r}")
        yield from scope_problems(inputs)

    def look_up(self, run: Run, inputs: VirtualMachineExportInputs) -> Iterator[Problem]:
        if known(inputs.bucket):
            region = s3_locations.bucket_region(run.aws, inputs.bucket)
            if region is None and not run.promised("bucket"):
                yield Problem(
                    "bucket", f"there is no bucket {inputs.bucket!r}; create it, or take it from its resource"
                )
            if region is not None and region != run.aws.region:
                yield Problem("bucket", f"bucket {inputs.bucket!r} is in {region}, expected {run.aws.region}")
            elif region is not None and known(inputs.key):
                there = s3_object.find_object(run.aws.client("s3"), inputs.bucket, inputs.key)
                if reason := _taken(run, f"s3://{inputs.bucket}/{inputs.key}", there):
                    yield Problem("key", reason)
        path, name = _reference(inputs)
        if not known(name) or run.promised(path):
            return
        try:
            with run.vsphere() as session:
                yield from _problems(inputs, _find(session, inputs).facts())
        except VSphereError as error:
            yield Problem(path, str(error))

    def create(self, run: Run, inputs: VirtualMachineExportInputs) -> Created[VirtualMachineExportState]:
        id = f"s3://{inputs.bucket}/{inputs.key}"
        s3, mark = run.aws.client("s3"), _mark(run, inputs)
        there = s3_object.find_object(s3, inputs.bucket, inputs.key)
        if reason := _taken(run, id, there):
            raise Failed(reason)
        if there is not None and mark.items() <= there.metadata.items() and there.sha256:
            run.status("the export of an earlier run is complete")
            name, version = there.metadata.get(_NAME), there.metadata.get(_CHANGE_VERSION)
            return Created(id, _state(inputs, there, name, version))
        s3_object.abort_stale_uploads(s3, inputs.bucket, inputs.key)
        with run.vsphere() as session:
            machine = _find(session, inputs)
            _refuse_useless(inputs, machine.facts())  # nobody's machine is switched off for nothing
            self._switch_off(run, machine, inputs)
            facts = machine.facts()
            _refuse_useless(inputs, facts)  # it may have taken hours
            directory = Path(inputs.staging_directory) if inputs.staging_directory else None
            with exported_ova(machine, wait=run.wait, status=run.status, staging_directory=directory) as ova:
                stored = s3_object.put_stream(
                    s3,
                    inputs.bucket,
                    inputs.key,
                    ova.chunks(),
                    metadata={**mark, _NAME: ova.name, _CHANGE_VERSION: facts.change_version},
                    progress=_progress(run, f"of {ova.size_bytes >> 20} MiB sent to {id}"),
                    size_hint=ova.size_bytes,
                )
        return Created(id, _state(inputs, stored, ova.name, facts.change_version))

    def read(self, run: Run, id: str, state: VirtualMachineExportState) -> VirtualMachineExportState | None:
        there = s3_object.find_object(run.aws.client("s3"), state.bucket, state.key)
        if there is None or there.metadata.get(_IDENTITY) != run.identity.key:
            return None  # deleted, or overwritten by somebody else: either way the export is no longer there
        return replace(state, etag=there.etag, version_id=there.version_id, size_bytes=there.size_bytes)

    def update(
        self, run: Run, id: str, state: VirtualMachineExportState, inputs: VirtualMachineExportInputs
    ) -> VirtualMachineExportState:
        return self.with_inputs(state, inputs)

    def delete(self, run: Run, id: str, state: VirtualMachineExportState) -> None:
        s3 = run.aws.client("s3")
        if not state.retain_on_delete:
            s3_object.abort_stale_uploads(s3, state.bucket, state.key)
            try:
                s3_object.delete_if_ours(s3, state.bucket, state.key, _mark(run, self.inputs_of(state)))
            except NotOursError as error:  # a replacement under the same key, or somebody else's object
                run.status(f"left as it is: {error}")

    def _switch_off(self, run: Run, machine: VirtualMachine, inputs: VirtualMachineExportInputs) -> None:
        if machine.power_state() is PowerState.OFF:
            return
        match inputs.powered_on:
            case PoweredOn.SHUT_DOWN:
                run.status("shutting down the guest")
                machine.shut_down_guest(run.wait)
            case PoweredOn.POWER_OFF:
                machine.power_off(run.wait)
            case PoweredOn.WAIT:
                while machine.power_state() is not PowerState.OFF:
                    run.status("waiting until the machine is off: its guest is to be prepared and shut down")
                    run.wait(run.poll_seconds)


def _find(session: VSphereSession, inputs: VirtualMachineExportInputs) -> VirtualMachine:
    if inputs.uuid is not None:
        return inventory.by_uuid(session, inputs.uuid)
    if inputs.moid is not None:
        return inventory.by_moid(session, inputs.moid)
    return inventory.by_path(session, str(inputs.path))


def _reference(inputs: VirtualMachineExportInputs) -> tuple[str, str | None]:
    names = {"uuid": inputs.uuid, "moid": inputs.moid, "path": inputs.path}
    return next(((path, name) for path, name in names.items() if not known(name) or name is not None), ("uuid", None))


def _problems(inputs: VirtualMachineExportInputs, facts: MachineFacts) -> Iterator[Problem]:
    return exportable_machine.problems(_reference(inputs)[0], facts, inputs.powered_on, inputs.image_profile)


def _refuse_useless(inputs: VirtualMachineExportInputs, facts: MachineFacts) -> None:
    if problems := [f"{p.path}: {p.reason}" for p in _problems(inputs, facts)]:
        raise Failed("; ".join(problems))


def _taken(run: Run, id: str, there: s3_object.FoundObject | None) -> str | None:
    """Why the export may not be written where it is to be: nobody else's object is overwritten."""
    if there is None or there.metadata.get(_IDENTITY) == run.identity.key:
        return None
    return f"{id} is there already and not an export of this resource; choose another key, or delete the object"


def _mark(run: Run, inputs: VirtualMachineExportInputs) -> dict[str, str]:
    """The metadata that tells whose object it is and what it was made from."""
    return {_IDENTITY: run.identity.key, _INPUTS: run.identity.tags(inputs)[INPUTS_TAG]}


def _progress(run: Run, text: str) -> Callable[[int], None]:
    """Shows how far an upload is, and ends it where the run ends."""

    def show(sent_bytes: int) -> None:
        run.status(f"{sent_bytes >> 20} {text}")
        run.wait(0)

    return show


def _state(
    inputs: VirtualMachineExportInputs,
    stored: s3_object.StoredObject | s3_object.FoundObject,
    name: str | None,
    change_version: str | None,
) -> VirtualMachineExportState:
    return VirtualMachineExportState(
        **vars(inputs),
        etag=stored.etag,
        version_id=stored.version_id,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        virtual_machine_name=name,
        virtual_machine_change_version=change_version,
    )


class VirtualMachineExportArgs(AwsScopeArgs):
    """The arguments of VirtualMachineExport: exactly one of uuid, moid and path names the machine.

    A change of any but powered_on, staging_directory, retain_on_delete, timeout_minutes, profile and assume_role_arn
    exports anew. How to reach vSphere comes from the environment (VSPHERE_SERVER, VSPHERE_USER, VSPHERE_PASSWORD) or
    from the stack's configuration (vsphere:vsphereServer, vsphere:user, vsphere:password).
    """

    bucket: pulumi.Input[str]
    """The bucket, in the Region of the import."""
    key: pulumi.Input[str]
    """The key of the OVA; ends in .ova."""
    uuid: NotRequired[pulumi.Input[str]]
    """The machine's BIOS uuid: output `uuid` of a pulumi-vsphere VirtualMachine."""
    moid: NotRequired[pulumi.Input[str]]
    """The machine's managed object id, such as vm-29."""
    path: NotRequired[pulumi.Input[str]]
    """The machine's inventory path, such as DC0/vm/web01, or a name that only one machine has."""
    image_profile: NotRequired[pulumi.Input[str]]
    """ec2, or byol-workspaces: one disk of at most 70 GB, one network adapter. Default: ec2."""
    powered_on: NotRequired[pulumi.Input[str]]
    """What to do with a machine that runs: refuse, shutDown (by VMware Tools), powerOff, wait. Default: refuse."""
    staging_directory: NotRequired[pulumi.Input[str]]
    """Where the disks lie while the OVA is put together. Default: the system's directory for temporary files."""
    triggers: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Any values; a change exports anew."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Leave the object in S3 when the resource is deleted. Default: false."""


class VirtualMachineExport(ManagedResource, module="vmimport", name="VirtualMachineExport"):
    """An OVA in S3, exported from a virtual machine that is off; the resource's id is the object's S3 URI.

    The OVA has no CD drive, whatever is mounted in the machine; equal disks give equal bytes. Deleting the resource
    deletes the object, unless somebody else has overwritten it.
    """

    etag: pulumi.Output[str]
    """The object's entity tag; changes with its content."""
    version_id: pulumi.Output[str | None]
    """The object's version, in a bucket that keeps versions."""
    sha256: pulumi.Output[str]
    """The SHA-256 of the OVA, as hexadecimal digits."""
    size_bytes: pulumi.Output[int]
    """The size of the OVA."""
    virtual_machine_name: pulumi.Output[str]
    """The machine's name in the OVA."""
    virtual_machine_change_version: pulumi.Output[str]
    """The machine's configuration version at the time of the export."""

    bucket: pulumi.Output[str]
    """The bucket, as given; available once the object is there."""
    key: pulumi.Output[str]
    """The key, as given; available once the object is there."""

    def __init__(self, name: str, args: VirtualMachineExportArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)
