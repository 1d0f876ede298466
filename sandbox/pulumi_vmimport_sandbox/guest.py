"""The effects of an unattended Windows installation on a virtual machine."""

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from pyVmomi import vim, vmodl

from pulumi_vmimport_sandbox.clock import SandboxClock
from pulumi_vmimport_sandbox.unattended_guest import UnattendedGuest, answer_iso
from pulumi_vmimport_sandbox.vcenter import VCenterSandbox

INSTALLATION_SECONDS = 20 * 60.0
"""Duration of an unattended installation on the sandbox's clock. Assumed: Windows 10 on ordinary hardware."""

_POLL_SECONDS = 0.25  # real time


class InstallingGuest:
    """Installs Windows once in every VM that is powered on with an ISO image in its CD drive.

    When the installation completes, the given disk replaces the content of the VM's first disk and the VM shuts down.
    Powering the VM off restarts the installation. The disk is a stream-optimized VMDK, which the simulator returns
    byte for byte when the VM is exported; the caller ensures that its capacity matches the VM's. Without a disk, VMs
    keep running.

    A VM with an answer ISO in another drive installs and prepares itself as that says, and reports to its serial port.
    """

    def __init__(
        self,
        vcenter: VCenterSandbox,
        clock: SandboxClock,
        disk: Path | None = None,
        seconds: float = INSTALLATION_SECONDS,
    ) -> None:
        if disk is not None and not disk.is_file():
            raise FileNotFoundError(f"guest_disk: expected a VMDK file, got {disk}")
        self._vcenter, self._clock, self._disk, self._seconds = vcenter, clock, disk, seconds
        self.failing_steps: dict[str, str] = {}
        """By id, the message of a step of an unattended preparation that fails until the entry is removed"""
        self.faults: set[str] = set()
        """What goes wrong with Windows after an unattended preparation, until the entry is removed: names of FAULTS"""
        self.has_serial_port = True
        """Whether what unattended guests report reaches the file of the serial port; of those that start later"""
        self._unattended: dict[str, UnattendedGuest] = {}
        self._started_at: dict[str, float] = {}
        self._installed: set[str] = set()
        self._stopping = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._watch, name="installing-guest", daemon=True)

    def start(self) -> None:
        """Watch the VMs in a background thread until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread.

        Raises:
            RuntimeError: An installation failed.
        """
        self._stopping.set()
        self._thread.join()
        if self._failure is not None:
            raise RuntimeError(f"the guest's installation failed: {self._failure}") from self._failure

    def _watch(self) -> None:
        while not self._stopping.wait(_POLL_SECONDS):
            try:
                self.poll()
            except Exception as error:  # noqa: BLE001 - `stop` raises it in the main thread
                self._failure = error
                return

    def poll(self) -> None:
        """Start and complete the installations that are due."""
        for machine in self._vcenter.virtual_machines():
            with suppress(vmodl.fault.ManagedObjectNotFound):  # deleted after it was listed
                self._poll_machine(machine, machine._moId)  # noqa: SLF001 - pyVmomi has no public name for the id

    def _poll_machine(self, machine: Any, id: str) -> None:
        if self._is_unattended(machine, id) or self._disk is None or id in self._installed:
            return
        disk = _disk_to_install(machine)
        if disk is None:
            self._started_at.pop(id, None)
        elif self._clock.now() - self._started_at.setdefault(id, self._clock.now()) >= self._seconds:
            self._install(machine, disk)
            self._installed.add(id)

    def _is_unattended(self, machine: Any, id: str) -> bool:
        """Whether the VM has an answer ISO; continues its installation."""
        if machine.runtime.powerState != vim.VirtualMachine.PowerState.poweredOn:
            return False
        if id not in self._unattended and (iso := answer_iso(self._vcenter, machine)) is not None:
            self._unattended[id] = UnattendedGuest(
                *(self._vcenter, self._clock, machine, iso, self._seconds),
                *(self.failing_steps, self.faults, self.has_serial_port),
            )
        if id not in self._unattended:
            return False
        if self._unattended[id].advance():
            del self._unattended[id]
            self._installed.add(id)
        return True

    def _install(self, machine: Any, disk: Any) -> None:
        name, path = disk.backing.fileName.removeprefix("[").split("] ", 1)
        datastore = next(found for found in machine.datastore if found.name == name)
        assert self._disk is not None  # noqa: S101 - _poll_machine
        with self._disk.open("rb") as content:
            self._vcenter.session.put_file(datastore, path, content)
        with suppress(vim.fault.InvalidPowerState):  # powered off in the meantime
            machine.ShutdownGuest()


def _disk_to_install(machine: Any) -> Any:
    """The first disk of a VM that is powered on with an ISO image in its CD drive; otherwise None."""
    if machine.runtime.powerState != vim.VirtualMachine.PowerState.poweredOn:
        return None
    devices = list(machine.config.hardware.device)
    drives = [device for device in devices if isinstance(device, vim.vm.device.VirtualCdrom)]
    if not any(isinstance(drive.backing, vim.vm.device.VirtualCdrom.IsoBackingInfo) for drive in drives):
        return None
    return next((device for device in devices if isinstance(device, vim.vm.device.VirtualDisk)), None)
