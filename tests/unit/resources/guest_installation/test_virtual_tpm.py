"""The virtual TPM that Setup of Windows 11 requires, and with which vSphere does not export a machine."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from pyVmomi import vim
from tests.unit.resources.guest_installation.test_guest_installation import Guest, Inputs, NewRun, installed, lifecycle
from tests.unit.resources.guest_installation.test_guest_installation import inputs as inputs_of_windows_10

from pulumi_vmimport.lifecycle.contract import PartialFailureError, RunInterruptedError
from pulumi_vmimport.vsphere.installation_devices import InstallationDevices
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.virtual_tpm import no_tpm_cause
from pulumi_vmimport.vsphere.vsphere_errors import VSphereFaultError

__all__ = ["inputs_of_windows_10"]  # the fixture


@dataclass
class WatchedGuest(Guest):
    """Notes whether the machine has a TPM while it is on."""

    seen: list[bool] = field(default_factory=list)

    def __call__(self) -> None:
        if not self.seen or self.machine.power_state().value == "poweredOn":
            self.seen.append(self.machine.facts().has_vtpm)
        super().__call__()


@pytest.fixture
def machine(machines: Any) -> VSphereMachine:
    made: VSphereMachine = machines.make("win11", b"", firmware="efi")
    return made


@pytest.fixture
def guest(machines: Any, machine: VSphereMachine) -> WatchedGuest:
    return WatchedGuest(machines, machine)


@pytest.fixture
def guest_run(new_export_run: NewRun, guest: WatchedGuest) -> NewRun:
    return lambda **values: new_export_run(**{"then": guest, **values})


@pytest.fixture
def inputs(machine: VSphereMachine, inputs_of_windows_10: Inputs) -> Inputs:
    return replace(inputs_of_windows_10, uuid=machine.facts().uuid, windows_release="11-23H2")


def test_setup_finds_a_tpm_and_the_export_finds_none(
    guest_run: NewRun, inputs: Inputs, guest: WatchedGuest, machine: VSphereMachine
) -> None:
    installed(guest_run(), inputs)
    assert set(guest.seen) == {True}
    assert machine.facts().has_vtpm is False


def test_a_reinstallation_finds_a_tpm_again(
    guest_run: NewRun, inputs: Inputs, guest: WatchedGuest, machine: VSphereMachine
) -> None:
    installed(guest_run(), inputs)
    guest.seen, guest.lines = [], [{"step": "runner", "result": "ready", "pass": 2}]
    installed(guest_run(), replace(inputs, computer_name="DESKTOP-2"))
    assert set(guest.seen) == {True}
    assert machine.facts().has_vtpm is False


@pytest.mark.parametrize("change", [{"bypass_tpm": True}, {"windows_release": "10-22H2"}], ids=["bypass", "windows-10"])
def test_no_tpm_is_added_where_setup_does_not_check_it(
    guest_run: NewRun, inputs: Inputs, guest: WatchedGuest, change: dict[str, Any]
) -> None:
    installed(guest_run(), replace(inputs, **change))
    assert set(guest.seen) == {False}


@pytest.mark.parametrize("has_own", [True, False])
def test_delete_of_an_unfinished_installation_leaves_the_tpm_that_the_machine_had(
    guest_run: NewRun, inputs: Inputs, guest: WatchedGuest, machine: VSphereMachine, machines: Any, has_own: bool
) -> None:
    if has_own:
        added = vim.vm.device.VirtualDeviceSpec(operation="add", device=vim.vm.device.VirtualTPM(key=-1))
        task = machine.reference.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=[added]))
        machines.vcenter.session.wait("add", task)
    guest.lines, guest.powers_off = [{"step": "dhcp", "result": "ok"}], False
    run = guest_run(stop_after_waits=20)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(run, inputs)
    assert machine.facts().has_vtpm is True
    id, state = run.recorded
    lifecycle.delete(guest_run(), id, state)
    assert machine.facts().has_vtpm is has_own


def test_fails_with_the_words_of_vsphere_before_the_answer_iso_is_uploaded(
    guest_run: NewRun, inputs: Inputs, machines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reconfigure: Callable[..., None] = InstallationDevices._reconfigure

    def refusing(devices: InstallationDevices, spec: Any, action: str, wait: Any) -> None:
        if any(isinstance(change.device, vim.vm.device.VirtualTPM) for change in spec.deviceChange):
            raise VSphereFaultError(action, "GenericVmConfigFault", "no default key provider")
        reconfigure(devices, spec, action, wait)

    monkeypatch.setattr(InstallationDevices, "_reconfigure", refusing)
    with pytest.raises(PartialFailureError, match=r"no default key provider.*configure a default key provider"):
        lifecycle.create(guest_run(), inputs)
    assert list((machines.vcenter.folder_of("LocalDS_0") / "pulumi-vmimport").glob("*.iso")) == []


def test_preview_names_the_replacement_where_no_tpm_can_be_added(
    guest_run: NewRun, inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(lifecycle.preflight(guest_run(), inputs)) == []
    monkeypatch.setattr(
        "pulumi_vmimport.resources.guest_installation.machine_problems.no_tpm_cause", lambda _: "the host adds none"
    )
    (problem,) = lifecycle.preflight(guest_run(), inputs)
    assert problem.path == "uuid"
    assert "and the host adds none; replace the virtual machine with pulumi up --replace URN" in problem.reason
    assert list(lifecycle.preflight(guest_run(), replace(inputs, bypass_tpm=True))) == []


@pytest.mark.parametrize(
    ("kind", "version", "words"),
    [
        ("HostAgent", "8.0.2.0", "only vCenter adds one"),
        ("VirtualCenter", "6.5", "version 6.7 is the first"),
        ("VirtualCenter", "6.7", None),
        ("VirtualCenter", "10.0.0.1", None),
    ],
)
def test_only_a_vcenter_that_is_new_enough_adds_a_tpm(kind: str, version: str, words: str | None) -> None:
    about = SimpleNamespace(apiType=kind, apiVersion=version)
    session: Any = SimpleNamespace(server="vcenter:443", content=SimpleNamespace(about=about))
    cause = no_tpm_cause(session)
    assert cause is None if words is None else words in (cause or "")
