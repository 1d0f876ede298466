"""The devices of a VM while a guest is installed: the answer ISO, a serial port, the keys that start Setup.

Source: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.VirtualMachine.html
"""

import time
from collections.abc import Iterator
from typing import Any

from pyVmomi import vim

from pulumi_vmimport.vsphere.datastore_file import DatastorePath
from pulumi_vmimport.vsphere.session import Wait
from pulumi_vmimport.vsphere.soap_faults import faults_as_errors
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import VSphereFaultError

# A screenshot is taken when the run is over, so it must not take long.
_SCREENSHOT_SECONDS = 20.0
_IDE_DEVICES, _SATA_DEVICES = 2, 30
_NEW_CONTROLLER_KEY, _NEW_CD_KEY, _NEW_PORT_KEY = -101, -102, -103
# USB HID usage 0x2C is the space bar; vSphere expects the usage in the upper 16 bits and the page 7 in the lower ones.
_SPACE_BAR = 0x2C << 16 | 7
_DEVICE = vim.vm.device
_ADD = _DEVICE.VirtualDeviceSpec.Operation.add
_REMOVE = _DEVICE.VirtualDeviceSpec.Operation.remove


class InstallationDevices:
    """The devices that an installation adds to a virtual machine and removes from it."""

    def __init__(self, machine: VSphereMachine) -> None:
        self._machine = machine
        self._name = machine.display_name

    def iso_paths(self) -> list[str]:
        """The ISO images in the CD drives, in the form `[datastore] path`."""
        return [drive.backing.fileName for drive in self._iso_drives()]

    def attach(self, iso: DatastorePath, log: DatastorePath, wait: Wait) -> None:
        """Add a CD drive with the ISO image and a serial port that writes to the file; boot from the disk first.

        The machine must be off. Does nothing if they are attached.
        """
        if str(iso) in self.iso_paths():
            return
        devices = self._devices()
        disk = next(device for device in devices if isinstance(device, _DEVICE.VirtualDisk))
        boot = vim.vm.BootOptions
        order = [boot.BootableDiskDevice(deviceKey=disk.key), boot.BootableCdromDevice()]
        spec = vim.vm.ConfigSpec(
            deviceChange=[*_cd_drive(devices, iso), _serial_port(log)],
            bootOptions=boot(bootOrder=order),
        )
        self._reconfigure(spec, f"attach the answer ISO to {self._name}", wait)

    def detach(self, iso: DatastorePath, log: DatastorePath, wait: Wait, *, with_tpm: bool) -> None:
        """Remove what `attach` added and, with `with_tpm`, the virtual TPM. The machine must be off."""
        added = [device for device in self._devices() if _file_of(device) in (str(iso), str(log))]
        tpm = [device for device in self._devices() if with_tpm and isinstance(device, _DEVICE.VirtualTPM)]
        changes = [_DEVICE.VirtualDeviceSpec(operation=_REMOVE, device=device) for device in (*added, *tpm)]
        if changes:
            spec = vim.vm.ConfigSpec(deviceChange=changes)
            self._reconfigure(spec, f"remove the answer ISO from {self._name}", wait)

    def power_on(self, wait: Wait) -> None:
        """Power the machine on."""
        action = f"power on {self._name}"
        with faults_as_errors(action):
            task = self._machine.reference.PowerOnVM_Task()
        self._machine.session.wait_for_task(task, action, wait)

    def press_space_bar(self) -> None:
        """Press the space bar once: with UEFI, the CD of Windows boots only after a key."""
        usb = vim.vm.UsbScanCodeSpec
        event = usb.KeyEvent(usbHidCode=_SPACE_BAR)
        with faults_as_errors(f"press a key of {self._name}"):
            self._machine.reference.PutUsbScanCodes(usb(keyEvents=[event]))

    def screenshot(self) -> str:
        """Save the console as a PNG file; returns its path in the datastore. Raises: VSphereFaultError."""
        action = f"create a screenshot of {self._name}"
        ends = time.monotonic() + _SCREENSHOT_SECONDS

        def wait(seconds: float) -> None:
            if time.monotonic() > ends:
                raise VSphereFaultError(action, "Timedout", f"not created after {_SCREENSHOT_SECONDS:.0f} s")
            time.sleep(seconds)

        with faults_as_errors(action):
            task = self._machine.reference.CreateScreenshot_Task()
        return str(self._machine.session.wait_for_task(task, action, wait))

    def note(self, key: str, value: str, wait: Wait) -> None:
        """Set an entry of the machine's extraConfig; an empty value removes it."""
        option = vim.option.OptionValue(key=key, value=value)
        self._reconfigure(vim.vm.ConfigSpec(extraConfig=[option]), f"set {key} of {self._name}", wait)

    def noted(self, key: str) -> str | None:
        """An entry of the machine's extraConfig; None if it is not set."""
        with faults_as_errors(f"read {key} of {self._name}"):
            found = self._machine.session.properties(self._machine.reference, "config.extraConfig")
        options = found.get("config.extraConfig") or ()
        return next((str(option.value) for option in options if option.key == key and option.value), None)

    def _reconfigure(self, spec: Any, action: str, wait: Wait) -> None:
        with faults_as_errors(action):
            task = self._machine.reference.ReconfigVM_Task(spec)
        self._machine.session.wait_for_task(task, action, wait)

    def _iso_drives(self) -> Iterator[Any]:
        for device in self._devices():
            if isinstance(device, _DEVICE.VirtualCdrom) and isinstance(
                device.backing, _DEVICE.VirtualCdrom.IsoBackingInfo
            ):
                yield device

    def _devices(self) -> list[Any]:
        with faults_as_errors(f"read the devices of {self._name}"):
            found = self._machine.session.properties(self._machine.reference, "config.hardware.device")
        return list(found["config.hardware.device"])


def _cd_drive(devices: list[Any], iso: DatastorePath) -> Iterator[Any]:
    """The changes that add a CD drive, with a SATA controller unless there is a free place."""
    controller_key = _free_controller(devices)
    if controller_key is None:
        controller_key = _NEW_CONTROLLER_KEY
        controller = _DEVICE.VirtualAHCIController(key=controller_key, busNumber=0)
        yield _DEVICE.VirtualDeviceSpec(operation=_ADD, device=controller)
    drive = _DEVICE.VirtualCdrom(
        key=_NEW_CD_KEY,
        controllerKey=controller_key,
        backing=_DEVICE.VirtualCdrom.IsoBackingInfo(fileName=str(iso)),
        connectable=_connected(),
    )
    yield _DEVICE.VirtualDeviceSpec(operation=_ADD, device=drive)


def _free_controller(devices: list[Any]) -> int | None:
    limits = ((_DEVICE.VirtualIDEController, _IDE_DEVICES), (_DEVICE.VirtualSATAController, _SATA_DEVICES))
    for kind, limit in limits:
        for device in devices:
            used = [other for other in devices if other.controllerKey == device.key]
            if isinstance(device, kind) and len(used) < limit:
                return int(device.key)
    return None


def _serial_port(log: DatastorePath) -> Any:
    backing = _DEVICE.VirtualSerialPort.FileBackingInfo(fileName=str(log))
    port = _DEVICE.VirtualSerialPort(key=_NEW_PORT_KEY, backing=backing, yieldOnPoll=True, connectable=_connected())
    return _DEVICE.VirtualDeviceSpec(operation=_ADD, device=port)


def _connected() -> Any:
    return _DEVICE.VirtualDevice.ConnectInfo(startConnected=True, allowGuestControl=True, connected=True)


def _file_of(device: Any) -> str | None:
    return getattr(getattr(device, "backing", None), "fileName", None) if _is_removable(device) else None


def _is_removable(device: Any) -> bool:
    return isinstance(device, (_DEVICE.VirtualCdrom, _DEVICE.VirtualSerialPort))
