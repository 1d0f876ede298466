"""What an installation does after a killed run, with other inputs, and on a machine that others use."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.resources.guest_installation.test_guest_installation import (
    READY,
    Guest,
    Inputs,
    NewRun,
    added_devices,
    guest,
    guest_run,
    inputs,
    installed,
    leftovers,
    lifecycle,
    machine,
)

from pulumi_vmimport.lifecycle.contract import CleanFailureError, PartialFailureError, RunInterruptedError
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.resources.guest_installation.machine_problems import INSTALLED_KEY
from pulumi_vmimport.vsphere.datastore_folder import DatastoreFolder
from pulumi_vmimport.vsphere.installation_devices import InstallationDevices
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import DatastoreFileError

__all__ = ["guest", "guest_run", "inputs", "machine"]  # the fixtures
DHCP: dict[str, object] = {"step": "dhcp", "result": "ok"}


def interrupted(run: Any, inputs: Inputs) -> tuple[str, Any]:
    """Id and state of an installation whose run ended while the guest prepared itself."""
    with pytest.raises(RunInterruptedError):
        lifecycle.create(run, inputs)
    found: tuple[str, Any] = run.recorded
    return found


def test_an_unfinished_installation_begins_again_with_a_changed_password(
    guest_run: NewRun, inputs: Inputs, guest: Guest
) -> None:
    guest.lines, guest.powers_off = [DHCP], False
    id, state = interrupted(guest_run(stop_after_waits=6), inputs)
    guest.lines, guest.powers_off = [READY], True
    lifecycle.update(guest_run(), id, state, replace(inputs, administrator_password="Other-1"))
    assert json.loads(guest.files["secrets/secrets.json"])["administrator"] == "Other-1"


def test_a_replacement_of_an_unfinished_installation_installs_the_new_inputs(
    guest_run: NewRun, inputs: Inputs, guest: Guest, machines: Any, machine: VSphereMachine
) -> None:
    guest.lines, guest.powers_off = [DHCP], False
    id, state = interrupted(guest_run(stop_after_waits=6), inputs)
    guest.lines, guest.powers_off = [READY], True
    installed(guest_run(), replace(inputs, edition="Enterprise"))
    assert b"Windows 10 Enterprise" in guest.files["autounattend.xml"]
    lifecycle.delete(guest_run(), id, state)
    assert (leftovers(machines), added_devices(machine)) == ([], [])


def test_the_delete_of_a_replaced_installation_leaves_the_one_in_progress(
    guest_run: NewRun, inputs: Inputs, guest: Guest, machines: Any, machine: VSphereMachine
) -> None:
    guest.lines, guest.powers_off = [DHCP], False
    old = interrupted(guest_run(stop_after_waits=6), inputs)
    guest.lines = [DHCP]
    interrupted(guest_run(stop_after_waits=6), replace(inputs, edition="Enterprise"))
    before = leftovers(machines), added_devices(machine)
    lifecycle.delete(guest_run(), *old)
    assert (leftovers(machines), added_devices(machine)) == before


def test_a_second_installation_of_a_machine_is_refused(
    guest_run: NewRun, inputs: Inputs, guest: Guest, machine: VSphereMachine
) -> None:
    guest.lines, guest.powers_off = [DHCP], False
    interrupted(guest_run(stop_after_waits=6), inputs)
    other = guest_run(identity=Identity("urn:pulumi:dev::shop::vmimport:index:GuestInstallation::other"))
    assert ["another GuestInstallation" in p.reason for p in lifecycle.preflight(other, inputs)] == [True]
    with pytest.raises(CleanFailureError, match="another GuestInstallation already installs"):
        lifecycle.create(other, inputs)


def test_a_run_killed_before_it_pressed_the_keys_starts_the_machine_again(
    guest_run: NewRun, inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    power_on = InstallationDevices.power_on

    def killed(devices: InstallationDevices, wait: Any) -> None:
        power_on(devices, lambda _: None)
        raise RunInterruptedError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(InstallationDevices, "power_on", killed)
        interrupted(guest_run(), inputs)
    starts: list[str] = []

    def recorded(devices: InstallationDevices, wait: Any) -> None:
        starts.append("start")
        power_on(devices, wait)

    monkeypatch.setattr(InstallationDevices, "power_on", recorded)
    assert installed(guest_run(), inputs).installed_at is not None
    assert starts == ["start"]


def test_the_note_of_a_complete_installation_is_set_with_the_removal_of_the_devices(
    guest_run: NewRun, inputs: Inputs, machine: VSphereMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    detach = InstallationDevices.detach

    def killed(devices: InstallationDevices, *args: Any, with_tpm: bool, notes: Any) -> None:
        detach(devices, *args, with_tpm=with_tpm, notes=notes)
        if with_tpm:
            raise RunInterruptedError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(InstallationDevices, "detach", killed)
        interrupted(guest_run(), inputs)
    assert InstallationDevices(machine).noted(INSTALLED_KEY)
    run = guest_run()
    installed(run, inputs)
    assert run.texts == ["an earlier run completed the installation"]


def test_a_disk_with_data_is_booted_after_the_cd_whose_prompt_gets_keys(
    guest_run: NewRun, inputs: Inputs, machine: VSphereMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = machine.facts().disks[0].key
    monkeypatch.setattr(VSphereMachine, "used_bytes", lambda _: {key: 5 << 30})
    pressed: list[int] = []
    monkeypatch.setattr(InstallationDevices, "press_space_bar", lambda _: pressed.append(1))
    orders: list[bool] = []
    attach = InstallationDevices.attach

    def recorded(devices: InstallationDevices, *args: Any, is_disk_first: bool, notes: Any) -> None:
        orders.append(is_disk_first)
        attach(devices, *args, is_disk_first=is_disk_first, notes=notes)

    monkeypatch.setattr(InstallationDevices, "attach", recorded)
    installed(guest_run(), replace(inputs, overwrite_disk=True))
    assert orders == [False]
    assert pressed


def test_a_suspended_machine_ends_the_run_with_the_remedy(
    guest_run: NewRun, inputs: Inputs, guest: Guest, machines: Any, machine: VSphereMachine
) -> None:
    guest.lines, guest.powers_off = [DHCP], False
    id, state = interrupted(guest_run(stop_after_waits=6), inputs)
    machines.vcenter.session.wait("suspend", machine.reference.SuspendVM_Task())
    with pytest.raises(PartialFailureError, match="is suspended, so its guest does not continue; power it on"):
        lifecycle.update(guest_run(), id, state, inputs)
    lifecycle.delete(guest_run(), id, state)
    assert (leftovers(machines), added_devices(machine)) == ([], [])


def test_reads_of_the_log_that_fail_for_a_while_do_not_end_the_run(
    guest_run: NewRun, inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, failures = DatastoreFolder.read, [401, 503, None]

    def failing(folder: DatastoreFolder, name: str) -> bytes | None:
        if failures and reads:
            raise DatastoreFileError(name, "cannot be reached", status=failures.pop())
        reads.append(name)
        return read(folder, name)

    reads: list[str] = []
    monkeypatch.setattr(DatastoreFolder, "read", failing)
    assert installed(guest_run(), inputs).installed_at is not None
    assert failures == []


def test_refresh_keeps_an_unfinished_installation_whose_machine_is_gone(
    guest_run: NewRun, inputs: Inputs, guest: Guest, machines: Any, machine: VSphereMachine
) -> None:
    guest.lines, guest.powers_off = [DHCP], False
    id, state = interrupted(guest_run(stop_after_waits=6), inputs)
    machine.power_off(lambda _: None)
    machine.delete(lambda _: None)
    machines.forget(machine)
    run = guest_run(then=lambda: None)
    assert lifecycle.read(run, id, state) == state
    assert "remains until pulumi destroy" in run.warnings[0]
    lifecycle.delete(run, id, state)
    assert leftovers(machines) == []


def test_create_reports_a_machine_without_a_disk(guest_run: NewRun, machines: Any, inputs: Inputs) -> None:
    empty = machines.make("empty")
    with pytest.raises(CleanFailureError, match="has no disk; add one"):
        lifecycle.create(guest_run(), replace(inputs, uuid=empty.facts().uuid))
