"""Machines that changed since they were exported."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pyVmomi import vim

from pulumi_vmimport.lifecycle.contract import UNKNOWN, Condition
from pulumi_vmimport.resources.virtual_machine_export.exportable_machine import PoweredOn
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import (
    VirtualMachineExportInputs,
    VirtualMachineExportLifecycle,
)
from pulumi_vmimport.vsphere.virtual_machine import VirtualMachine
from pulumi_vmimport.vsphere.vsphere_errors import VSphereError
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = VirtualMachineExportLifecycle()
Inputs = VirtualMachineExportInputs
NewRun = Callable[..., Any]


@pytest.fixture
def new_run(new_export_run: NewRun) -> NewRun:
    return new_export_run


@pytest.fixture
def inputs(export_inputs: Inputs) -> Inputs:
    return export_inputs


def there(aws: AwsSandbox, bucket: str) -> dict[str, bytes]:
    s3 = aws.observer("s3")
    assert not s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {o["Key"]: s3.get_object(Bucket=bucket, Key=o["Key"])["Body"].read() for o in listed}


def reconfigure(machine: VirtualMachine, machines: Any, **config: Any) -> None:
    machines.vcenter.session.wait("reconfigure", machine.reference.ReconfigVM_Task(vim.vm.ConfigSpec(**config)))


def test_a_machine_that_did_not_change_needs_no_export(new_run: NewRun, inputs: Inputs) -> None:
    state = lifecycle.create(new_run(), inputs).state
    for asked in (inputs, replace(inputs, export_when_changed=True)):
        run = new_run()
        assert lifecycle.recheck_source(run, state, asked) is Condition.READY
        assert run.warnings == []
        assert lifecycle.update(run, "id", state, asked) == lifecycle.replace_inputs(state, asked)


def test_a_machine_that_changed_is_warned_of_and_not_exported(
    new_run: NewRun, inputs: Inputs, machine: VirtualMachine, machines: Any
) -> None:
    state, run = lifecycle.create(new_run(), inputs).state, new_run()
    reconfigure(machine, machines, memoryMB=8192)
    assert lifecycle.recheck_source(run, state, inputs) is Condition.READY
    (warning,) = run.warnings
    assert warning.startswith("web was changed since it was exported (change version ")
    assert warning.endswith("; to export it anew, set exportWhenChanged, or change triggers")
    assert lifecycle.update(run, "id", state, inputs) == state


def test_a_machine_that_changed_is_exported_in_place_where_that_is_wanted(
    new_run: NewRun, inputs: Inputs, machine: VirtualMachine, machines: Any, aws: AwsSandbox
) -> None:
    asked = replace(inputs, export_when_changed=True)
    created = lifecycle.create(new_run(), asked)
    reconfigure(machine, machines, memoryMB=8192)
    assert lifecycle.recheck_source(new_run(), created.state, asked) is Condition.UNFINISHED
    updated = lifecycle.update(new_run(), created.id, created.state, asked)
    assert updated.checksum != created.state.checksum
    assert updated.disk_sha256 == created.state.disk_sha256
    assert updated.virtual_machine_change_version == machine.facts().change_version
    assert lifecycle.recheck_source(new_run(), updated, asked) is Condition.READY
    # An update that was killed before it was recorded is found again.
    run = new_run()
    assert lifecycle.update(run, created.id, created.state, asked) == updated
    assert run.texts == ["the export of an earlier run is complete"]
    lifecycle.delete(new_run(), created.id, updated)
    assert there(aws, inputs.bucket) == {}


def test_an_update_that_fails_leaves_the_export_that_was_there(
    new_run: NewRun, inputs: Inputs, machine: VirtualMachine, machines: Any, aws: AwsSandbox
) -> None:
    asked = replace(inputs, export_when_changed=True)
    created = lifecycle.create(new_run(), asked)
    before = there(aws, inputs.bucket)
    reconfigure(machine, machines, memoryMB=8192)
    aws.faults.deny("UploadPart")
    with pytest.raises(ClientError, match="AccessDenied"):
        lifecycle.update(new_run(), created.id, created.state, asked)
    assert there(aws, inputs.bucket) == before


def test_a_machine_that_changed_into_a_useless_one_says_so_in_preview(
    new_run: NewRun, inputs: Inputs, machine: VirtualMachine, machines: Any
) -> None:
    asked = replace(inputs, export_when_changed=True, powered_on=PoweredOn.REFUSE)
    state, run = lifecycle.create(new_run(), asked).state, new_run()
    reconfigure(machine, machines, memoryMB=8192)
    machines.vcenter.session.wait("power on", machine.reference.PowerOnVM_Task())
    assert lifecycle.recheck_source(run, state, asked) is Condition.UNFINISHED
    assert "web is powered on" in run.warnings[0]


def test_an_export_outlives_its_machine(
    new_run: NewRun, inputs: Inputs, machine: VirtualMachine, machines: Any
) -> None:
    state = lifecycle.create(new_run(), inputs).state
    gone = replace(inputs, uuid=None, moid="vm-4711")
    assert lifecycle.recheck_source(new_run(), state, gone) is Condition.READY
    assert lifecycle.recheck_source(new_run(), state, replace(gone, moid=UNKNOWN)) is Condition.READY  # type: ignore[arg-type]
    with pytest.raises(VSphereError, match="vm-4711"):
        lifecycle.recheck_source(new_run(), state, replace(gone, export_when_changed=True))
