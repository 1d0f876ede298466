"""What an unattended Windows installation does to the outside."""

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from pyVmomi import vim, vmodl

from pulumi_vmimport_sandbox.clock import SandboxClock
from pulumi_vmimport_sandbox.vcenter import VCenterSandbox

INSTALLATION_SECONDS = 20 * 60.0
"""How long an unattended installation takes, in the sandbox's time. Assumed: Windows 10 on ordinary hardware."""

_LOOK_SECONDS = 0.25  # of real time between two looks at the machines


class InstallingGuest:
    """Installs in every machine that runs with an ISO image in its drive, once.

    After the installation's time, which begins anew when the machine is powered off in between, the machine's first
    disk is the given one and the machine shuts down. The disk is a stream-optimized VMDK, which the simulator hands
    out byte for byte when it exports the machine; it is the caller's business that its capacity is the machine's.
    """

    def __init__(
        self, vcenter: VCenterSandbox, clock: SandboxClock, disk: Path, seconds: float = INSTALLATION_SECONDS
    ) -> None:
        if not disk.is_file():
            raise FileNotFoundError(f"guest_disk: expected a VMDK file, got {disk}")
        self._vcenter, self._clock, self._disk, self._seconds = vcenter, clock, disk, seconds
        self._began: dict[str, float] = {}
        self._installed: set[str] = set()
        self._ending = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._watch, name="installing-guest", daemon=True)

    def start(self) -> None:
        """Look after the machines in a thread until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread.

        Raises:
            RuntimeError: an installation failed.
        """
        self._ending.set()
        self._thread.join()
        if self._failure is not None:
            raise RuntimeError(f"the guest's installation failed: {self._failure}") from self._failure

    def _watch(self) -> None:
        while not self._ending.wait(_LOOK_SECONDS):
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - whatever it is, `stop` raises it where it is heard
                self._failure = error
                return

    def look(self) -> None:
        """Do what is due now."""
        for machine in self._vcenter.virtual_machines():
            with suppress(vmodl.fault.ManagedObjectNotFound):  # deleted since it was listed
                self._look_at(machine, machine._moId)  # noqa: SLF001 - pyVmomi has no other name for an object's id

    def _look_at(self, machine: Any, id: str) -> None:
        if id in self._installed:
            return
        disk = _disk_to_install(machine)
        if disk is None:
            self._began.pop(id, None)
        elif self._clock.now() - self._began.setdefault(id, self._clock.now()) >= self._seconds:
            self._install(machine, disk)
            self._installed.add(id)

    def _install(self, machine: Any, disk: Any) -> None:
        name, path = disk.backing.fileName.removeprefix("[").split("] ", 1)
        datastore = next(found for found in machine.datastore if found.name == name)
        with self._disk.open("rb") as content:
            self._vcenter.session.put_file(datastore, path, content)
        with suppress(vim.fault.InvalidPowerState):  # powered off by hand a moment before
            machine.ShutdownGuest()


def _disk_to_install(machine: Any) -> Any:
    """The first disk of a machine that runs an installation: it is on and has an ISO image in its drive."""
    if machine.runtime.powerState != vim.VirtualMachine.PowerState.poweredOn:
        return None
    devices = list(machine.config.hardware.device)
    drives = [device for device in devices if isinstance(device, vim.vm.device.VirtualCdrom)]
    if not any(isinstance(drive.backing, vim.vm.device.VirtualCdrom.IsoBackingInfo) for drive in drives):
        return None
    return next((device for device in devices if isinstance(device, vim.vm.device.VirtualDisk)), None)
