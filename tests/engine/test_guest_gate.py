"""A guest that WorkSpaces would refuse stops before the import, with every fault at once."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from tests.unit.conftest import Machines

from pulumi_vmimport import ImportImage, VirtualMachineExport
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport_sandbox import Sandbox, SandboxClock
from pulumi_vmimport_sandbox.windows import WindowsGuest, faulty_guest

BUCKET, REGION = "images-of-web", "eu-west-1"
FAULTS = {
    "FirewallEnabled": ("windows-firewall-on", "no-public-firewall"),
    "DomainJoined": ("windows-domain-joined", "leave-domain"),
    "AutoLogonEnabled": ("windows-automatic-logon", "no-auto-logon"),
    "WindowsUpdatesEnabled": ("windows-update-enabled", "no-windows-update"),
    "WorkspacesBYOLAccountDisabled": ("windows-byol-account-disabled", "byol-account"),
}
RULES: list[Any] = [rule for rule, _ in FAULTS.values()]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "sandbox", clock=SandboxClock.fast(600)) as running:
        yield running


def test_an_exported_machine_with_five_faults_is_refused_before_the_import_and_its_repaired_disk_is_imported(
    sandbox: Sandbox, new_stack: Any, image_args: dict[str, Any]
) -> None:
    settings = VSphereSettings.from_environment(sandbox.environment)
    assert settings is not None
    with VSphereSession(settings) as session:
        made = Machines(sandbox.vcenter, session)
        machine = made.make_windows("web", faulty_guest(*FAULTS).disk())
        args: dict[str, Any] = {"uuid": machine.facts().uuid, "key": "web.ova"}

        def program() -> None:
            # The export is for EC2, so that the import is the first that looks inside for WorkSpaces.
            export = VirtualMachineExport("web", bucket=BUCKET, ignored_findings=[*RULES], **args)
            container: Any = {"format": "OVA", "user_bucket": {"s3_bucket": BUCKET, "s3_key": export.key}}
            image = ImportImage(
                "web",
                disk_containers=[container],
                image_profile="byol-workspaces",
                license_type="BYOL",
                source_hash=export.checksum,
            )
            pulumi.export("guest", image.detected_guest)

        stack = new_stack(program)
        printed = stack.fails(stack.up)
        for rule, step in FAULTS.values():
            assert f"; {rule}: " in printed
            assert f"preparation step {step}" in printed
        assert "no task was started" in printed
        assert "Traceback" not in printed
        assert (sandbox.aws.import_tasks, stack.remaining_resources()) == ([], [])

        WindowsGuest.healthy().disk().write_file(sandbox.vcenter.disk_file(machine.reference))
        args["key"] = "repaired.ova"
        assert stack.up()["create"] >= 1
        guest = stack.outputs()["guest"]
        assert (guest["release"], guest["firmware"], guest["sysprepState"]) == ("Windows 10 22H2", "bios", "installed")
        assert len(sandbox.aws.import_tasks) == 1
        assert set(stack.preview()) == {"same"}


def test_a_guest_in_an_existing_image_fails_preview_unless_its_findings_are_ignored(
    sandbox: Sandbox, new_stack: Any, image_args: dict[str, Any], tmp_path: Path
) -> None:
    disk = faulty_guest(*FAULTS).disk()
    raw = disk.write_file(tmp_path / "web.raw")
    vmdk = tmp_path / "web.vmdk"
    convert(raw, vmdk)
    sandbox.aws.observer("s3", REGION).put_object(Bucket=BUCKET, Key="web.vmdk", Body=vmdk.read_bytes())
    args: dict[str, Any] = {
        **image_args,
        "disk_containers": [{"format": "VMDK", "user_bucket": {"s3_bucket": BUCKET, "s3_key": "web.vmdk"}}],
        "image_profile": "byol-workspaces",
        "boot_mode": "uefi",
    }
    stack = new_stack(lambda: ImportImage("web", **args))
    writes = sandbox.aws.calls.writes()
    printed = stack.fails(stack.preview)
    assert [rule for rule in RULES if f"; {rule}: " not in printed] == []
    assert "boot_mode: expected legacy-bios, because the disk has a boot loader for bios, got uefi" in printed
    assert sandbox.aws.calls.writes() == writes
    del args["boot_mode"]
    args["ignored_findings"] = RULES
    assert stack.preview() == {"create": 2}


def test_an_image_for_ec2_fails_preview_for_its_guest_and_its_contradictions_and_a_healthy_one_is_imported(
    sandbox: Sandbox, new_stack: Any, image_args: dict[str, Any], tmp_path: Path
) -> None:
    def store(guest: WindowsGuest) -> None:
        convert(guest.disk().write_file(tmp_path / "web.raw"), tmp_path / "web.vmdk")
        body = (tmp_path / "web.vmdk").read_bytes()
        sandbox.aws.observer("s3", REGION).put_object(Bucket=BUCKET, Key="web.vmdk", Body=body)

    store(faulty_guest("DhcpClientDisabled", "AutoLogonEnabled"))
    args: dict[str, Any] = {
        **image_args,
        "disk_containers": [{"format": "VMDK", "user_bucket": {"s3_bucket": BUCKET, "s3_key": "web.vmdk"}}],
        "operating_system": "Windows Server 2022",
    }

    def program() -> None:
        pulumi.export("guest", ImportImage("web", **args).detected_guest)

    stack = new_stack(program)
    printed = stack.fails(stack.preview)
    assert "; windows-dhcp-client: " in printed
    assert "windows-automatic-logon" in printed
    assert "operating_system: expected Windows 10 22H2, because the disk has it, got 'Windows Server 2022'" in printed
    assert sandbox.aws.import_tasks == []
    store(WindowsGuest.healthy())
    args["operating_system"] = "Windows 10"
    stack.up()
    assert stack.outputs()["guest"]["release"] == "Windows 10 22H2"
    read = len(sandbox.aws.calls.of("GetObject"))
    assert set(stack.preview()) == {"same"}
    assert len(sandbox.aws.calls.of("GetObject")) == read


def convert(raw: Path, vmdk: Path) -> None:
    """The disk as AWS accepts it."""
    tool = str(shutil.which("qemu-img"))
    options = "subformat=streamOptimized"
    subprocess.run([tool, "convert", "-q", "-O", "vmdk", "-o", options, "-f", "raw", str(raw), str(vmdk)], check=True)
