"""One virtual machine in vSphere: its facts, its export, and powering it off."""

from typing import Any

from pulumi_vmimport.vsphere.hardware_kinds import PowerState
from pulumi_vmimport.vsphere.host_access import disk_host
from pulumi_vmimport.vsphere.machine_facts import MachineFacts
from pulumi_vmimport.vsphere.machine_properties import PROPERTIES, facts_from
from pulumi_vmimport.vsphere.session import VSphereSession, Wait
from pulumi_vmimport.vsphere.soap_faults import faults_as_errors
from pulumi_vmimport.vsphere.vsphere_errors import GuestStillRunningError

_POLL_SECONDS = 2.0


class VSphereMachine:
    """A virtual machine of a session."""

    def __init__(self, session: VSphereSession, reference: Any) -> None:
        self.session = session
        self.reference = reference

    @property
    def moid(self) -> str:
        """The managed object id, such as `vm-29`."""
        return str(self.reference._moId)  # noqa: SLF001 - pyVmomi has no public name for it

    @property
    def display_name(self) -> str:
        """The name in messages."""
        return f"virtual machine {self.moid}"

    def start_export(self) -> Any:
        """Start an export; returns its vim.HttpNfcLease. The machine must be off."""
        with faults_as_errors(f"export {self.display_name}"):
            return self.reference.ExportVm()

    def disk_host(self) -> tuple[str, int] | None:
        """Name and port of the ESXi host that serves the disks; None if the session is with the host itself."""
        return disk_host(self.session, self.reference)

    def facts(self) -> MachineFacts:
        """Read the facts of the machine."""
        with faults_as_errors(f"read {self.display_name}"):
            found = self.session.properties(self.reference, "config", *PROPERTIES)
        return facts_from(self.moid, found)

    def power_state(self) -> PowerState:
        """Read the power state."""
        with faults_as_errors(f"read the power state of {self.display_name}"):
            return PowerState(self.session.properties(self.reference, "runtime.powerState")["runtime.powerState"])

    def used_bytes(self) -> dict[int, int]:
        """The space that each disk uses on its datastore, by the key of the disk."""
        with faults_as_errors(f"read the files of {self.display_name}"):
            layout = self.session.properties(self.reference, "layoutEx").get("layoutEx")
        sizes = {file.key: file.size for file in layout.file} if layout else {}
        return {
            disk.key: sum(sizes.get(key, 0) for unit in disk.chain for key in unit.fileKey)
            for disk in (layout.disk if layout else ())
        }

    def power_off(self, wait: Wait) -> None:
        """Power the machine off without shutting down the guest. Does nothing if it is off."""
        if self.power_state() is PowerState.OFF:
            return
        action = f"power off {self.display_name}"
        with faults_as_errors(action):
            task = self.reference.PowerOffVM_Task()
        self.session.wait_for_task(task, action, wait)

    def delete(self, wait: Wait) -> None:
        """Delete the machine, which must be off, with its disks."""
        action = f"delete {self.display_name}"
        with faults_as_errors(action):
            task = self.reference.Destroy_Task()
        self.session.wait_for_task(task, action, wait)

    def shut_down_guest(self, wait: Wait, *, grace_seconds: float = 300.0) -> None:
        """Shut down the guest and wait until the machine is off. Does nothing if it is off.

        Raises: VSphereFaultError `ToolsUnavailable` if VMware Tools are not running in the guest;
        GuestStillRunningError.
        """
        if self.power_state() is PowerState.OFF:
            return
        with faults_as_errors(f"shut down the guest of {self.display_name}"):
            self.reference.ShutdownGuest()
        self.wait_until_off(wait, grace_seconds=grace_seconds)

    def wait_until_off(self, wait: Wait, *, grace_seconds: float = 300.0) -> None:
        """Wait until the machine is off. Raises: GuestStillRunningError; errors of `wait`."""
        waited = 0.0
        while self.power_state() is not PowerState.OFF:
            if waited >= grace_seconds:
                raise GuestStillRunningError(self.moid, waited)
            wait(_POLL_SECONDS)
            waited += _POLL_SECONDS
