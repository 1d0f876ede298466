"""Waits until the guest has installed and prepared itself and is off."""

from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from pulumi_vmimport.lifecycle.contract import PartialFailureError, Run, RunInterruptedError
from pulumi_vmimport.resources.guest_installation.answer_place import answer_folder, answer_paths
from pulumi_vmimport.resources.guest_installation.checker_result import advice, missing_result
from pulumi_vmimport.resources.guest_installation.disk_status import read_disk_status, status_path
from pulumi_vmimport.resources.guest_installation.guest_installation import GuestInstallationState
from pulumi_vmimport.resources.guest_installation.installation_log import InstallationLog
from pulumi_vmimport.resources.guest_installation.machine_problems import INSTALLED_KEY, INSTALLING_KEY, STARTED
from pulumi_vmimport.vsphere.datastore_folder import DatastoreFolder
from pulumi_vmimport.vsphere.hardware_kinds import PowerState
from pulumi_vmimport.vsphere.installation_devices import InstallationDevices
from pulumi_vmimport.vsphere.inventory import find_by_uuid
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import DatastoreFileError, VSphereError, VSphereFaultError

if TYPE_CHECKING:
    from pulumi_vmimport.vsphere.session import VSphereSession

# After a restart of Windows the preparation starts a minute later; a person may need longer.
_AFTER_FAILURE_SECONDS = 900.0
# vSphere reports a machine as off before it has closed the file of the serial port, and a person may restart it.
_OFF_SECONDS = 60.0
# A wait of hours must not end because a restart of vCenter or of a proxy prevents some reads of the log.
_UNREADABLE_SECONDS = 600.0
_TRANSIENT = (None, HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS)


def wait_until_ready(run: Run, state: GuestInstallationState) -> InstallationLog:
    """Wait until the guest has shut itself down; returns its log.

    Without a log that reports success, the status file on the disk decides. Raises: PartialFailureError if a step
    failed, or if the machine is off and neither reports success; RunInterruptedError; VSphereError.
    """
    watch = _Watch(run, state)
    while True:
        try:
            with run.vsphere() as session:
                return watch.until_ready(session)
        except VSphereFaultError as error:
            if error.fault != "NotAuthenticated":  # vCenter has restarted: log in again
                raise


class _Watch:
    def __init__(self, run: Run, state: GuestInstallationState) -> None:
        self._run = run
        self._state = state
        self._step_seconds = max(run.poll_seconds, 1.0)
        self._waited_seconds = 0.0
        self._off_seconds = 0.0
        self._unreadable_seconds = 0.0
        self._log = InstallationLog()

    def until_ready(self, session: "VSphereSession") -> InstallationLog:
        machine = find_by_uuid(session, self._state.uuid)
        folder = answer_folder(session, self._state)
        name = answer_paths(self._state)[1].name
        devices = InstallationDevices(machine)
        while True:
            power_state = machine.power_state()
            log = self._read(folder, name)
            self._raise_if_failed(log, devices)
            is_off = power_state is PowerState.OFF
            if is_off and log.is_ready:
                return self._complete(machine, log)
            self._off_seconds = self._off_seconds + self._step_seconds if is_off else 0.0
            if self._off_seconds > _OFF_SECONDS:
                return self._log_on_disk(machine, log)
            if power_state is PowerState.SUSPENDED:
                raise PartialFailureError(
                    f"{machine.display_name} is suspended, so its guest does not continue; power it on, and run pulumi "
                    "up again"
                )
            self._run.status(log.status)
            try:
                self._run.wait(self._run.poll_seconds)
            except RunInterruptedError as error:
                raise RunInterruptedError(
                    f"{error}; the guest was last seen {log.status}; look at the console of {machine.display_name}"
                    f"{self._screenshot(devices)}"
                ) from error
            self._waited_seconds += self._step_seconds

    def _log_on_disk(self, machine: VSphereMachine, log: InstallationLog) -> InstallationLog:
        """What the disk of a machine says that is off. Raises: PartialFailureError unless that is success."""
        self._run.status("reading the result of the preparation from the disk")
        found = read_disk_status(self._run, machine, self._state)
        if found.is_ready:
            return self._complete(machine, InstallationLog.of_result(found.passes, found.checker))
        remedy = "power it on to continue, look at its console, and run pulumi up again"
        if not found.is_known:
            remedy = _confirmation(machine, self._state)
        raise PartialFailureError(
            f"{machine.display_name} is off, but its guest did not report that it is prepared{_last(log)}; "
            f"{found.words}; {remedy}"
        )

    def _complete(self, machine: VSphereMachine, log: InstallationLog) -> InstallationLog:
        """The log of a guest that is prepared. Raises: PartialFailureError if the result of its checker is missing."""
        if (problem := missing_result(self._state, log)) is not None:
            raise PartialFailureError(f"{machine.display_name}: {problem}")
        return log

    def _read(self, folder: DatastoreFolder, name: str) -> InstallationLog:
        """The log; the one that was read last while vSphere does not serve the file."""
        try:
            self._log = InstallationLog.parse(folder.read(name))
        except DatastoreFileError as error:
            is_transient = error.status in _TRANSIENT or (error.status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR
            if not is_transient or self._unreadable_seconds > _UNREADABLE_SECONDS:
                raise
            self._unreadable_seconds += self._step_seconds
        else:
            self._unreadable_seconds = 0.0
        return self._log

    def _raise_if_failed(self, log: InstallationLog, devices: InstallationDevices) -> None:
        """Raise for a failed step; for one that an earlier run reported, only if the guest does not continue."""
        reported = self._state.reported_failures or 0
        is_new = len(log.failures) > reported
        if not log.ends_in_failure or (not is_new and self._waited_seconds < _AFTER_FAILURE_SECONDS):
            return
        failure = log.failures[-1]
        picture = self._screenshot(devices)
        self._state = replace(self._state, reported_failures=len(log.failures))
        self._run.record(self._state.uuid, self._state)
        raise PartialFailureError(
            f'the preparation of the guest failed in step {failure.step}: "{failure.message}"{advice(failure)}; '
            f"the virtual machine is on{picture}; correct the cause at its console, restart Windows, and run pulumi up "
            "again"
        )

    def _screenshot(self, devices: InstallationDevices) -> str:
        """Words about a picture of the console, which the state then has; empty if vSphere creates none."""
        with suppress(VSphereError):  # vSphere takes none of every console
            path = devices.screenshot()
            self._state = replace(self._state, screenshot=path)
            self._run.record(self._state.uuid, self._state)
            return f" (screenshot: {path})"
        return ""


def _confirmation(machine: VSphereMachine, state: GuestInstallationState) -> str:
    """What a person does where neither the serial port nor the disk says whether the guest is prepared."""
    marker = (InstallationDevices(machine).noted(INSTALLING_KEY) or "").removesuffix(f" {STARTED}")
    return (
        f"power it on, and look at {status_path(state.guest_profile)} in the guest: if its status is ready, shut the "
        f'guest down, set the advanced setting {INSTALLED_KEY} of the virtual machine to "{marker}" to confirm it, and '
        "run pulumi up again; otherwise the preparation continues, and the next pulumi up waits for it"
    )


def _last(log: InstallationLog) -> str:
    return f"; its last report was {log.entries[-1].step}: {log.entries[-1].result}" if log.entries else ""
