"""The devices of a VM while a guest is installed: the answer ISO, a serial port, the keys that start Setup.

Source: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.VirtualMachine.html
"""

import time
from collections.abc import Collection, Iterator, Mapping
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
_NEW_CONTROLLER_KEY, _NEW_CD_KEY, _NEW_PORT_KEY, _NEW_TPM_KEY = -101, -102, -103, -104
# USB HID usage 0x2C is the space bar; vSphere expects the usage in the upper 16 bits and the page 7 in the lower ones.
_SPACE_BAR = 0x2C << 16 | 7
# The controller that `attach` added is removed again; one that the machine had remains.
_ADDED_CONTROLLER_KEY = "vmimport.controller"
_ADDED_TPM_KEY = "vmimport.tpm"
ANSWER_FOLDER = "pulumi-vmimport"
"""The folder of a datastore with answer ISOs and logs"""
Notes = Mapping[str, str]
"""Entries of a machine's extraConfig; an empty value removes one"""
_NO_NOTES: Notes = {}
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

    def serial_ports(self) -> list[str]:
        """The labels of the serial ports, without those that write to a file named in `attach`."""
        ports = [device for device in self._devices() if isinstance(device, _DEVICE.VirtualSerialPort)]
        infos = [port.deviceInfo for port in ports if not _is_file_of_attach(port)]
        return [info.label if info else "a serial port" for info in infos]

    def attach(
        self,
        iso: DatastorePath,
        log: DatastorePath | None,
        wait: Wait,
        *,
        is_disk_first: bool = True,
        notes: Notes = _NO_NOTES,
    ) -> None:
        """Add a CD drive with the ISO image and a serial port that writes to the file, and set the boot order.

        Without a file there is no serial port. The machine must be off. Does nothing if they are attached. `notes` are
        entries of extraConfig, set in the same task, so that a run that ends here leaves both or neither.
        """
        if str(iso) in self.iso_paths():
            return
        devices = self._devices()
        disk = next(device for device in devices if isinstance(device, _DEVICE.VirtualDisk))
        kinds = vim.vm.BootOptions
        order = [kinds.BootableDiskDevice(deviceKey=disk.key), kinds.BootableCdromDevice()]
        boot = self._boot_options()  # as they are, so that Secure Boot stays as it is
        boot.bootOrder = order if is_disk_first else order[::-1]
        drive = list(_cd_drive(devices, iso))
        adds_controller = len(drive) > 1
        changes = [*drive, *([_serial_port(log)] if log is not None else [])]
        spec = vim.vm.ConfigSpec(
            deviceChange=changes,
            bootOptions=boot,
            extraConfig=_options({**notes, _ADDED_CONTROLLER_KEY: "true" if adds_controller else ""}),
        )
        self._reconfigure(spec, f"attach the answer ISO to {self._name}", wait)

    def add_tpm(self, wait: Wait) -> None:
        """Add a virtual TPM. The machine must be off. Does nothing if it has one.

        vCenter requires a key provider. Raises: VSphereFaultError.
        """
        if any(isinstance(device, _DEVICE.VirtualTPM) for device in self._devices()):
            return
        added = _DEVICE.VirtualDeviceSpec(operation=_ADD, device=_DEVICE.VirtualTPM(key=_NEW_TPM_KEY))
        spec = vim.vm.ConfigSpec(deviceChange=[added], extraConfig=_options({_ADDED_TPM_KEY: "true"}))
        self._reconfigure(spec, f"add a virtual TPM to {self._name}", wait)

    def detach(self, files: Collection[DatastorePath], wait: Wait, *, with_tpm: bool, notes: Notes = _NO_NOTES) -> None:
        """Remove the devices with these files, what `attach` and `add_tpm` added and, with `with_tpm`, the virtual TPM.

        The machine must be off. `notes` are set in the same task.
        """
        names, devices = {str(file) for file in files}, self._devices()
        removed = [device for device in devices if _file_of(device) in names]
        kept = [device for device in devices if device not in removed]
        if removed and self.noted(_ADDED_CONTROLLER_KEY):
            keys = {device.controllerKey for device in removed} - {device.controllerKey for device in kept}
            added = _DEVICE.VirtualAHCIController
            removed += [device for device in kept if device.key in keys and isinstance(device, added)]
            notes = {**notes, _ADDED_CONTROLLER_KEY: ""}
        if self.noted(_ADDED_TPM_KEY):
            with_tpm, notes = True, {**notes, _ADDED_TPM_KEY: ""}
        removed += [device for device in kept if with_tpm and isinstance(device, _DEVICE.VirtualTPM)]
        changes = [_DEVICE.VirtualDeviceSpec(operation=_REMOVE, device=device) for device in removed]
        if changes or notes:
            spec = vim.vm.ConfigSpec(deviceChange=changes, extraConfig=_options(notes))
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
        spec = vim.vm.ConfigSpec(extraConfig=_options({key: value}))
        self._reconfigure(spec, f"set {key} of {self._name}", wait)

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

    def _boot_options(self) -> Any:
        with faults_as_errors(f"read the boot options of {self._name}"):
            found = self._machine.session.properties(self._machine.reference, "config.bootOptions")
        return found.get("config.bootOptions") or vim.vm.BootOptions()

    def _devices(self) -> list[Any]:
        with faults_as_errors(f"read the devices of {self._name}"):
            found = self._machine.session.properties(self._machine.reference, "config.hardware.device")
        return list(found["config.hardware.device"])


def _cd_drive(devices: list[Any], iso: DatastorePath) -> Iterator[Any]:
    """The changes that add a CD drive, with a SATA controller unless there is a free place."""
    controller_key = _free_controller(devices)
    if controller_key is None:
        controller_key = _NEW_CONTROLLER_KEY
        buses = {device.busNumber for device in devices if isinstance(device, _DEVICE.VirtualSATAController)}
        free_bus = next(number for number in range(len(buses) + 1) if number not in buses)
        controller = _DEVICE.VirtualAHCIController(key=controller_key, busNumber=free_bus)
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


def _is_file_of_attach(device: Any) -> bool:
    path = DatastorePath.parse(_file_of(device) or "")
    return path is not None and path.path.startswith(f"{ANSWER_FOLDER}/")


def _options(notes: Notes) -> list[Any]:
    return [vim.option.OptionValue(key=key, value=value) for key, value in notes.items()]


def _connected() -> Any:
    return _DEVICE.VirtualDevice.ConnectInfo(startConnected=True, allowGuestControl=True, connected=True)


def _file_of(device: Any) -> str | None:
    return getattr(getattr(device, "backing", None), "fileName", None) if _is_removable(device) else None


def _is_removable(device: Any) -> bool:
    return isinstance(device, (_DEVICE.VirtualCdrom, _DEVICE.VirtualSerialPort))
