"""The lifecycle of VirtualMachineExport."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.contract import (
    UNKNOWN,
    CleanFailureError,
    Condition,
    Created,
    Existing,
    Lifecycle,
    Problem,
    Run,
    is_known,
    is_set,
)
from pulumi_vmimport.lifecycle.identity import IDENTITY_METADATA, INPUTS_TAG
from pulumi_vmimport.lifecycle.program_spelling import in_program_spelling
from pulumi_vmimport.lifecycle.provenance import MACHINE_UUID_METADATA
from pulumi_vmimport.resources.data_requests import RunRequests
from pulumi_vmimport.resources.rules.bucket_rules import bucket_problems
from pulumi_vmimport.resources.rules.byol_image_rules import encryption_default_problems
from pulumi_vmimport.resources.rules.ignored_findings import ignored_finding_problems
from pulumi_vmimport.resources.rules.object_encryption_rules import (
    RequestedEncryption,
    encryption_inputs,
    encryption_of,
    with_encryption_drift,
)
from pulumi_vmimport.resources.virtual_machine_export.disk_findings import disk_problems
from pulumi_vmimport.resources.virtual_machine_export.export_blockers import export_warnings
from pulumi_vmimport.resources.virtual_machine_export.export_destination import (
    INPUTS,
    ExportDestination,
    key_problem,
    location_inputs,
)
from pulumi_vmimport.resources.virtual_machine_export.machine_reference import find_machine, reference_problems
from pulumi_vmimport.resources.virtual_machine_export.machine_rules import machine_problems
from pulumi_vmimport.resources.virtual_machine_export.powered_on import power_off
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import (
    MachineExportFormat,
    VirtualMachineExportInputs,
    VirtualMachineExportState,
)
from pulumi_vmimport.transfer.transfer_errors import ObjectConflictError
from pulumi_vmimport.vsphere.host_access import connection_problem
from pulumi_vmimport.vsphere.machine_facts import MachineFacts
from pulumi_vmimport.vsphere.machine_snapshot import MachineSnapshot
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import SnapshotNotFoundError, VSphereError


class VirtualMachineExportLifecycle(Lifecycle[VirtualMachineExportInputs, VirtualMachineExportState]):
    inputs_type = VirtualMachineExportInputs
    state_type = VirtualMachineExportState
    local_inputs = frozenset({
        "export_when_changed", "ignored_findings", "image_profile", "moid", "path", "powered_on", "retain_on_delete",
        "snapshot", "triggers",
    })  # fmt: skip
    unread_inputs: ClassVar[Mapping[str, str]] = {
        "uuid": "only an export of this library records its virtual machine in the metadata of the object"
    }

    def check(self, inputs: VirtualMachineExportInputs) -> Iterator[Problem]:
        yield from reference_problems(inputs)
        if is_known(inputs.key, inputs.format) and (reason := key_problem(inputs.key, inputs.format)):
            yield Problem("key", reason)
        if is_set(inputs.snapshot) and is_set(inputs.powered_on):
            yield Problem("poweredOn", "has no effect with snapshot (the VM may stay on); remove one of the two")
        yield from RequestedEncryption(inputs.sse, inputs.kms_key_id).problems()
        yield from ignored_finding_problems(inputs.ignored_findings)
        yield from aws_input_problems(inputs)

    def preflight(self, run: Run, inputs: VirtualMachineExportInputs) -> Iterator[Problem]:
        if is_known(inputs.bucket):
            yield from _destination_problems(run, inputs)
        yield from RequestedEncryption(inputs.sse, inputs.kms_key_id).look_up(run)
        yield from encryption_default_problems(run, "imageProfile", inputs.image_profile)
        path, value = inputs.machine_input()
        if not is_known(value, inputs.snapshot) or any(map(run.supplied_by_resource, (path, "snapshot"))):
            return
        try:
            with run.vsphere() as session:
                source = find_machine(session, inputs)
                _warn_if_unreachable(run, source)
                facts = source.facts()
                for warning in export_warnings(facts):
                    run.warn(warning)
                yield from _machine_problems(inputs, facts)
                yield from disk_problems(run, inputs, source, facts, run.warn)
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
        is_own = head is not None and head.metadata.get(IDENTITY_METADATA) == run.identity.key
        if head is None or not (is_own or head.etag == state.etag):
            return None  # deleted, or replaced by another owner: either way the export is gone
        size_bytes = head.size_bytes if state.disk_keys is None else state.size_bytes
        state = with_encryption_drift(state, head)
        checksum = head.checksum if is_own else head.content_mark
        return replace(state, etag=head.etag, version_id=head.version_id, checksum=checksum, size_bytes=size_bytes)

    def read_existing(
        self, run: Run, id: str, state: VirtualMachineExportState
    ) -> Existing[VirtualMachineExportState] | None:
        at = replace(state, **location_inputs(id))
        if not at.bucket:
            return None
        if reason := key_problem(at.key, at.format):
            raise CleanFailureError(f"{id} is not an export of a virtual machine: {reason}")
        destination = _destination(run, at)
        head, completed = destination.find_head(), destination.find_completed({})
        if head is None or completed is None:
            return None
        uuid: Any = head.metadata.get(MACHINE_UUID_METADATA, UNKNOWN)
        outputs = {**vars(completed), "checksum": head.content_mark}
        return self.as_existing(destination.uri, replace(at, uuid=uuid, **encryption_inputs(head), **outputs))

    def recheck_source(
        self, run: Run, state: VirtualMachineExportState, inputs: VirtualMachineExportInputs
    ) -> Condition:
        if not is_known(inputs.machine_input()[1], inputs.snapshot):
            return Condition.READY
        try:
            with run.vsphere() as session:
                source = find_machine(session, inputs)
                facts = source.facts()
                exported, current = state.virtual_machine_change_version, facts.change_version
                if exported in (None, current):
                    return Condition.READY
                if inputs.export_when_changed is True:
                    found = [
                        *_machine_problems(inputs, facts),
                        *disk_problems(run, inputs, source, facts, run.warn),
                    ]
                    for problem in found:
                        run.warn(f"{problem.path}: {problem.reason}")
                    return Condition.UNFINISHED
        except VSphereError:
            if inputs.export_when_changed is True:
                raise
            return Condition.READY  # an export may outlive its machine and its vSphere server
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
            current = find_machine(session, inputs).facts().change_version
        if state.virtual_machine_change_version in (None, current):
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
        for remaining in _destination(run, state).delete(owner_metadata, keys):
            # A replacement of this resource with the same key is no news.
            show = run.status if INPUTS in remaining else run.warn
            show(remaining)

    def _export(self, run: Run, inputs: VirtualMachineExportInputs) -> VirtualMachineExportState:
        destination = _destination(run, inputs)
        with run.vsphere() as session:
            source = find_machine(session, inputs)
            facts = source.facts()
            _require_exportable(inputs, facts)  # before the machine is powered off
            if reason := destination.conflict(run.identity.key, len(facts.disks)):
                raise CleanFailureError(reason)
            power_off(run, source, inputs.powered_on)
            facts = source.facts()
            _require_exportable(inputs, facts)  # the machine may have changed in the meantime
            # Preview did not read the disks if the machine was on, or if this run creates it.
            _require_none(inputs, disk_problems(run, inputs, source, facts, run.status))
            try:
                completed = destination.export(source, facts, _owner_metadata(run, inputs), run)
            except ObjectConflictError as error:
                left = "; ".join(getattr(error, "__notes__", ["nothing was left in S3"]))
                raise CleanFailureError(f"{error}; {left}") from error
        return VirtualMachineExportState(**vars(inputs), **vars(completed))


def _destination(run: Run, inputs: VirtualMachineExportInputs) -> ExportDestination:
    format = inputs.format or MachineExportFormat.OVA
    client, requests = run.aws.client("s3"), RunRequests(run)
    return ExportDestination(client, inputs.bucket, inputs.key, format, requests, encryption_of(inputs))


def _destination_problems(run: Run, inputs: VirtualMachineExportInputs) -> Iterator[Problem]:
    is_usable = yield from bucket_problems(run, "bucket", inputs.bucket, input_path="bucket", use="export")
    if is_usable:
        yield from RequestedEncryption(inputs.sse, inputs.kms_key_id).policy_problems(run, inputs.bucket, inputs.key)
    if is_usable and is_known(inputs.key, inputs.format):
        reason = _destination(run, inputs).conflict(run.identity.key)
        yield from [Problem("key", reason)] if reason else []


def _machine_problems(inputs: VirtualMachineExportInputs, facts: MachineFacts) -> Iterator[Problem]:
    ignored = inputs.ignored_findings if is_known(inputs.ignored_findings) else None
    path = inputs.machine_input()[0]
    return machine_problems(path, facts, inputs.powered_on, inputs.image_profile, ignored or ())


def _warn_if_unreachable(run: Run, source: VSphereMachine | MachineSnapshot) -> None:
    """Warn if this machine cannot connect to the ESXi host of the disks.

    It is no problem of the inputs: `up` may run elsewhere, and vSphere may move the machine to another host.
    """
    host = source.disk_host()
    if host is not None and (problem := connection_problem(*host)):
        run.warn(f"the export will fail from this machine: {problem}")


def _require_exportable(inputs: VirtualMachineExportInputs, facts: MachineFacts) -> None:
    _require_none(inputs, _machine_problems(inputs, facts))


def _require_none(inputs: VirtualMachineExportInputs, found: Iterable[Problem]) -> None:
    if problems := [in_program_spelling(type(inputs), problem) for problem in found]:
        raise CleanFailureError("; ".join(problems))


def _owner_metadata(run: Run, inputs: VirtualMachineExportInputs) -> dict[str, str]:
    """The metadata that identifies the resource and the inputs of an object."""
    return {IDENTITY_METADATA: run.identity.key, INPUTS: run.identity.tags(inputs)[INPUTS_TAG]}
