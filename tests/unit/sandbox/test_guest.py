import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyVmomi import vim

from pulumi_vmimport.guest.answer_file import OneTimePasswords, PartitionLayout, WindowsSetup
from pulumi_vmimport.guest.answer_files import answer_files
from pulumi_vmimport.guest.answer_iso import iso_image
from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.guest.windows_preparation import WindowsPreparation
from pulumi_vmimport_sandbox.clock import SandboxClock
from pulumi_vmimport_sandbox.guest import INSTALLATION_SECONDS, InstallingGuest
from pulumi_vmimport_sandbox.standins.vsphere_machine import VirtualMachineResource
from pulumi_vmimport_sandbox.vcenter import VCenterSandbox
from pulumi_vmimport_sandbox.windows.unattended import IncompleteAnswerIsoError

INSTALLED = b"KDMV an installed disk"


@pytest.fixture
def vcenter(tmp_path: Path) -> Iterator[VCenterSandbox]:
    with VCenterSandbox(tmp_path / "vcenter") as running:
        running.put_file("LocalDS_0", "windows.iso", io.BytesIO(b"iso"))
        yield running


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock.stepped()


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    file = tmp_path / "installed.vmdk"
    file.write_bytes(INSTALLED)
    return file


@pytest.fixture
def guest(vcenter: VCenterSandbox, clock: SandboxClock, disk: Path) -> InstallingGuest:
    return InstallingGuest(vcenter, clock, disk)


def make_machine(vcenter: VCenterSandbox, *, iso: bool = True) -> Any:
    session, kind = vcenter.session, VirtualMachineResource()
    store, pool = session.named(vim.Datastore, "LocalDS_0")._moId, session.named(vim.ResourcePool, "Resources")._moId
    inputs = {
        "name": "source",
        "datastoreId": store,
        "resourcePoolId": pool,
        "disks": [{"label": "system", "size": 40}],
        "networkInterfaces": [],
        "cdroms": [{"datastoreId": store, "path": "windows.iso"}] if iso else [],
    }
    id = kind.create(session, inputs)
    kind.configure(session, id, inputs)
    return session.machine(id)


def disk_of(vcenter: VCenterSandbox, machine: Any) -> bytes:
    disk: Any = next(item for item in machine.config.hardware.device if type(item) is vim.vm.device.VirtualDisk)
    return vcenter.read_file("LocalDS_0", disk.backing.fileName.removeprefix("[LocalDS_0] "))


def test_an_installation_completes_after_its_duration_with_the_disk_written_and_the_vm_off(
    vcenter: VCenterSandbox, clock: SandboxClock, guest: InstallingGuest
) -> None:
    machine = make_machine(vcenter)
    guest.poll()
    clock.advance(INSTALLATION_SECONDS - 1)
    guest.poll()
    assert machine.runtime.powerState == "poweredOn"
    assert disk_of(vcenter, machine) != INSTALLED
    clock.advance(1)
    guest.poll()
    assert machine.runtime.powerState == "poweredOff"
    assert disk_of(vcenter, machine) == INSTALLED


def test_an_installed_machine_is_not_installed_again(
    vcenter: VCenterSandbox, clock: SandboxClock, guest: InstallingGuest
) -> None:
    machine = make_machine(vcenter)
    guest.poll()
    clock.advance(INSTALLATION_SECONDS)
    guest.poll()
    vcenter.session.wait("powering on", machine.PowerOnVM_Task())
    clock.advance(INSTALLATION_SECONDS)
    guest.poll()
    assert machine.runtime.powerState == "poweredOn"


def test_an_interrupted_installation_restarts(
    vcenter: VCenterSandbox, clock: SandboxClock, guest: InstallingGuest
) -> None:
    machine = make_machine(vcenter)
    guest.poll()
    clock.advance(INSTALLATION_SECONDS / 2)
    vcenter.session.wait("powering off", machine.PowerOffVM_Task())
    guest.poll()
    vcenter.session.wait("powering on", machine.PowerOnVM_Task())
    guest.poll()
    clock.advance(INSTALLATION_SECONDS / 2)
    guest.poll()
    assert machine.runtime.powerState == "poweredOn"


def test_nothing_is_installed_without_an_iso_image(
    vcenter: VCenterSandbox, clock: SandboxClock, guest: InstallingGuest
) -> None:
    machine = make_machine(vcenter, iso=False)
    guest.poll()
    clock.advance(INSTALLATION_SECONDS)
    guest.poll()
    assert machine.runtime.powerState == "poweredOn"


def test_a_background_thread_installs_without_polling(vcenter: VCenterSandbox, disk: Path) -> None:
    machine = make_machine(vcenter)
    guest = InstallingGuest(vcenter, SandboxClock.stepped(), disk, seconds=0)
    guest.start()
    end = time.monotonic() + 20
    while machine.runtime.powerState == "poweredOn" and time.monotonic() < end:
        time.sleep(0.05)
    guest.stop()
    assert disk_of(vcenter, machine) == INSTALLED


def test_fails_on_stop_when_an_installation_failed(vcenter: VCenterSandbox, disk: Path) -> None:
    make_machine(vcenter)
    guest = InstallingGuest(vcenter, SandboxClock.stepped(), disk, seconds=0)
    disk.unlink()
    guest.start()
    guest._thread.join()
    with pytest.raises(RuntimeError, match=r"the guest's installation failed: .*installed\.vmdk"):
        guest.stop()


def test_fails_without_the_disk_file(vcenter: VCenterSandbox, clock: SandboxClock, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"guest_disk: expected a VMDK file, got .*none\.vmdk"):
        InstallingGuest(vcenter, clock, tmp_path / "none.vmdk")


def unattended(vcenter: VCenterSandbox, files: dict[str, bytes]) -> Any:
    """A VM that is on, with an answer ISO and a serial port."""
    vcenter.put_file("LocalDS_0", "answers/answer.iso", io.BytesIO(iso_image(files)))
    vcenter.put_file("LocalDS_0", "answers/answer.log", io.BytesIO(b""))
    machine = make_machine(vcenter)
    device = vim.vm.device
    iso = device.VirtualCdrom.IsoBackingInfo(fileName="[LocalDS_0] answers/answer.iso")
    port = device.VirtualSerialPort.FileBackingInfo(fileName="[LocalDS_0] answers/answer.log")
    added = [
        device.VirtualCdrom(key=-1, controllerKey=201, backing=iso),
        device.VirtualSerialPort(key=-2, backing=port),
    ]
    changes = [device.VirtualDeviceSpec(operation="add", device=new) for new in added]
    vcenter.session.wait("add", machine.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=changes)))
    return machine


def answers() -> dict[str, bytes]:
    setup = WindowsSetup(
        profile=GuestProfile.BYOL_WORKSPACES, layout=PartitionLayout.ONE_VOLUME, image_name="Windows 10 Pro"
    )
    return answer_files(setup, WindowsPreparation(), OneTimePasswords("once-1", "once-2"), {"administrator": "a"})


def log_of(vcenter: VCenterSandbox) -> list[dict[str, Any]]:
    return [json.loads(line) for line in vcenter.read_file("LocalDS_0", "answers/answer.log").splitlines()]


def test_a_vm_with_an_answer_iso_prepares_itself_reports_its_steps_and_shuts_down(
    vcenter: VCenterSandbox, clock: SandboxClock
) -> None:
    guest = InstallingGuest(vcenter, clock)
    machine = unattended(vcenter, answers())
    for _ in range(4):
        guest.poll()
        clock.advance(INSTALLATION_SECONDS)
    log = log_of(vcenter)
    assert [entry["result"] for entry in log if entry["step"] == "no-nla"] == ["changed", "ok"]
    assert log[-1] == {"step": "runner", "result": "ready", "pass": 2, "checker": ""}
    assert machine.runtime.powerState == "poweredOff"
    (disk,) = (d for d in machine.config.hardware.device if isinstance(d, vim.vm.device.VirtualDisk))
    backing: Any = disk.backing
    path = backing.fileName.split("] ")[1].replace(".vmdk", "-flat.vmdk")
    flat = vcenter.folder_of("LocalDS_0") / path
    assert flat.stat().st_size == disk.capacityInKB * 1024
    with flat.open("rb") as content:
        content.seek(1 << 20)
        assert content.read(8)[3:7] == b"NTFS"


def test_a_failing_step_stops_the_preparation_until_it_is_corrected(
    vcenter: VCenterSandbox, clock: SandboxClock
) -> None:
    guest = InstallingGuest(vcenter, clock)
    machine = unattended(vcenter, answers())
    guest.failing_steps["no-nla"] = "Access is denied."
    for _ in range(4):
        guest.poll()
        clock.advance(INSTALLATION_SECONDS)
    assert log_of(vcenter)[-1] == {"step": "no-nla", "result": "failed", "message": "Access is denied."}
    assert machine.runtime.powerState == "poweredOn"
    guest.failing_steps.clear()
    for _ in range(3):
        guest.poll()
        clock.advance(INSTALLATION_SECONDS)
    assert log_of(vcenter)[-1]["result"] == "ready"


def test_an_answer_iso_without_the_scripts_is_reported(vcenter: VCenterSandbox, clock: SandboxClock) -> None:
    guest = InstallingGuest(vcenter, clock)
    unattended(vcenter, {name: content for name, content in answers().items() if "vmimport/" not in name})
    guest.poll()
    clock.advance(INSTALLATION_SECONDS)
    with pytest.raises(IncompleteAnswerIsoError, match=r"vmimport/prepare\.ps1"):
        guest.poll()
