"""The lifecycle of GuestInstallation."""

import hashlib
import secrets
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
from pulumi_vmimport.resources.guest_installation.abandoned_answers import delete_abandoned
from pulumi_vmimport.resources.guest_installation.answer_content import answer_image
from pulumi_vmimport.resources.guest_installation.answer_place import answer_folder, answer_paths
from pulumi_vmimport.resources.guest_installation.disk_status import read_disk_status
from pulumi_vmimport.resources.guest_installation.guest_inputs import SECRET_INPUTS
from pulumi_vmimport.resources.guest_installation.guest_installation import (
    GuestInstallationInputs,
    GuestInstallationState,
)
from pulumi_vmimport.resources.guest_installation.installation_log import InstallationLog
from pulumi_vmimport.resources.guest_installation.installation_rules import input_problems
from pulumi_vmimport.resources.guest_installation.installation_wait import wait_until_ready
from pulumi_vmimport.resources.guest_installation.machine_problems import (
    INSTALLATION_KEY,
    INSTALLED_KEY,
    INSTALLING_KEY,
    STARTED,
    has_data,
    installation_problems,
    requires_tpm,
)
from pulumi_vmimport.vsphere.answer_iso_files import log_of, owner_of, owner_record
from pulumi_vmimport.vsphere.datastore_file import DatastorePath
from pulumi_vmimport.vsphere.datastore_folder import DatastoreFolder
from pulumi_vmimport.vsphere.hardware_kinds import PowerState
from pulumi_vmimport.vsphere.installation_devices import ANSWER_FOLDER, InstallationDevices
from pulumi_vmimport.vsphere.inventory import datacenter_of_datastore, find_by_uuid
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import MachineNotFoundError, VSphereError, VSphereFaultError

if TYPE_CHECKING:
    from pulumi_vmimport.vsphere.session import VSphereSession

_KEY_SECONDS = 15
_EFI = "efi"
_NO_INSTALLATION = {INSTALLING_KEY: "", INSTALLATION_KEY: ""}


class GuestInstallationLifecycle(Lifecycle[GuestInstallationInputs, GuestInstallationState]):
    inputs_type = GuestInstallationInputs
    state_type = GuestInstallationState
    uses_aws = False
    no_import = (
        "cannot be imported, because vSphere does not record how a guest was installed; a machine that has its system "
        "needs no GuestInstallation: remove it from the program, and export the machine with VirtualMachineExport"
    )
    condition_output = "installedAt"

    def check(self, inputs: GuestInstallationInputs) -> Iterator[Problem]:
        yield from input_problems(inputs)

    def preflight(self, run: Run, inputs: GuestInstallationInputs) -> Iterator[Problem]:
        if not is_known(inputs.uuid) or run.supplied_by_resource("uuid"):
            return
        try:
            with run.vsphere() as session:
                machine = find_by_uuid(session, inputs.uuid)
                yield from installation_problems(machine, inputs, run.identity.key)
        except VSphereError as error:
            yield Problem("uuid", str(error))

    def create(self, run: Run, inputs: GuestInstallationInputs) -> Created[GuestInstallationState]:
        return Created(inputs.uuid, self._install(run, GuestInstallationState(**vars(inputs))))

    def read(self, run: Run, id: str, state: GuestInstallationState) -> GuestInstallationState | None:
        try:
            with run.vsphere() as session:
                find_by_uuid(session, id)
        except MachineNotFoundError:
            if state.answer_iso is None:
                return None
            # The file contains the passwords: without the state, no later run deletes it.
            run.warn(f"{id} does not exist; {state.answer_iso} remains until pulumi destroy or a replacement")
        return state

    def condition(self, state: GuestInstallationState) -> Condition:
        return Condition.READY if state.installed_at else Condition.UNFINISHED

    def update(
        self, run: Run, id: str, state: GuestInstallationState, inputs: GuestInstallationInputs
    ) -> GuestInstallationState:
        before, state = state, self.replace_inputs(state, inputs)
        changed = [name for name in SECRET_INPUTS if getattr(before, name) != getattr(state, name)]
        if state.installed_at is None:
            return self._install(run, state, is_new=bool(changed))
        if changed:
            remedy = "change it in the guest, or change another input too, such as computer_name, to install again"
            run.warn(f"the installed guest keeps its {', '.join(changed)}; {remedy}")
        return state

    def delete(self, run: Run, id: str, state: GuestInstallationState) -> None:
        if state.answer_iso is None:
            return
        with run.vsphere() as session:
            try:
                machine = find_by_uuid(session, id)
            except MachineNotFoundError:
                machine = None
            if machine is None or self._abandon(run, machine, state):
                self._delete_files(run, session, state)

    def _install(self, run: Run, state: GuestInstallationState, *, is_new: bool = False) -> GuestInstallationState:
        """Install the guest, or resume what an earlier run began; with `is_new`, begin again."""
        inputs = self.inputs_of(state)
        marker = _marker(run, inputs)
        with run.vsphere() as session:
            machine = find_by_uuid(session, state.uuid)
            devices = InstallationDevices(machine)
            state = _located(run, session, machine, state)
            if devices.noted(INSTALLED_KEY) == marker:
                run.status("an earlier run completed the installation")
                log = self._log(session, state)
                if devices.noted(INSTALLING_KEY):  # a person confirmed it
                    devices.detach(answer_paths(state), run.wait, with_tpm=True, notes=_NO_INSTALLATION)
                self._delete_files(run, session, state)
                return _installed(state, log)
            progress = (devices.noted(INSTALLING_KEY) or "").removeprefix(marker).strip()
            is_attached = str(answer_paths(state)[0]) in devices.iso_paths() and progress in ("", STARTED)
            if is_new or not is_attached:
                problems = installation_problems(machine, inputs, run.identity.key)
                if reasons := [in_program_spelling(self.inputs_type, problem) for problem in problems]:
                    raise CleanFailureError("; ".join(reasons))
                progress, state = "", replace(state, reported_failures=None)
                self._attach(run, session, machine, state)
            state = self._without_screenshot(run, session, state)
            run.record(state.uuid, state)
            if progress != STARTED or self._is_to_restart(run, session, machine, state):
                self._boot(run, machine, state)
        log = wait_until_ready(run, state)
        with run.vsphere() as session:
            machine = find_by_uuid(session, state.uuid)
            notes = {INSTALLED_KEY: marker, **_NO_INSTALLATION}
            InstallationDevices(machine).detach(answer_paths(state), run.wait, with_tpm=True, notes=notes)
            self._delete_files(run, session, state)
        return _installed(state, log)

    def _attach(
        self, run: Run, session: "VSphereSession", machine: VSphereMachine, state: GuestInstallationState
    ) -> None:
        """Upload the answer ISO and attach it, instead of one for other inputs; the machine is then off."""
        iso, log = answer_paths(state)
        inputs = self.inputs_of(state)
        installation = secrets.token_hex(16)
        image = answer_image(inputs, run.identity.key, machine.facts().firmware, installation)
        folder, devices = answer_folder(session, state), InstallationDevices(machine)
        run.status("uploading the answer ISO")
        run.record(state.uuid, state)
        earlier = [path for path in map(DatastorePath.parse, devices.iso_paths()) if path and path.path == iso.path]
        if earlier:
            machine.power_off(run.wait)
        files = [file for path in earlier for file in (path, log_of(path))]
        devices.detach(files, run.wait, with_tpm=False, notes={INSTALLING_KEY: _marker(run, inputs)})
        folder.delete(log.name, run.wait)
        machine.power_off(run.wait)
        if requires_tpm(inputs):
            _add_tpm(run, devices)
        delete_abandoned(run, session, state)
        folder.write(owner_of(iso).name, owner_record(run.identity.owner_tags, state.uuid))
        folder.write(iso.name, image)
        notes = {INSTALLED_KEY: "", INSTALLATION_KEY: installation}
        is_disk_first = not has_data(machine)
        try:
            devices.attach(iso, log, run.wait, is_disk_first=is_disk_first, notes=notes)
        except VSphereFaultError as error:
            devices.attach(iso, None, run.wait, is_disk_first=is_disk_first, notes=notes)
            effect = "the steps of the preparation are not shown, and its result is read from the disk"
            run.warn(f"the virtual machine got no serial port: {error}; {effect}")

    def _is_to_restart(
        self, run: Run, session: "VSphereSession", machine: VSphereMachine, state: GuestInstallationState
    ) -> bool:
        """Whether a machine that an earlier run started is off before its guest reported anything."""
        if machine.power_state() is not PowerState.OFF:
            return False
        log = answer_folder(session, state).read(answer_paths(state)[1].name)
        if InstallationLog.parse(log).entries:
            return False
        status = read_disk_status(run, machine, state)
        # Without log and status, a restart could install a guest again that is prepared.
        return not status.is_ready and (status.is_known or log is not None)

    def _boot(self, run: Run, machine: VSphereMachine, state: GuestInstallationState) -> None:
        """Start the machine from the ISO image; again if an earlier run ended before it pressed the keys."""
        run.status("starting the virtual machine")
        devices = InstallationDevices(machine)
        machine.power_off(run.wait)
        devices.power_on(run.wait)
        is_windows = state.guest_profile is not GuestProfile.EC2_LINUX
        if is_windows and (machine.facts().firmware == _EFI or has_data(machine)):
            for _ in range(_KEY_SECONDS):  # only now: at the restarts of Setup, the disk must boot
                try:
                    devices.press_space_bar()
                except VSphereFaultError:
                    if machine.power_state() is PowerState.ON:
                        raise
                    break  # it is off already; the wait that follows reports why
                run.wait(1)
        devices.note(INSTALLING_KEY, f"{_marker(run, self.inputs_of(state))} {STARTED}", run.wait)

    def _log(self, session: "VSphereSession", state: GuestInstallationState) -> InstallationLog:
        return InstallationLog.parse(answer_folder(session, state).read(answer_paths(state)[1].name))

    def _abandon(self, run: Run, machine: VSphereMachine, state: GuestInstallationState) -> bool:
        """Remove the devices of an unfinished installation from a machine that remains.

        Returns False, without a change, if the machine belongs to an installation with other inputs: a replacement.
        """
        iso, log = answer_paths(state)
        devices = InstallationDevices(machine)
        installing = devices.noted(INSTALLING_KEY) or ""
        if installing and not installing.startswith(_marker(run, self.inputs_of(state))):
            return str(iso) not in devices.iso_paths()
        if str(iso) in devices.iso_paths():
            machine.power_off(run.wait)
        if installing:
            devices.detach((iso, log), run.wait, with_tpm=False, notes=_NO_INSTALLATION)
        return True

    def _delete_files(self, run: Run, session: "VSphereSession", state: GuestInstallationState) -> None:
        folder = answer_folder(session, state)
        iso, log = answer_paths(state)
        for path in (iso, log, owner_of(iso)):
            folder.delete(path.name, run.wait)
        self._without_screenshot(run, session, state)

    def _without_screenshot(
        self, run: Run, session: "VSphereSession", state: GuestInstallationState
    ) -> GuestInstallationState:
        """Delete the screenshot of an earlier run, whose path the next screenshot would replace."""
        screenshot = DatastorePath.parse(state.screenshot or "")
        if screenshot is not None and state.datacenter:
            DatastoreFolder(session, state.datacenter, screenshot.folder).delete(screenshot.name, run.wait)
        return replace(state, screenshot=None)


def _add_tpm(run: Run, devices: InstallationDevices) -> None:
    """Add the virtual TPM that Setup requires; an earlier installation removed it for the export."""
    try:
        devices.add_tpm(run.wait)
    except VSphereFaultError as error:
        remedy = "configure a default key provider in vCenter, or set bypass_tpm"
        raise PartialFailureError(f"Setup of Windows 11 requires a virtual TPM: {error}; {remedy}") from error


def _installed(state: GuestInstallationState, log: InstallationLog) -> GuestInstallationState:
    """The state of a complete installation, without what an unfinished one needs."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    state = replace(state, installed_at=at, passes=log.passes, checker_result=log.checker or None)
    return replace(state, answer_iso=None, datacenter=None, reported_failures=None, screenshot=None)


def _located(
    run: Run, session: "VSphereSession", machine: VSphereMachine, state: GuestInstallationState
) -> GuestInstallationState:
    """The state with the place of the answer ISO. Raises: CleanFailureError if the machine has no disk."""
    if state.answer_iso is not None:
        return state
    facts = machine.facts()
    if not facts.disks:
        raise CleanFailureError(f"uuid: {facts.name} has no disk; add one")
    # The machine is in the name: a replacement for another machine must not overwrite the file of the first one.
    name = f"{run.identity.key}-{hashlib.sha256(state.uuid.encode()).hexdigest()[:8]}.iso"
    first = DatastorePath.parse(facts.disks[0].file)
    datastore = state.datastore or (first.datastore if first else "")
    datacenter = datacenter_of_datastore(session, machine.reference, datastore)
    iso = DatastorePath(datastore, f"{ANSWER_FOLDER}/{name}")
    return replace(state, answer_iso=str(iso), datacenter=datacenter)


def _marker(run: Run, inputs: GuestInstallationInputs) -> str:
    """Resource and inputs; the digest does not contain the secrets, because a change of them is an update."""
    return f"{run.identity.key} {digest(inputs)}"
