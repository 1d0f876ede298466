"""The result of a preparation whose serial log is missing, read from the disk of the machine that is off."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pyVmomi import vim
from tests.unit.resources.guest_installation.test_guest_installation import (
    Inputs,
    NewRun,
    added_devices,
    inputs,
    installed,
    leftovers,
    lifecycle,
)

from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.lifecycle.contract import PartialFailureError, RunInterruptedError
from pulumi_vmimport.resources import machine_inspection
from pulumi_vmimport.resources.guest_installation.machine_problems import (
    INSTALLATION_KEY,
    INSTALLED_KEY,
    INSTALLING_KEY,
    STARTED,
)
from pulumi_vmimport.vsphere.hardware_kinds import PowerState
from pulumi_vmimport.vsphere.installation_devices import InstallationDevices
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import VSphereFaultError
from pulumi_vmimport_sandbox.windows import WindowsGuest
from pulumi_vmimport_sandbox.windows.make_volumes import PLACES, STATUS_FILE

__all__ = ["inputs"]  # the fixture
READY: dict[str, object] = {"status": "ready", "passes": 4}
Status = dict[str, object]


@dataclass
class SilentGuest:
    """Reports nothing, writes its disk and powers off."""

    machines: Any
    machine: VSphereMachine
    status: Status | None = field(default_factory=lambda: dict(READY))
    is_of_this_installation: bool = True

    def __call__(self) -> None:
        if self.machine.power_state() is not PowerState.ON:
            return
        guest = WindowsGuest.healthy()
        if self.status is not None:
            noted = InstallationDevices(self.machine).noted(INSTALLATION_KEY)
            id = noted if self.is_of_this_installation else "another"
            content = json.dumps({**self.status, "installation": id})
            guest.files[STATUS_FILE] = content.ljust(PLACES[STATUS_FILE]).encode()
            guest.exist[STATUS_FILE] = True
        guest.disk().write_file(self.machines.vcenter.disk_file(self.machine.reference))
        self.machines.vcenter.session.wait("power off", self.machine.reference.PowerOffVM_Task())


@pytest.fixture
def machine(machines: Any) -> VSphereMachine:
    made: VSphereMachine = machines.make_windows("win10", WindowsGuest.healthy().disk())
    return made


@pytest.fixture
def guest(machines: Any, machine: VSphereMachine) -> SilentGuest:
    return SilentGuest(machines, machine)


@pytest.fixture
def silent_run(new_export_run: NewRun, guest: SilentGuest, monkeypatch: pytest.MonkeyPatch) -> NewRun:
    monkeypatch.setattr(VSphereMachine, "used_bytes", lambda _: {})
    return lambda **values: new_export_run(**{"then": guest, "poll_seconds": 30.0, **values})


def test_without_a_log_the_status_file_on_the_disk_is_the_result(
    silent_run: NewRun, inputs: Inputs, machines: Any, machine: VSphereMachine
) -> None:
    state = installed(silent_run(), inputs)
    assert (state.passes, state.installed_at is not None) == (4, True)
    assert (leftovers(machines), added_devices(machine)) == ([], [])
    assert InstallationDevices(machine).noted(INSTALLATION_KEY) is None


@pytest.mark.parametrize(
    ("status", "is_of_this_installation", "words"),
    [
        pytest.param(
            None, True, r"its disk has no C:\\ProgramData\\pulumi-vmimport\\status\.json; power it on", id="none"
        ),
        pytest.param(
            {"status": "running", "step": "dhcp"}, True, "on its disk says running in step dhcp", id="running"
        ),
        pytest.param(
            {"status": "failed", "step": "free-space", "message": "C: is full"},
            True,
            'on its disk says failed in step free-space: "C: is full"',
            id="failed",
        ),
        pytest.param(READY, False, "on its disk is of an earlier installation", id="stale"),
    ],
)
def test_fails_for_a_machine_that_is_off_whose_disk_does_not_report_success(
    silent_run: NewRun,
    inputs: Inputs,
    guest: SilentGuest,
    status: Status | None,
    is_of_this_installation: bool,
    words: str,
) -> None:
    guest.status, guest.is_of_this_installation = status, is_of_this_installation
    with pytest.raises(PartialFailureError, match=words):
        lifecycle.create(silent_run(), inputs)


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> None:
        raise DiskImageError("its data is in vSAN, which does not serve it as a file")

    monkeypatch.setattr(machine_inspection, "read_first_disk", read)


@pytest.mark.usefixtures("unreadable")
def test_where_neither_can_be_read_a_person_confirms_the_installation_as_the_error_says(
    silent_run: NewRun, inputs: Inputs, machines: Any, machine: VSphereMachine
) -> None:
    run = silent_run()
    with pytest.raises(PartialFailureError, match="cannot be read from its disk: its data is in vSAN") as failure:
        lifecycle.create(run, inputs)
    devices = InstallationDevices(machine)
    marker = (devices.noted(INSTALLING_KEY) or "").removesuffix(f" {STARTED}")
    assert f'set the advanced setting vmimport.installed of the virtual machine to "{marker}"' in str(failure.value)
    assert "if its status is ready" in str(failure.value)
    devices.note(INSTALLED_KEY, marker, lambda _: None)
    id, unfinished = run.recorded
    state = lifecycle.update(silent_run(), id, unfinished, inputs)
    assert state.installed_at is not None
    assert (leftovers(machines), added_devices(machine)) == ([], [])


@pytest.mark.parametrize("is_readable", [True, False])
def test_a_resumed_run_does_not_start_a_prepared_machine_again(
    silent_run: NewRun,
    inputs: Inputs,
    machine: VSphereMachine,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    is_readable: bool,
) -> None:
    run = silent_run(stop_after_waits=1)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(run, inputs)
    if not is_readable:
        request.getfixturevalue("unreadable")
    starts: list[str] = []
    monkeypatch.setattr(InstallationDevices, "power_on", lambda *_: starts.append("start"))
    id, state = run.recorded
    if is_readable:
        assert lifecycle.update(silent_run(), id, state, inputs).installed_at is not None
    else:
        with pytest.raises(PartialFailureError, match="vSAN"):
            lifecycle.update(silent_run(), id, state, inputs)
    assert starts == []


def test_a_host_that_refuses_the_serial_port_installs_without_one_and_warns(
    silent_run: NewRun, inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    reconfigure: Callable[..., None] = InstallationDevices._reconfigure

    def refusing(devices: InstallationDevices, spec: Any, action: str, wait: Any) -> None:
        if any(isinstance(change.device, vim.vm.device.VirtualSerialPort) for change in spec.deviceChange):
            raise VSphereFaultError(action, "InvalidDeviceSpec", "serial ports are not supported")
        reconfigure(devices, spec, action, wait)

    monkeypatch.setattr(InstallationDevices, "_reconfigure", refusing)
    run = silent_run()
    assert installed(run, inputs).installed_at is not None
    assert "got no serial port" in run.warnings[0]
    assert "serial ports are not supported" in run.warnings[0]


@pytest.mark.parametrize("result", ["success", ""])
def test_the_status_file_has_the_result_of_byol_checker(
    silent_run: NewRun, inputs: Inputs, guest: SilentGuest, tmp_path: Path, result: str
) -> None:
    with zipfile.ZipFile(tmp_path / "BYOLChecker.zip", "w") as archive:
        archive.writestr("BYOLChecker.ps1", "# of AWS")
    guest.status = {**READY, "checker": result}
    with_checker = replace(inputs, byol_checker=str(tmp_path / "BYOLChecker.zip"))
    if result:
        assert installed(silent_run(), with_checker).checker_result == "success"
    else:
        with pytest.raises(PartialFailureError, match="of BYOL Checker nothing, expected success"):
            installed(silent_run(), with_checker)


def test_a_log_that_was_deleted_does_not_hide_the_result(
    silent_run: NewRun, inputs: Inputs, guest: SilentGuest, machines: Any
) -> None:
    def delete_log() -> None:
        folder = machines.vcenter.folder_of("LocalDS_0") / "pulumi-vmimport"
        for log in folder.glob("*.log"):
            log.unlink()
        guest()

    assert installed(silent_run(then=delete_log), inputs).passes == 4
