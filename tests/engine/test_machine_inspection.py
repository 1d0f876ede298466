"""A look into the disk of a virtual machine in vSphere, before one byte of it is exported."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pytest
from tests.unit.conftest import Machines, sound_disk

from pulumi_vmimport import VirtualMachineExport
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport_sandbox import Sandbox, SandboxClock
from pulumi_vmimport_sandbox.windows import WindowsGuest, faulty_guest

REGION, BUCKET, KEY = "eu-west-1", "images-of-web", "ova/web.ova"
ENCRYPTED = sound_disk().replace(b"NTFS    ", b"-FVE-FS-")
FAULTS = {
    "AutoLogonEnabled": "windows-automatic-logon",
    "DomainJoined": "windows-domain-joined",
    "VMWareToolsInstalled": "windows-vmware-tools",
    "WindowsUpdatesEnabled": "windows-update-enabled",
    "AutoMountDisabled": "windows-automount-disabled",
}
NOT_READ = "the content of the disk was not inspected in vSphere; the import inspects the exported image"


@dataclass
class Scene:
    """A machine whose disk BitLocker encrypts, and a stack that exports it."""

    stack: Any
    machine: Any
    sandbox: Sandbox
    args: dict[str, Any]

    def put_disk(self, content: bytes) -> None:
        self.sandbox.vcenter.put_disk(self.machine.reference, io.BytesIO(content))

    def power_on(self) -> None:
        self.sandbox.vcenter.session.wait("power on", self.machine.reference.PowerOnVM_Task())

    def exports(self) -> list[str]:
        """The objects and uploads of exports."""
        s3 = self.sandbox.aws.observer("s3", REGION)
        objects = s3.list_objects_v2(Bucket=BUCKET, Prefix="ova/").get("Contents", [])
        return [found["Key"] for found in [*objects, *s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox in which no guest is installed on a machine that is powered on."""
    with Sandbox(tmp_path / "sandbox", clock=SandboxClock.fast(600)) as running:
        yield running


@pytest.fixture
def machines(sandbox: Sandbox) -> Iterator[Machines]:
    settings = VSphereSettings.from_environment(sandbox.environment)
    assert settings is not None
    with VSphereSession(settings) as session:
        yield Machines(sandbox.vcenter, session)


@pytest.fixture
def scene(sandbox: Sandbox, machines: Machines, new_stack: Callable[..., Any], image_args: dict[str, Any]) -> Scene:
    machine = machines.make_with_disks("web", ENCRYPTED)
    args: dict[str, Any] = {"bucket": BUCKET, "key": KEY, "uuid": machine.facts().uuid}

    def program() -> None:
        export = VirtualMachineExport("web", **args)
        pulumi.export("checksum", export.checksum)

    return Scene(new_stack(program), machine, sandbox, args)


def test_a_machine_whose_disk_breaks_a_rule_fails_preview_before_the_export(scene: Scene) -> None:
    writes = scene.sandbox.aws.calls.writes()
    printed = scene.stack.fails(scene.stack.preview)
    assert "uuid: [LocalDS_0] web/web.vmdk: " in printed
    assert "bitlocker: partition 1" in printed
    assert "ignored_findings=['bitlocker']" in printed
    assert "Traceback" not in printed
    scene.stack.fails(scene.stack.up)
    assert (scene.sandbox.aws.calls.writes(), scene.exports()) == (writes, [])

    scene.put_disk(sound_disk())
    assert scene.stack.preview() == {"create": 1, "same": 1}
    assert NOT_READ not in "\n".join(scene.stack.output)
    assert scene.stack.up() == {"create": 1, "same": 1}
    assert scene.exports() == [KEY]


def test_five_faults_of_windows_fail_preview_together_and_a_healthy_guest_is_exported(
    scene: Scene, machines: Machines
) -> None:
    windows = machines.make_windows("windows", faulty_guest(*FAULTS).disk())
    scene.args |= {"uuid": windows.facts().uuid, "image_profile": "byol-workspaces"}
    printed = scene.stack.fails(scene.stack.preview)
    assert [rule for rule in FAULTS.values() if f"; {rule}: " not in printed] == []
    assert scene.exports() == []

    WindowsGuest.healthy().disk().write_file(scene.sandbox.vcenter.disk_file(windows.reference))
    assert scene.stack.preview() == {"create": 2}
    assert "warning: uuid" not in "\n".join(scene.stack.output)
    assert scene.stack.up() == {"create": 2}
    assert scene.exports() == [KEY]


def test_an_unchanged_export_does_not_read_the_disk_again(scene: Scene) -> None:
    scene.put_disk(sound_disk())
    scene.stack.up()
    scene.put_disk(ENCRYPTED)
    scene.power_on()
    assert scene.stack.preview() == {"same": 2}
    shown = "\n".join(scene.stack.output)
    assert "bitlocker" not in shown
    assert NOT_READ not in shown


def test_a_finding_that_is_ignored_is_exported(scene: Scene) -> None:
    scene.args["ignored_findings"] = ["bitlocker"]
    assert scene.stack.up() == {"create": 2}
    assert scene.exports() == [KEY]


def test_the_disk_of_a_running_machine_is_read_once_it_is_off(scene: Scene) -> None:
    scene.args["powered_on"] = "powerOff"
    scene.power_on()
    assert scene.stack.preview() == {"create": 2}
    shown = "\n".join(scene.stack.output).splitlines()
    (line,) = {line.partition("warning: ")[2] for line in shown if NOT_READ in line}
    assert "the VM is powered on, and vSphere locks the files of its disks" in line
    printed = scene.stack.fails(scene.stack.up)
    assert "bitlocker: partition 1" in printed
    assert scene.exports() == []

    scene.put_disk(sound_disk())
    scene.power_on()
    scene.stack.up()
    assert scene.exports() == [KEY]
