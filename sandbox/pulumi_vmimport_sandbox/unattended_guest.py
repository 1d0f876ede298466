"""An unattended installation of Windows in a virtual machine, as its answer ISO says."""

import io
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pycdlib import PyCdlib
from pyVmomi import vim

from pulumi_vmimport_sandbox.clock import SandboxClock
from pulumi_vmimport_sandbox.vcenter import VCenterSandbox
from pulumi_vmimport_sandbox.windows.unattended import (
    AnswerIso,
    checker_message,
    generalize,
    prepared_guest,
    report_ready,
)

PASS_SECONDS = 5 * 60.0
"""Duration of a pass of the preparation, with its restart, on the sandbox's clock. Assumed."""
_ANSWER_FILE, _CHECKER = "autounattend.xml", "byol-checker"
# ISO images of Windows have several GB, and are not read.
_MAX_ANSWER_BYTES = 64 << 20


@dataclass
class UnattendedGuest:
    """The guest of one virtual machine with an answer ISO in a CD drive."""

    vcenter: VCenterSandbox
    clock: SandboxClock
    machine: Any
    iso: AnswerIso
    installation_seconds: float
    failing: Mapping[str, str]
    """By id, the message of a step that fails"""
    faults: Collection[str]
    """What goes wrong with Windows after the steps: names of FAULTS"""
    has_serial_port: bool = True
    """Whether what the guest reports reaches the file of the serial port"""
    started_at: float = field(init=False)
    _passes: int = field(default=0, init=False)
    _failed: str | None = field(default=None, init=False)
    """The step that failed last"""

    def __post_init__(self) -> None:
        self.started_at = self.clock.now()

    def advance(self) -> bool:
        """Do what is due. Returns whether the guest has shut itself down."""
        due = self.clock.now() - self.started_at - self.installation_seconds
        if due < self._passes * PASS_SECONDS:
            return False
        if self._failed is not None and self._message_of(self._failed) is not None:
            return False
        if not self._passes and self._failed is None:
            self._report({"step": "start", "result": "registered"})
        if not self._run_steps("changed" if not self._passes else "ok"):
            return False
        self._passes += 1
        if self._passes == 1:
            self._report({"step": "runner", "result": "restart", "pass": self._passes})
            return False
        if self.iso.is_generalized:
            self._report({"step": "sysprep", "result": "changed"})
        result = self.iso.checker_result
        self._report({"step": "runner", "result": "ready", "pass": self._passes, "checker": result})
        self._write_disk()
        with suppress(vim.fault.InvalidPowerState):  # powered off in the meantime
            self.vcenter.session.wait("power off", self.machine.PowerOffVM_Task())
        return True

    def _run_steps(self, result: str) -> bool:
        for step in self.iso.steps:
            if (message := self._message_of(step["id"])) is not None:
                self._failed = step["id"]
                self._report({"step": step["id"], "result": "failed", "message": message})
                return False
            self._report({"step": step["id"], "result": result})
        self._failed = None
        return True

    def _message_of(self, step: str) -> str | None:
        """The message with which a step fails now; None if it succeeds."""
        if step == _CHECKER and self._passes:  # it runs only in a pass that changes nothing
            return self.failing.get(step) or checker_message(self.iso, prepared_guest(self.iso, self.faults))
        return self.failing.get(step)

    def _report(self, entry: Mapping[str, object]) -> None:
        """Write a line to the serial port, if the machine has one that is connected to a file."""
        if not self.has_serial_port:
            return
        for device in self.machine.config.hardware.device:
            if isinstance(device, vim.vm.device.VirtualSerialPort):
                backing: Any = device.backing
                with self.vcenter.file_at(backing.fileName).open("ab") as log:
                    log.write(json.dumps(entry).encode() + b"\r\n")

    def _write_disk(self) -> None:
        """Write the disk that the steps lead to, where ESXi stores it."""
        disks: list[Any] = [d for d in self.machine.config.hardware.device if isinstance(d, vim.vm.device.VirtualDisk)]
        guest = prepared_guest(self.iso, self.faults)
        if self.iso.is_generalized:
            generalize(guest)
        report_ready(guest, self.iso, self._passes)
        guest.capacity_bytes = disks[0].capacityInKB * 1024
        guest.disk().write_file(self.vcenter.disk_file(self.machine))


def answer_iso(vcenter: VCenterSandbox, machine: Any) -> AnswerIso | None:
    """The answer ISO in a CD drive of a machine; None if it has none."""
    for device in machine.config.hardware.device:
        backing = device.backing
        if not isinstance(backing, vim.vm.device.VirtualCdrom.IsoBackingInfo):
            continue
        path = vcenter.file_at(backing.fileName)
        if path.is_file() and path.stat().st_size <= _MAX_ANSWER_BYTES:
            files = dict(joliet_files(path.read_bytes()))
            if _ANSWER_FILE in files:
                return AnswerIso(files)
    return None


def joliet_files(image: bytes) -> Iterator[tuple[str, bytes]]:
    """Path and content of the files by their Joliet names; nothing if the image has none."""
    iso = PyCdlib()
    try:
        iso.open_fp(io.BytesIO(image))
    except Exception:  # noqa: BLE001 - an image that is no ISO, such as that of a test
        return
    if iso.has_joliet():
        for folder, _, names in iso.walk(joliet_path="/"):
            for name in names:
                content = io.BytesIO()
                path = f"{folder.rstrip('/')}/{name}"
                iso.get_file_from_iso_fp(content, joliet_path=path)
                yield path.lstrip("/"), content.getvalue()
    iso.close()
