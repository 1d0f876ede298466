"""Machines that changed after their export."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pyVmomi import vim

from pulumi_vmimport.lifecycle.contract import UNKNOWN, Condition
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import (
    PoweredOn,
    VirtualMachineExportInputs,
)
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export_lifecycle import (
    VirtualMachineExportLifecycle,
)
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
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


def reconfigure(machine: VSphereMachine, machines: Any, **config: Any) -> None:
    machines.vcenter.session.wait("reconfigure", machine.reference.ReconfigVM_Task(vim.vm.ConfigSpec(**config)))


def test_an_unchanged_machine_is_not_exported_again(new_run: NewRun, inputs: Inputs) -> None:
    state = lifecycle.create(new_run(), inputs).state
    for requested in (inputs, replace(inputs, export_when_changed=True)):
        run = new_run()
        assert lifecycle.recheck_source(run, state, requested) is Condition.READY
        assert run.warnings == []
        assert lifecycle.update(run, "id", state, requested) == lifecycle.replace_inputs(state, requested)


def test_a_changed_machine_causes_a_warning_by_default(
    new_run: NewRun, inputs: Inputs, machine: VSphereMachine, machines: Any
) -> None:
    state, run = lifecycle.create(new_run(), inputs).state, new_run()
    reconfigure(machine, machines, memoryMB=8192)
    assert lifecycle.recheck_source(run, state, inputs) is Condition.READY
    (warning,) = run.warnings
    current = machine.facts().change_version
    assert f"change version {state.virtual_machine_change_version}, now {current}" in warning
    assert "exportWhenChanged" in warning
    assert "triggers" in warning
    assert lifecycle.update(run, "id", state, inputs) == state


def test_a_changed_machine_is_exported_in_place_with_export_when_changed(
    new_run: NewRun, inputs: Inputs, machine: VSphereMachine, machines: Any, aws: AwsSandbox
) -> None:
    requested = replace(inputs, export_when_changed=True)
    created = lifecycle.create(new_run(), requested)
    reconfigure(machine, machines, memoryMB=8192)
    assert lifecycle.recheck_source(new_run(), created.state, requested) is Condition.UNFINISHED
    updated = lifecycle.update(new_run(), created.id, created.state, requested)
    assert updated.checksum != created.state.checksum
    assert updated.disk_sha256 == created.state.disk_sha256
    assert updated.virtual_machine_change_version == machine.facts().change_version
    assert lifecycle.recheck_source(new_run(), updated, requested) is Condition.READY
    # The export of an update that was killed before it was recorded is reused.
    run = new_run()
    assert lifecycle.update(run, created.id, created.state, requested) == updated
    assert run.texts == ["an earlier run completed the export"]
    lifecycle.delete(new_run(), created.id, updated)
    assert there(aws, inputs.bucket) == {}


def test_a_failed_update_keeps_the_previous_export(
    new_run: NewRun, inputs: Inputs, machine: VSphereMachine, machines: Any, aws: AwsSandbox
) -> None:
    requested = replace(inputs, export_when_changed=True)
    created = lifecycle.create(new_run(), requested)
    before = there(aws, inputs.bucket)
    reconfigure(machine, machines, memoryMB=8192)
    aws.faults.deny("UploadPart")
    with pytest.raises(ClientError, match="AccessDenied"):
        lifecycle.update(new_run(), created.id, created.state, requested)
    assert there(aws, inputs.bucket) == before


def test_preview_warns_if_the_changed_machine_cannot_be_exported(
    new_run: NewRun, inputs: Inputs, machine: VSphereMachine, machines: Any
) -> None:
    requested = replace(inputs, export_when_changed=True, powered_on=PoweredOn.REFUSE)
    state, run = lifecycle.create(new_run(), requested).state, new_run()
    reconfigure(machine, machines, memoryMB=8192)
    machines.vcenter.session.wait("power on", machine.reference.PowerOnVM_Task())
    assert lifecycle.recheck_source(run, state, requested) is Condition.UNFINISHED
    assert "poweredOn: expected web to be powered off" in run.warnings[0]


def test_an_export_outlives_its_machine(
    new_run: NewRun, inputs: Inputs, machine: VSphereMachine, machines: Any
) -> None:
    state = lifecycle.create(new_run(), inputs).state
    gone = replace(inputs, uuid=None, moid="vm-4711")
    assert lifecycle.recheck_source(new_run(), state, gone) is Condition.READY
    assert lifecycle.recheck_source(new_run(), state, replace(gone, moid=UNKNOWN)) is Condition.READY  # type: ignore[arg-type]
    with pytest.raises(VSphereError, match="vm-4711"):
        lifecycle.recheck_source(new_run(), state, replace(gone, export_when_changed=True))
