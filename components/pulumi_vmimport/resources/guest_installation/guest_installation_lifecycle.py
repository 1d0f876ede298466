"""The lifecycle of GuestInstallation."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.lifecycle.contract import (
    CleanFailureError,
    Condition,
    Created,
    Lifecycle,
    PartialFailureError,
    Problem,
    Run,
    is_known,
)
from pulumi_vmimport.lifecycle.input_digest import digest
from pulumi_vmimport.lifecycle.program_spelling import in_program_spelling
from pulumi_vmimport.resources.guest_installation.answer_content import answer_image
from pulumi_vmimport.resources.guest_installation.guest_installation import (
    GuestInstallationInputs,
    GuestInstallationState,
)
from pulumi_vmimport.resources.guest_installation.installation_log import InstallationLog
from pulumi_vmimport.resources.guest_installation.installation_rules import input_problems
from pulumi_vmimport.resources.guest_installation.installation_wait import wait_until_ready
from pulumi_vmimport.resources.guest_installation.machine_problems import installation_problems
from pulumi_vmimport.vsphere.datastore_file import DatastorePath
from pulumi_vmimport.vsphere.datastore_folder import DatastoreFolder
from pulumi_vmimport.vsphere.hardware_kinds import PowerState
from pulumi_vmimport.vsphere.installation_devices import InstallationDevices
from pulumi_vmimport.vsphere.inventory import datacenter_of_datastore, find_by_uuid
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import MachineNotFoundError, VSphereError

if TYPE_CHECKING:
    from pulumi_vmimport.vsphere.session import VSphereSession

_FOLDER = "pulumi-vmimport"
INSTALLED_KEY = "vmimport.installed"
"""The entry of a machine's extraConfig that says which resource and which inputs installed its guest"""
_KEY_SECONDS = 15
_SECRETS = ("administrator_password", "byol_account_password", "product_key")
_EFI = "efi"


class GuestInstallationLifecycle(Lifecycle[GuestInstallationInputs, GuestInstallationState]):
    inputs_type = GuestInstallationInputs
    state_type = GuestInstallationState
    uses_aws = False
    condition_output = "installedAt"

    def check(self, inputs: GuestInstallationInputs) -> Iterator[Problem]:
        yield from input_problems(inputs)

    def preflight(self, run: Run, inputs: GuestInstallationInputs) -> Iterator[Problem]:
        if not is_known(inputs.uuid) or run.supplied_by_resource("uuid"):
            return
        try:
            with run.vsphere() as session:
                machine = find_by_uuid(session, inputs.uuid)
                is_own = (InstallationDevices(machine).noted(INSTALLED_KEY) or "").startswith(run.identity.key)
                yield from installation_problems(machine, inputs, is_own=is_own)
        except VSphereError as error:
            yield Problem("uuid", str(error))

    def create(self, run: Run, inputs: GuestInstallationInputs) -> Created[GuestInstallationState]:
        return Created(inputs.uuid, self._install(run, GuestInstallationState(**vars(inputs))))

    def read(self, run: Run, id: str, state: GuestInstallationState) -> GuestInstallationState | None:
        try:
            with run.vsphere() as session:
                find_by_uuid(session, id)
        except MachineNotFoundError:
            return None
        return state

    def condition(self, state: GuestInstallationState) -> Condition:
        return Condition.READY if state.installed_at else Condition.UNFINISHED

    def update(
        self, run: Run, id: str, state: GuestInstallationState, inputs: GuestInstallationInputs
    ) -> GuestInstallationState:
        before, state = state, self.replace_inputs(state, inputs)
        if state.installed_at is None:
            return self._install(run, state)
        if changed := [name for name in _SECRETS if getattr(before, name) != getattr(state, name)]:
            run.warn(f"the installed guest keeps its {', '.join(changed)}; to change it, run pulumi up --replace")
        return state

    def delete(self, run: Run, id: str, state: GuestInstallationState) -> None:
        if state.answer_iso is None:
            return
        with run.vsphere() as session:
            try:
                machine = find_by_uuid(session, id)
            except MachineNotFoundError:
                machine = None
            if machine is not None:
                self._abandon(run, machine, state)
            self._delete_files(run, session, state)

    def _install(self, run: Run, state: GuestInstallationState) -> GuestInstallationState:
        """Install the guest, or resume what an earlier run began."""
        inputs = self.inputs_of(state)
        with run.vsphere() as session:
            machine = find_by_uuid(session, state.uuid)
            marker = InstallationDevices(machine).noted(INSTALLED_KEY) or ""
            state = _located(run, session, machine, state)
            if marker == _marker(run, inputs):
                run.status("an earlier run completed the installation")
                self._delete_files(run, session, state)
                return _installed(state)
            if str(_paths(state)[0]) not in InstallationDevices(machine).iso_paths():
                is_own = marker.startswith(run.identity.key)
                problems = installation_problems(machine, inputs, is_own=is_own)
                if reasons := [in_program_spelling(self.inputs_type, problem) for problem in problems]:
                    raise CleanFailureError("; ".join(reasons))
                self._attach(run, session, machine, state)
            run.record(state.uuid, state)
            if machine.power_state() is PowerState.OFF and not self._log(session, state).entries:
                self._boot(run, machine, state)
        log = wait_until_ready(run, state, _folder)
        with run.vsphere() as session:
            machine = find_by_uuid(session, state.uuid)
            devices = InstallationDevices(machine)
            devices.detach(*_paths(state), run.wait, with_tpm=True)
            devices.note(INSTALLED_KEY, _marker(run, inputs), run.wait)
            self._delete_files(run, session, state)
        return _installed(replace(state, passes=log.passes))

    def _attach(
        self, run: Run, session: "VSphereSession", machine: VSphereMachine, state: GuestInstallationState
    ) -> None:
        """Upload the answer ISO and attach it; the machine is then off."""
        iso, log = _paths(state)
        image = answer_image(self.inputs_of(state), run.identity.key, machine.facts().firmware)
        folder, devices = _folder(session, state), InstallationDevices(machine)
        run.status("uploading the answer ISO")
        run.record(state.uuid, state)
        folder.delete(_name(log), run.wait)
        folder.write(_name(iso), image)
        machine.power_off(run.wait)
        devices.note(INSTALLED_KEY, "", run.wait)
        devices.attach(iso, log, run.wait)

    def _boot(self, run: Run, machine: VSphereMachine, state: GuestInstallationState) -> None:
        run.status("starting the virtual machine")
        devices = InstallationDevices(machine)
        devices.power_on(run.wait)
        if machine.facts().firmware == _EFI and state.guest_profile is not GuestProfile.EC2_LINUX:
            for _ in range(_KEY_SECONDS):  # only now: at the restarts of Setup, the disk must boot
                devices.press_space_bar()
                run.wait(1)

    def _log(self, session: "VSphereSession", state: GuestInstallationState) -> InstallationLog:
        return InstallationLog.parse(_folder(session, state).read(_name(_paths(state)[1])))

    def _abandon(self, run: Run, machine: VSphereMachine, state: GuestInstallationState) -> None:
        """Remove the devices of an unfinished installation from a machine that remains."""
        iso, log = _paths(state)
        devices = InstallationDevices(machine)
        if str(iso) in devices.iso_paths():
            machine.power_off(run.wait)
            devices.detach(iso, log, run.wait, with_tpm=False)

    def _delete_files(self, run: Run, session: "VSphereSession", state: GuestInstallationState) -> None:
        folder = _folder(session, state)
        for path in _paths(state):
            folder.delete(_name(path), run.wait)
        screenshot = DatastorePath.parse(state.screenshot or "")
        if screenshot is not None and state.datacenter:
            parent, _, name = screenshot.path.rpartition("/")
            DatastoreFolder(session, state.datacenter, replace(screenshot, path=parent)).delete(name, run.wait)


def _installed(state: GuestInstallationState) -> GuestInstallationState:
    """The state of a complete installation, without what an unfinished one needs."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return replace(state, installed_at=at, answer_iso=None, datacenter=None, reported_failures=None, screenshot=None)


def _located(
    run: Run, session: "VSphereSession", machine: VSphereMachine, state: GuestInstallationState
) -> GuestInstallationState:
    """The state with the place of the answer ISO."""
    first = DatastorePath.parse(machine.facts().disks[0].file)
    datastore = state.datastore or (first.datastore if first else "")
    datacenter = datacenter_of_datastore(session, machine.reference, datastore)
    iso = DatastorePath(datastore, f"{_FOLDER}/{run.identity.key}.iso")
    return replace(state, answer_iso=str(iso), datacenter=datacenter)


def _paths(state: GuestInstallationState) -> tuple[DatastorePath, DatastorePath]:
    """The answer ISO and the log of the serial port."""
    iso = DatastorePath.parse(state.answer_iso or "")
    if iso is None:
        raise PartialFailureError("the state of the installation has no answer ISO; run pulumi up --replace")
    return iso, replace(iso, path=iso.path.removesuffix(".iso") + ".log")


def _name(path: DatastorePath) -> str:
    return path.path.rpartition("/")[2]


def _folder(session: "VSphereSession", state: GuestInstallationState) -> DatastoreFolder:
    iso, _ = _paths(state)
    return DatastoreFolder(session, state.datacenter or "", replace(iso, path=_FOLDER))


def _marker(run: Run, inputs: GuestInstallationInputs) -> str:
    """Resource and inputs; the digest does not contain the secrets, because a change of them is an update."""
    return f"{run.identity.key} {digest(inputs)}"
