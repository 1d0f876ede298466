import io
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pyVmomi import vim

from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition, PartialFailureError, RunInterruptedError
from pulumi_vmimport.resources.guest_installation.guest_installation import (
    GuestInstallationInputs,
    GuestInstallationState,
)
from pulumi_vmimport.resources.guest_installation.guest_installation_lifecycle import GuestInstallationLifecycle
from pulumi_vmimport.vsphere.datastore_folder import DatastoreFolder
from pulumi_vmimport.vsphere.hardware_kinds import PowerState
from pulumi_vmimport.vsphere.installation_devices import InstallationDevices
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport_sandbox.unattended_guest import joliet_files

DATASTORE = "LocalDS_0"
lifecycle = GuestInstallationLifecycle()
Inputs = GuestInstallationInputs
NewRun = Callable[..., Any]


@dataclass
class Guest:
    """Reads the answer ISO, writes the lines of its log one at a time, and powers off after the last one."""

    machines: Any
    machine: VSphereMachine
    lines: list[dict[str, object]] = field(default_factory=lambda: [{"step": "start", "result": "registered"}, READY])
    powers_off: bool = True
    files: dict[str, bytes] = field(default_factory=dict)

    def __call__(self) -> None:
        if self.machine.power_state() is not PowerState.ON:
            return
        iso = next((path for path in InstallationDevices(self.machine).iso_paths() if "pulumi-vmimport" in path), None)
        if iso is None:
            return
        path = iso.split("] ")[1]
        self.files = dict(joliet_files(self.machines.vcenter.read_file(DATASTORE, path)))
        if self.lines:
            log = path.removesuffix(".iso") + ".log"
            line = json.dumps(self.lines.pop(0)).encode() + b"\r\n"
            before = b""
            with suppress(Exception):
                before = self.machines.vcenter.read_file(DATASTORE, log)
            self.machines.vcenter.put_file(DATASTORE, log, io.BytesIO(before + line))
        if not self.lines and self.powers_off:
            self.machines.vcenter.session.wait("power off", self.machine.reference.PowerOffVM_Task())


READY: dict[str, object] = {"step": "runner", "result": "ready", "pass": 3}
FAILED: dict[str, object] = {"step": "free-space", "result": "failed", "message": "C: has 3.0 GB of free space"}


@pytest.fixture
def machine(machines: Any) -> VSphereMachine:
    made: VSphereMachine = machines.make("win10", b"")
    return made


@pytest.fixture
def guest(machines: Any, machine: VSphereMachine) -> Guest:
    return Guest(machines, machine)


@pytest.fixture
def guest_run(new_export_run: NewRun, guest: Guest) -> NewRun:
    return lambda **values: new_export_run(**{"then": guest, **values})


@pytest.fixture
def inputs(machine: VSphereMachine) -> Inputs:
    return Inputs(
        uuid=machine.facts().uuid,
        guest_profile=GuestProfile.BYOL_WORKSPACES,
        windows_release="10-22H2",
        administrator_password="Secret-1",
        byol_account_password="Secret-2",
    )


def leftovers(machines: Any) -> list[str]:
    """The files of the installation in the datastore."""
    folder = machines.vcenter.folder_of(DATASTORE) / "pulumi-vmimport"
    return sorted(path.name for path in folder.glob("*")) if folder.is_dir() else []


def added_devices(machine: VSphereMachine) -> list[str]:
    devices = machine.session.properties(machine.reference, "config.hardware.device")["config.hardware.device"]
    ports = [device for device in devices if isinstance(device, vim.vm.device.VirtualSerialPort)]
    return [path for path in InstallationDevices(machine).iso_paths() if "pulumi" in path] + [str(p.key) for p in ports]


def installed(run: Any, inputs: Inputs) -> GuestInstallationState:
    return lifecycle.create(run, inputs).state


def test_create_installs_the_guest_and_leaves_neither_files_nor_devices(
    guest_run: NewRun, inputs: Inputs, machine: VSphereMachine, machines: Any
) -> None:
    created = lifecycle.create(guest_run(), inputs)
    assert created.id == inputs.uuid
    assert created.state.passes == 3
    assert created.state.installed_at is not None
    assert lifecycle.condition(created.state) is Condition.READY
    assert lifecycle.inputs_of(created.state) == inputs
    assert machine.power_state() is PowerState.OFF
    assert leftovers(machines) == []
    assert added_devices(machine) == []


def test_the_guest_finds_the_answer_file_the_scripts_and_the_passwords_on_the_iso(
    guest_run: NewRun, inputs: Inputs, guest: Guest
) -> None:
    installed(guest_run(), replace(inputs, product_key="AAAAA-BBBBB"))
    assert json.loads(guest.files["secrets/secrets.json"]) == {
        "administrator": "Secret-1",
        "byol": "Secret-2",
        "product_key": "AAAAA-BBBBB",
    }
    assert b"Windows 10 Pro" in guest.files["autounattend.xml"]
    assert {"vmimport/prepare.ps1", "vmimport/start.ps1", "vmimport/settings.json"} <= set(guest.files)
    assert sum(b"Secret-" in content for content in guest.files.values()) == 1


def test_the_status_shows_the_step_that_the_guest_reported_last(guest_run: NewRun, inputs: Inputs) -> None:
    run = guest_run()
    installed(run, inputs)
    assert "preparing the guest: start: registered" in run.texts


def test_an_interrupted_run_is_resumed_without_a_second_start(
    guest_run: NewRun, inputs: Inputs, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest.lines = [{"step": "start", "result": "registered"}, {"step": "dhcp", "result": "ok"}, READY]
    interrupted = guest_run(stop_after_waits=1)
    with pytest.raises(RunInterruptedError, match="look at the console"):
        lifecycle.create(interrupted, inputs)
    id, state = interrupted.recorded
    assert lifecycle.condition(state) is Condition.UNFINISHED
    starts: list[str] = []
    monkeypatch.setattr(InstallationDevices, "power_on", lambda *_: starts.append("start"))
    complete = lifecycle.update(guest_run(), id, state, inputs)
    assert (complete.installed_at is not None, starts) == (True, [])


@pytest.mark.parametrize("waits", range(3))
def test_a_run_killed_at_any_wait_converges_in_the_next_create(
    guest_run: NewRun, inputs: Inputs, machines: Any, machine: VSphereMachine, waits: int
) -> None:
    with suppress(RunInterruptedError):
        lifecycle.create(guest_run(stop_after_waits=waits), inputs)
    assert installed(guest_run(), inputs).installed_at is not None
    assert leftovers(machines) == []
    assert added_devices(machine) == []


def test_a_run_killed_after_the_installation_installs_nothing_again(
    guest_run: NewRun, inputs: Inputs, guest: Guest
) -> None:
    installed(guest_run(), inputs)
    guest.files = {}
    run = guest_run()
    assert installed(run, inputs).installed_at is not None
    assert run.texts == ["an earlier run completed the installation"]
    assert guest.files == {}


def test_a_run_killed_before_it_deleted_the_answer_iso_deletes_it_in_the_next_run(
    guest_run: NewRun, inputs: Inputs, machines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = DatastoreFolder.delete

    def interrupted(folder: DatastoreFolder, name: str, wait: Any) -> None:
        if name.endswith(".iso"):
            raise RunInterruptedError("killed")
        delete(folder, name, wait)

    with monkeypatch.context() as patch:
        patch.setattr(DatastoreFolder, "delete", interrupted)
        with pytest.raises(RunInterruptedError):
            lifecycle.create(guest_run(), inputs)
    assert len(leftovers(machines)) == len(("answer ISO", "log", "owner"))
    installed(guest_run(), inputs)
    assert leftovers(machines) == []


def test_a_failed_step_ends_the_run_with_its_words_and_leaves_the_machine_on(
    guest_run: NewRun, inputs: Inputs, guest: Guest, machine: VSphereMachine
) -> None:
    guest.lines, guest.powers_off = [FAILED], False
    run = guest_run()
    with pytest.raises(PartialFailureError, match=r"step free-space: \"C: has 3.0 GB of free space\""):
        lifecycle.create(run, inputs)
    assert machine.power_state() is PowerState.ON
    assert lifecycle.condition(run.recorded[1]) is Condition.UNFINISHED


def test_after_the_correction_of_a_failed_step_the_next_run_completes(
    guest_run: NewRun, inputs: Inputs, guest: Guest
) -> None:
    guest.lines, guest.powers_off = [FAILED], False
    run = guest_run()
    with pytest.raises(PartialFailureError):
        lifecycle.create(run, inputs)
    guest.lines, guest.powers_off = [{"step": "free-space", "result": "changed"}, READY], True
    assert lifecycle.update(guest_run(), run.recorded[0], run.recorded[1], inputs).installed_at is not None


def test_a_failure_that_is_not_corrected_is_reported_again(guest_run: NewRun, inputs: Inputs, guest: Guest) -> None:
    guest.lines, guest.powers_off = [FAILED], False
    run = guest_run()
    with pytest.raises(PartialFailureError):
        lifecycle.create(run, inputs)
    with pytest.raises(PartialFailureError, match="free-space"):
        lifecycle.update(guest_run(poll_seconds=100.0), run.recorded[0], run.recorded[1], inputs)


def test_a_machine_that_is_off_without_a_report_of_success_is_no_success(
    guest_run: NewRun, inputs: Inputs, guest: Guest
) -> None:
    guest.lines = [{"step": "dhcp", "result": "changed"}]
    with pytest.raises(
        PartialFailureError, match="did not report that it is prepared; its last report was dhcp: changed"
    ):
        lifecycle.create(guest_run(), inputs)


def interrupted_run(guest_run: NewRun, inputs: Inputs, guest: Guest) -> Any:
    """A run that was interrupted while the guest prepares itself."""
    guest.powers_off, guest.lines = False, [{"step": "dhcp", "result": "ok"}]
    run = guest_run(stop_after_waits=6)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(run, inputs)
    return run


def test_delete_of_an_unfinished_installation_removes_files_and_devices(
    guest_run: NewRun, inputs: Inputs, guest: Guest, machines: Any, machine: VSphereMachine
) -> None:
    run = interrupted_run(guest_run, inputs, guest)
    assert leftovers(machines)
    lifecycle.delete(guest_run(), *run.recorded)
    assert leftovers(machines) == []
    assert added_devices(machine) == []


def test_delete_removes_the_files_of_a_machine_that_is_gone(
    guest_run: NewRun, inputs: Inputs, guest: Guest, machines: Any, machine: VSphereMachine
) -> None:
    run = interrupted_run(guest_run, inputs, guest)
    machine.power_off(lambda _: None)
    machine.delete(lambda _: None)
    machines.forget(machine)
    lifecycle.delete(guest_run(then=lambda: None), *run.recorded)
    assert leftovers(machines) == []


def test_delete_of_a_complete_installation_does_not_touch_the_machine(
    guest_run: NewRun, inputs: Inputs, machine: VSphereMachine
) -> None:
    state = installed(guest_run(), inputs)
    version = machine.facts().change_version
    lifecycle.delete(guest_run(), inputs.uuid, state)
    assert machine.facts().change_version == version


def test_read_returns_none_once_the_machine_is_gone(
    guest_run: NewRun, inputs: Inputs, machine: VSphereMachine, machines: Any
) -> None:
    state = installed(guest_run(), inputs)
    assert lifecycle.read(guest_run(), inputs.uuid, state) == state
    machine.delete(lambda _: None)
    machines.forget(machine)
    assert lifecycle.read(guest_run(), inputs.uuid, state) is None


def test_a_disk_with_data_is_not_overwritten_unless_that_is_requested(
    guest_run: NewRun, inputs: Inputs, machine: VSphereMachine, monkeypatch: pytest.MonkeyPatch, machines: Any
) -> None:
    key = machine.facts().disks[0].key
    monkeypatch.setattr(VSphereMachine, "used_bytes", lambda _: {key: 5 << 30})
    assert [p.path for p in lifecycle.preflight(guest_run(), inputs)] == ["overwriteDisk"]
    with pytest.raises(CleanFailureError, match="overwrite_disk"):
        lifecycle.create(guest_run(), inputs)
    assert leftovers(machines) == []
    assert list(lifecycle.preflight(guest_run(), replace(inputs, overwrite_disk=True))) == []


def test_the_disk_that_this_resource_installed_is_installed_again_for_other_inputs(
    guest_run: NewRun, inputs: Inputs, machine: VSphereMachine, monkeypatch: pytest.MonkeyPatch, guest: Guest
) -> None:
    installed(guest_run(), inputs)
    key = machine.facts().disks[0].key
    monkeypatch.setattr(VSphereMachine, "used_bytes", lambda _: {key: 5 << 30})
    guest.lines = [READY]
    other = replace(inputs, edition="Enterprise")
    assert list(lifecycle.preflight(guest_run(), other)) == []
    installed(guest_run(), other)
    assert b"Windows 10 Enterprise" in guest.files["autounattend.xml"]


def test_a_changed_password_is_recorded_with_a_warning_and_installs_nothing(guest_run: NewRun, inputs: Inputs) -> None:
    state = installed(guest_run(), inputs)
    run = guest_run()
    changed = replace(inputs, administrator_password="Other-1")
    assert lifecycle.update(run, inputs.uuid, state, changed).installed_at == state.installed_at
    assert "keeps its administrator_password" in run.warnings[0]


def test_preview_reports_a_machine_without_an_iso_to_install_from(
    guest_run: NewRun, inputs: Inputs, machine: VSphereMachine, machines: Any
) -> None:
    drives = [
        device
        for device in machine.session.properties(machine.reference, "config.hardware.device")["config.hardware.device"]
        if isinstance(device, vim.vm.device.VirtualCdrom)
    ]
    spec = vim.vm.ConfigSpec(
        deviceChange=[vim.vm.device.VirtualDeviceSpec(operation="remove", device=drive) for drive in drives]
    )
    machines.vcenter.session.wait("remove", machine.reference.ReconfigVM_Task(spec))
    assert ["no ISO image" in p.reason for p in lifecycle.preflight(guest_run(), inputs)] == [True]


def test_preview_reports_firmware_that_does_not_match_the_release(guest_run: NewRun, inputs: Inputs) -> None:
    problems = list(lifecycle.preflight(guest_run(), replace(inputs, windows_release="11-23H2")))
    assert ["requires firmware UEFI" in p.reason for p in problems] == [True]


def test_preview_reports_a_machine_that_does_not_exist(guest_run: NewRun, inputs: Inputs) -> None:
    (problem,) = lifecycle.preflight(guest_run(), replace(inputs, uuid="00000000-0000-0000-0000-000000000000"))
    assert problem.path == "uuid"


def test_with_uefi_the_space_bar_is_pressed_only_at_the_first_start(
    new_export_run: NewRun, machines: Any, inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = machines.make("win11", b"", firmware="efi")
    pressed: list[int] = []
    monkeypatch.setattr(InstallationDevices, "press_space_bar", lambda _: pressed.append(1))
    lines: list[dict[str, object]] = [{"step": "dhcp", "result": "ok"} for _ in range(20)]
    lines.append(READY)
    run = new_export_run(then=Guest(machines, machine, lines))
    lifecycle.create(run, replace(inputs, uuid=machine.facts().uuid, windows_release="11-23H2"))
    assert len(pressed) == 15
