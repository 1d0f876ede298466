"""What preview and create find in the disks of a machine before they export it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pyVmomi import vim

from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError, Condition
from pulumi_vmimport.resources import machine_inspection
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import PoweredOn
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import VirtualMachineExportInputs as Inputs
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export_lifecycle import (
    VirtualMachineExportLifecycle,
)
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox
from pulumi_vmimport_sandbox.windows import WindowsGuest, faulty_guest

lifecycle = VirtualMachineExportLifecycle()
NewRun = Callable[..., Any]


@pytest.fixture
def encrypted(machines: Any) -> VSphereMachine:
    """A machine whose disk BitLocker encrypts."""
    guest = replace(WindowsGuest.healthy(), is_encrypted=True)
    made: VSphereMachine = machines.make_windows("encrypted", guest.disk())
    return made


@pytest.fixture
def inputs(export_inputs: Inputs, encrypted: VSphereMachine) -> Inputs:
    """An export of the encrypted machine."""
    return replace(export_inputs, uuid=encrypted.facts().uuid)


def power_on(machine: VSphereMachine, machines: Any) -> None:
    machines.vcenter.session.wait("power on", machine.reference.PowerOnVM_Task())


def test_preview_fails_with_the_rule_that_the_disk_breaks(new_export_run: NewRun, inputs: Inputs) -> None:
    run = new_export_run()
    (problem,) = lifecycle.preflight(run, inputs)
    assert problem.path == "uuid"
    assert "[LocalDS_0] encrypted/encrypted.vmdk" in problem.reason
    assert "bitlocker: partition 2" in problem.reason
    assert "set ignored_findings=['bitlocker']" in problem.reason
    (warning,) = run.warnings
    assert "guest-not-read: partition 2 is encrypted with BitLocker" in warning


def test_the_operating_system_is_checked_for_its_profile(new_export_run: NewRun, inputs: Inputs, machines: Any) -> None:
    faults = ("AutoLogonEnabled", "DomainJoined", "VMWareToolsInstalled", "WindowsUpdatesEnabled", "AutoMountDisabled")
    machine = machines.make_windows("faulty", faulty_guest(*faults).disk())
    byol = replace(inputs, uuid=machine.facts().uuid, image_profile=ImageProfile.BYOL_WORKSPACES)
    found = [problem.reason for problem in lifecycle.preflight(new_export_run(), byol)]
    assert len(found) == len(faults)
    for rule in ("windows-automatic-logon", "windows-domain-joined", "windows-vmware-tools"):
        assert any(f"; {rule}: " in reason for reason in found), found
    with pytest.raises(CleanFailureError) as failure:
        lifecycle.create(new_export_run(), byol)
    assert all(reason.partition("; ")[0] in str(failure.value) for reason in found)
    healthy = machines.make_windows("healthy", WindowsGuest.healthy().disk())
    run = new_export_run()
    assert list(lifecycle.preflight(run, replace(byol, uuid=healthy.facts().uuid))) == []
    assert run.warnings == []


def test_ignored_findings_are_not_reported(new_export_run: NewRun, inputs: Inputs) -> None:
    assert list(lifecycle.preflight(new_export_run(), replace(inputs, ignored_findings=("bitlocker",)))) == []


def test_the_profile_decides_on_the_rules(new_export_run: NewRun, export_inputs: Inputs, machines: Any) -> None:
    linux = bytearray(2 << 20)
    linux[:2], linux[446:462], linux[510:512] = (
        b"\xeb\x3c",
        bytes.fromhex("80202100 83feffff 00080000 00f01f00"),
        b"\x55\xaa",
    )
    magic = (1 << 20) + 1024 + 56
    linux[magic : magic + 2] = b"\x53\xef"
    inputs = replace(export_inputs, uuid=machines.make_with_disks("linux", bytes(linux)).facts().uuid)
    assert list(lifecycle.preflight(new_export_run(), inputs)) == []
    profile = replace(inputs, image_profile=ImageProfile.BYOL_WORKSPACES)
    (problem,) = lifecycle.preflight(new_export_run(), profile)
    assert "byol-not-windows: partition 1, probably the root, holds ext" in problem.reason


def test_the_number_of_disks_is_reported_once(
    new_export_run: NewRun, inputs: Inputs, machines: Any, bootable_disk: bytes
) -> None:
    machine = machines.make_with_disks("two", bootable_disk, bootable_disk)
    byol = replace(inputs, uuid=machine.facts().uuid, image_profile=ImageProfile.BYOL_WORKSPACES)
    (problem,) = lifecycle.preflight(new_export_run(), byol)
    assert problem.reason == "expected one disk for WorkSpaces BYOL, two has 2"


def test_create_fails_before_it_exports_and_leaves_nothing(
    new_export_run: NewRun, inputs: Inputs, aws: AwsSandbox
) -> None:
    with pytest.raises(CleanFailureError, match=r"uuid: .*bitlocker: partition 2"):
        lifecycle.create(new_export_run(), inputs)
    s3 = aws.observer("s3")
    assert s3.list_objects_v2(Bucket=inputs.bucket).get("Contents") is None
    assert s3.list_multipart_uploads(Bucket=inputs.bucket).get("Uploads") is None


def test_a_machine_that_create_powers_off_is_inspected_before_its_export(
    new_export_run: NewRun, inputs: Inputs, encrypted: VSphereMachine, machines: Any
) -> None:
    power_on(encrypted, machines)
    off = replace(inputs, powered_on=PoweredOn.POWER_OFF)
    run = new_export_run()
    assert list(lifecycle.preflight(run, off)) == []
    (warning,) = run.warnings
    assert "the content of the disk was not inspected in vSphere; the import inspects the exported image" in warning
    assert "the VM is powered on, and vSphere locks the files" in warning
    with pytest.raises(CleanFailureError, match="bitlocker"):
        lifecycle.create(new_export_run(), off)


def test_a_running_machine_that_is_refused_has_one_problem_and_no_warning(
    new_export_run: NewRun, inputs: Inputs, encrypted: VSphereMachine, machines: Any
) -> None:
    power_on(encrypted, machines)
    run = new_export_run()
    (problem,) = lifecycle.preflight(run, inputs)
    assert problem.path == "poweredOn"
    assert run.warnings == []


def test_a_flat_disk_is_exported_as_a_stream_optimized_vmdk(
    new_export_run: NewRun, export_inputs: Inputs, machines: Any, bootable_disk: bytes
) -> None:
    machine = machines.make_with_disks("sound", bootable_disk)
    created = lifecycle.create(new_export_run(), replace(export_inputs, uuid=machine.facts().uuid))
    assert created.state.virtual_machine_name == "sound"
    assert 0 < (created.state.size_bytes or 0) < 1 << 20


def test_the_disk_of_a_machine_that_changed_is_inspected_before_it_is_exported_again(
    new_export_run: NewRun, inputs: Inputs, machines: Any, aws: AwsSandbox
) -> None:
    machine = machines.make_windows("windows", WindowsGuest.healthy().disk())
    again = replace(inputs, uuid=machine.facts().uuid, export_when_changed=True)
    created = lifecycle.create(new_export_run(), again)
    replace(WindowsGuest.healthy(), is_encrypted=True).disk().write_file(machines.vcenter.disk_file(machine.reference))
    run = new_export_run()
    assert lifecycle.recheck_source(run, created.state, again) is Condition.READY  # vSphere does not see such a change
    assert run.warnings == []
    machines.vcenter.session.wait("change", machine.reference.ReconfigVM_Task(vim.vm.ConfigSpec(memoryMB=8192)))
    assert lifecycle.recheck_source(run, created.state, again) is Condition.UNFINISHED
    assert any("bitlocker: partition 2" in warning for warning in run.warnings)
    with pytest.raises(CleanFailureError, match="bitlocker"):
        lifecycle.update(new_export_run(), created.id, created.state, again)
    assert aws.observer("s3").head_object(Bucket=inputs.bucket, Key=inputs.key)["ETag"].strip('"') == created.state.etag


@pytest.mark.parametrize("name", ["image_profile", "ignored_findings", "powered_on"])
def test_unknown_inputs_are_no_reason_to_read_a_disk(
    new_export_run: NewRun, inputs: Inputs, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []
    monkeypatch.setattr(machine_inspection, "inspect_machine", lambda *args: read.append(args))
    unknown: Any = {name: UNKNOWN}
    assert list(lifecycle.preflight(new_export_run(), replace(inputs, **unknown))) == []
    assert read == []


def test_a_machine_of_the_same_stack_is_not_looked_for(new_export_run: NewRun, inputs: Inputs) -> None:
    run = new_export_run(supplied=("uuid",))
    assert list(lifecycle.preflight(run, inputs)) == []
    assert run.warnings == []
