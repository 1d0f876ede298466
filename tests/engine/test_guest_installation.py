"""From an ISO image to a prepared guest, and to a WorkSpaces image, with nobody at the console."""

import json
import runpy
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim
from tests.engine.installed_machine import GUEST_ARGS, MACHINE_ARGS, PASSWORDS, PLACE, put_windows_iso

from pulumi_vmimport import (
    ByolWorkspaceImage,
    GuestInstallation,
    ImportBucket,
    ImportImage,
    SourceVirtualMachine,
    VirtualMachineExport,
    VmimportRole,
)
from pulumi_vmimport_sandbox import Sandbox, SandboxClock

NewStack = Callable[..., Any]
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "unattended_windows.py"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox whose virtual machines install themselves from an answer ISO."""
    with Sandbox(tmp_path / "sandbox", clock=SandboxClock.fast(600), installs_guests=True) as running:
        running.aws.settings.import_workspace_image_seconds = 60
        put_windows_iso(running)
        yield running


@pytest.fixture
def machine_args() -> dict[str, Any]:
    return dict(MACHINE_ARGS)


@pytest.fixture
def guest_args() -> dict[str, Any]:
    return dict(GUEST_ARGS)


@pytest.fixture
def parts(machine_args: dict[str, Any], guest_args: dict[str, Any]) -> Callable[[], GuestInstallation]:
    """Declares a virtual machine and its guest."""

    def declare() -> GuestInstallation:
        machine: Any = machine_args
        windows = SourceVirtualMachine("windows", machine)
        arguments: Any = {**guest_args, "uuid": windows.uuid}
        return GuestInstallation("windows", arguments)

    return declare


@pytest.fixture
def stack(new_stack: NewStack, parts: Callable[[], GuestInstallation]) -> Any:
    return new_stack(lambda: pulumi.export("passes", parts().passes))


@pytest.mark.both_hosts
def test_one_up_installs_and_prepares_the_guest_and_the_next_changes_nothing(stack: Any, sandbox: Sandbox) -> None:
    stack.up()
    assert stack.outputs()["passes"] == 2
    (machine,) = sandbox.vcenter.virtual_machines()
    assert machine.runtime.powerState == "poweredOff"
    assert [file for file in sandbox.remaining_resources() if "pulumi-vmimport" in file] == []
    assert set(stack.up()) == {"same"}
    assert set(stack.refresh()) == {"same"}
    state = json.dumps(stack.state())
    assert not any(password in state for password in PASSWORDS)
    stack.destroy()
    assert sandbox.remaining_resources() == []


def test_without_a_serial_port_the_result_is_read_from_the_disk(stack: Any, sandbox: Sandbox) -> None:
    sandbox.guest.has_serial_port = False
    stack.up()
    assert stack.outputs()["passes"] == 2
    stack.destroy()
    assert sandbox.remaining_resources() == []


def test_a_failed_step_ends_the_update_with_its_words_and_the_next_one_resumes(stack: Any, sandbox: Sandbox) -> None:
    sandbox.guest.failing_steps["free-space"] = "C: has 3.0 GB of free space, 10 GB are required"
    printed = stack.fails(stack.up)
    assert 'failed in step free-space: "C: has 3.0 GB of free space, 10 GB are required"' in printed
    assert "Traceback" not in printed
    (machine,) = sandbox.vcenter.virtual_machines()
    assert machine.runtime.powerState == "poweredOn"
    sandbox.guest.failing_steps.clear()
    stack.up()
    assert stack.outputs()["passes"] == 2
    assert set(stack.up()) == {"same"}


def test_what_byol_checker_finds_ends_the_update_with_its_codes_until_it_is_repaired(
    new_stack: NewStack, sandbox: Sandbox, parts: Any, guest_args: dict[str, Any], tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "BYOLChecker.zip", "w") as archive:
        archive.writestr("BYOLChecker/BYOLChecker.ps1", "# of AWS")
    guest_args["byol_checker"] = str(tmp_path / "BYOLChecker.zip")
    stack = new_stack(lambda: pulumi.export("checker", parts().checker_result))
    sandbox.guest.faults |= {"FirewallEnabled", "AutoLogonEnabled"}
    printed = stack.fails(stack.up)
    assert 'failed in step byol-checker: "BYOL Checker reports FAILED: FirewallEnabled,AutoLogonEnabled;' in printed
    assert "FirewallEnabled: no-public-firewall; AutoLogonEnabled: no-auto-logon" in printed
    assert "Traceback" not in printed
    sandbox.guest.faults.clear()
    stack.up()
    assert stack.outputs()["checker"] == "success"
    assert set(stack.up()) == {"same"}


def test_destroy_of_an_unfinished_installation_leaves_nothing(stack: Any, sandbox: Sandbox) -> None:
    sandbox.guest.failing_steps["free-space"] = "C: is full"
    stack.fails(stack.up)
    assert [file for file in sandbox.remaining_resources() if "pulumi-vmimport" in file]
    stack.destroy()
    assert sandbox.remaining_resources() == []


@pytest.fixture
def line(new_stack: NewStack, sandbox: Sandbox) -> Any:
    """The example, from the ISO image to a WorkSpaces image."""
    put_windows_iso(sandbox, "iso/windows-10-22h2.iso")
    config = {
        **PLACE,
        "administratorPassword": PASSWORDS[0],
        "byolAccountPassword": PASSWORDS[1],
    }
    return new_stack(lambda: runpy.run_path(str(EXAMPLE)) and None, config=config)


def test_from_the_iso_to_a_workspaces_image_in_one_up(line: Any, sandbox: Sandbox) -> None:
    line.up()
    assert line.outputs()["imageId"].startswith("wsi-")
    assert not any(password in json.dumps(line.state()) for password in PASSWORDS)
    assert set(line.refresh()) == {"same"}
    assert set(line.up()) == {"same"}
    line.destroy()
    assert sandbox.remaining_resources() == []


def test_a_failed_step_prevents_the_export_and_destroy_leaves_nothing(line: Any, sandbox: Sandbox) -> None:
    sandbox.guest.failing_steps["free-space"] = "C: is full"
    assert 'failed in step free-space: "C: is full"' in line.fails(line.up)
    types = [resource["type"] for resource in line.state()["resources"]]
    assert not any(type.endswith(("VirtualMachineExport", "ImportImage", "ImportWorkspaceImage")) for type in types)
    line.destroy()
    assert sandbox.remaining_resources() == []


def test_the_separate_parts_make_a_workspaces_image(new_stack: NewStack, sandbox: Sandbox, parts: Any) -> None:
    def program() -> None:
        image = ByolWorkspaceImage(
            "workspaces",
            image_name="windows-10-byol",
            image_description="Windows 10 BYOL",
            ingestion_process="BYOL_REGULAR_WSP",
            virtual_machine_uuid=parts().uuid,
        )
        pulumi.export("imageId", image.image_id)

    stack = new_stack(program)
    stack.up()
    assert stack.outputs()["imageId"].startswith("wsi-")
    assert set(stack.up()) == {"same"}
    stack.destroy()
    assert sandbox.remaining_resources() == []


def test_a_server_is_generalized_by_its_preparation_and_imported_as_such(
    new_stack: NewStack, sandbox: Sandbox, machine_args: dict[str, Any]
) -> None:
    machine_args |= {"profile": "ec2", "windows_release": "2022"}
    guest_args = {"guest_profile": "ec2-windows", "windows_release": "2022", "sysprep": "before-export"}

    def program() -> None:
        machine: Any = machine_args
        uuid = SourceVirtualMachine("server", machine).uuid
        guest: Any = {**guest_args, "administrator_password": PASSWORDS[0], "uuid": uuid}
        installed = GuestInstallation("server", guest)
        images = ImportBucket("images", force_destroy=True)
        role = VmimportRole("vmimport", import_buckets=[images.bucket])
        ova = VirtualMachineExport("server", uuid=installed.uuid, bucket=images.bucket, key="server.ova")
        container: Any = {"format": "OVA", "user_bucket": {"s3_bucket": ova.bucket, "s3_key": ova.key}}
        image = ImportImage(
            "server",
            disk_containers=[container],
            image_profile="ec2",
            role_name=role.role_name,
            source_hash=ova.checksum,
            sysprep="before-export",
        )
        pulumi.export("guest", image.detected_guest)

    stack = new_stack(program)
    stack.up()
    assert stack.outputs()["guest"]["sysprepState"] == "generalized"
    assert "Windows Server 2022" in json.dumps(stack.outputs()["guest"])
    assert set(stack.up()) == {"same"}
    stack.destroy()
    assert sandbox.remaining_resources() == []


@pytest.mark.parametrize(("unattended", "expected"), [(True, {"same"}), (False, {"same", "update"})])
def test_a_removed_tpm_is_added_again_unless_the_installation_is_unattended(
    new_stack: NewStack, sandbox: Sandbox, machine_args: dict[str, Any], unattended: bool, expected: set[str]
) -> None:
    arguments: Any = {**machine_args, "windows_release": "11-23H2", "unattended": unattended}

    def program() -> None:
        SourceVirtualMachine("windows", arguments)

    stack = new_stack(program)
    stack.up()
    remove_tpm(sandbox)
    assert "update" in stack.refresh()
    assert set(stack.up()) == expected


def has_tpm(sandbox: Sandbox) -> bool:
    (machine,) = sandbox.vcenter.virtual_machines()
    return any(isinstance(device, vim.vm.device.VirtualTPM) for device in machine.config.hardware.device)


def remove_tpm(sandbox: Sandbox) -> None:
    """Do what GuestInstallation does at the end."""
    (machine,) = sandbox.vcenter.virtual_machines()
    if machine.runtime.powerState == "poweredOn":
        WaitForTask(machine.PowerOffVM_Task())
    changes = [
        vim.vm.device.VirtualDeviceSpec(operation="remove", device=device)
        for device in machine.config.hardware.device
        if isinstance(device, vim.vm.device.VirtualTPM)
    ]
    assert changes
    WaitForTask(machine.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=changes)))


def test_a_windows_11_image_has_no_tpm_is_not_changed_by_refresh_and_up_and_is_installed_again(
    new_stack: NewStack, sandbox: Sandbox, machine_args: dict[str, Any], guest_args: dict[str, Any]
) -> None:
    source_machine: Any = {k: v for k, v in machine_args.items() if k not in {"iso", "windows_release"}}
    guest: Any = {k: v for k, v in guest_args.items() if k != "guest_profile"} | {"windows_release": "11-23H2"}

    def program() -> None:
        image = ByolWorkspaceImage(
            "windows-11",
            image_name="windows-11-byol",
            image_description="Windows 11 BYOL",
            ingestion_process="BYOL_REGULAR_WSP",
            windows_iso={"path": "iso/windows.iso"},
            source_machine=source_machine,
            guest=guest,
        )
        pulumi.export("imageId", image.image_id)

    stack = new_stack(program)
    stack.up()
    assert stack.outputs()["imageId"].startswith("wsi-")
    assert not has_tpm(sandbox)
    assert "update" in stack.refresh()
    assert set(stack.up()) == {"same"}
    guest["computer_name"] = "DESKTOP-2"
    assert "replace" in stack.up()
    assert not has_tpm(sandbox)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"administrator_password": None}, "administrator_password: is required"),
        ({"windows_release": "11-23H2"}, "requires firmware UEFI"),
        ({"edition": "Home"}, "edition: expected one of Professional"),
    ],
)
def test_bad_input_fails_with_its_path(
    stack: Any, guest_args: dict[str, Any], changes: dict[str, Any], words: str
) -> None:
    guest_args |= changes
    printed = stack.fails(stack.up if "firmware" in words.lower() else stack.preview)
    assert words in printed
    assert "Traceback" not in printed
