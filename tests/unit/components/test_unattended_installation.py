"""ByolWorkspaceImage with the source `windows_iso`."""

import json
from typing import Any

import pulumi
import pytest

from pulumi_vmimport.components.byol_workspace_image import ByolWorkspaceImage
from pulumi_vmimport.lifecycle.contract import UNKNOWN

EXPORT, IMPORT, IMAGE, READINESS, GUEST = (
    f"pulumi-python:dynamic/vmimport:{name}"
    for name in ("VirtualMachineExport", "ImportImage", "ImportWorkspaceImage", "RoleReadiness", "GuestInstallation")
)
MACHINE = "vsphere:index/virtualMachine:VirtualMachine"
PASSWORDS = {"administrator_password": "Final-administrator-1", "byol_account_password": "Final-byol-1"}
PLACE = {"datastore_id": "datastore-1", "network_id": "network-1", "resource_pool_id": "resgroup-1"}
ARGS: dict[str, Any] = {
    "image_name": "win10",
    "image_description": "Windows 10",
    "ingestion_process": "BYOL_REGULAR_WSP",
    "windows_iso": {"path": "iso/windows.iso"},
    "source_machine": PLACE,
    "guest": {"windows_release": "10-22H2", **PASSWORDS},
}
WINDOWS_11 = {**ARGS, "guest": {**PASSWORDS, "windows_release": "11-23H2"}}


def outputs(args: Any) -> dict[str, Any]:
    made = ByolWorkspaceImage("line", args)
    return {"image_id": made.image_id, "ova_key": made.ova_key}


def changed(part: str, **changes: Any) -> dict[str, Any]:
    return {**ARGS, part: {**ARGS[part], **changes}}


@pytest.fixture
def world(world: Any) -> Any:
    world.states["aws:s3/bucket:Bucket"] = lambda inputs: {"bucket": "images-1234567", "arn": "arn:aws:s3:::images"}
    world.states["aws:iam/role:Role"] = lambda inputs: {"arn": f"arn:aws:iam::123456789012:role/{inputs['name']}"}
    world.states[READINESS] = lambda inputs: {"roleArn": f"arn:aws:iam::123456789012:role/{inputs['roleName']}"}
    world.states[MACHINE] = lambda inputs: {"moid": "vm-7", "uuid": "4201-uuid", "powerState": "on"}
    world.states[GUEST] = lambda inputs: {"uuid": f"installed {inputs['uuid']}"}
    world.states[EXPORT] = lambda inputs: {"checksum": "abcd"}
    world.states[IMPORT] = lambda inputs: {"imageId": "ami-2", "importTaskId": "import-ami-3"}
    world.states[IMAGE] = lambda inputs: {"imageId": "wsi-4"}
    return world


def test_the_guest_is_installed_in_a_new_machine_and_exported_after_that(world: Any) -> None:
    assert world.deploy(lambda: outputs(ARGS)) == {"image_id": "wsi-4", "ova_key": "shop/dev/line.ova"}
    assert world.components["line-machine"] == "vmimport:index:SourceVirtualMachine"
    machine, guest = world.inputs("line-machine"), world.inputs("line-guest")
    assert (machine["name"], machine["firmware"]) == ("line", "bios")
    assert machine["cdroms"] == [{"datastoreId": "datastore-1", "path": "iso/windows.iso"}]
    assert (guest["uuid"], guest["guestProfile"]) == ("4201-uuid", "byol-workspaces")
    assert guest["windowsRelease"] == "10-22H2"
    assert world.inputs("line-export")["uuid"] == "installed 4201-uuid"


def test_the_release_of_the_guest_sets_the_machine_and_the_version_of_the_image(world: Any) -> None:
    world.deploy(lambda: outputs(WINDOWS_11))
    machine = world.inputs("line-machine")
    assert (machine["firmware"], machine["vtpm"]) == ("efi", {"version": "2.0"})
    assert world.inputs("line-image")["osVersion"] == "Windows_11"


def test_a_guest_that_bypasses_the_check_has_a_machine_without_tpm(world: Any, warnings: list[str]) -> None:
    world.deploy(lambda: outputs({**WINDOWS_11, "guest": {**WINDOWS_11["guest"], "bypass_tpm": True}}))
    machine = world.inputs("line-machine")
    assert (machine.get("vtpm"), machine["efiSecureBootEnabled"]) == (None, False)
    assert warnings == []


def test_arguments_reach_the_machine_and_the_guest(world: Any) -> None:
    args = changed("source_machine", vm_name="golden", memory_mb=8192, virtual_machine_args={"annotation": "byol"})
    args["guest"] = {**args["guest"], "extra_scripts": [{"name": "agent", "content": "exit 0"}], "timeout_minutes": 90}
    world.deploy(lambda: outputs({**args, "applications": ["Microsoft_Office_2019"], "timeout_minutes": 60}))
    machine, guest = world.inputs("line-machine"), world.inputs("line-guest")
    assert (machine["name"], machine["memory"], machine["annotation"]) == ("golden", 8192, "byol")
    assert guest["extraScripts"] == [{"name": "agent", "content": "exit 0"}]
    assert (guest["withOffice"], guest["timeoutMinutes"]) == (True, 90)
    assert world.inputs("line-export")["timeoutMinutes"] == 60


@pytest.mark.parametrize(
    ("args", "path", "reason"),
    [
        pytest.param(changed("guest", edition="Home"), "guest.edition", "expected one of Professional", id="edition"),
        pytest.param(changed("guest", byol_account_password=None), "guest.byol_account_password", "is required", id="password"),
        pytest.param(changed("guest", windows_release="7"), "guest.windows_release", "got '7'", id="release"),
        pytest.param(changed("guest", windows_release=None), "guest.windows_release", "is required, exp", id="no-release"),
        pytest.param(changed("guest", uuid="4206"), "guest.uuid", "is not an argument", id="uuid"),
        pytest.param(changed("guest", user_name="me"), "guest.user_name", "is not an argument", id="of-linux"),
        pytest.param(
            changed("guest", extra_scripts=[{"name": "a b", "content": ""}]), "guest.extra_scripts[0].name", "got 'a b'",
            id="script",
        ),
        pytest.param(changed("source_machine", network_id=None), "source_machine.network_id", "is required", id="network"),
        pytest.param(changed("source_machine", disk_gb=90), "source_machine.disk_gb", "expected at most 70", id="disk"),
        pytest.param(changed("source_machine", firmware="efi"), "source_machine.firmware", "expected bios", id="firmware"),
        pytest.param(
            changed("source_machine", iso={"path": "x"}), "source_machine.iso", "set windows_iso instead", id="iso"
        ),
        pytest.param(changed("source_machine", phase="export"), "source_machine.phase", "has no effect", id="phase"),
        pytest.param(
            changed("source_machine", virtual_machine_args={"colour": 1}), "source_machine.virtual_machine_args.colour",
            "is not an argument of", id="override",
        ),
        pytest.param({**ARGS, "windows_iso": {}}, "windows_iso.path", "is required", id="no-path"),
        pytest.param({**ARGS, "os_version": "Windows_11"}, "os_version", "expected Windows_10", id="version"),
        pytest.param({**ARGS, "ova_key": "web.ova"}, "windows_iso", "got windows_iso, ova_key", id="two-sources"),
        pytest.param(
            {**WINDOWS_11, "source_machine": {**PLACE, "vtpm": False}}, "source_machine.vtpm", "set guest.bypass_tpm",
            id="vtpm",
        ),
    ],
)  # fmt: skip
def test_fails_with_the_argument_and_what_is_expected(world: Any, args: dict[str, Any], path: str, reason: str) -> None:
    found = world.problems(lambda: outputs(args))
    assert list(found) == [path]
    assert reason in found[path]
    assert world.resources == []


def test_fails_with_all_problems_of_machine_guest_and_image_at_once(world: Any) -> None:
    args = {**ARGS, "image_name": "my image", "source_machine": {"disk_gb": 90}, "guest": {"computer_name": "1"}}
    assert set(world.problems(lambda: outputs(args))) == {
        "image_name", "source_machine.datastore_id", "source_machine.network_id", "source_machine.disk_gb",
        "guest.windows_release", "guest.administrator_password", "guest.byol_account_password", "guest.computer_name",
    }  # fmt: skip


@pytest.mark.parametrize("part", ["source_machine", "guest"])
def test_fails_for_a_machine_or_guest_without_an_iso(world: Any, part: str) -> None:
    args = {name: value for name, value in ARGS.items() if name not in {"windows_iso", "source_machine", "guest"}}
    found = world.problems(lambda: outputs({**args, "ec2_image_id": "ami-1", part: ARGS[part]}))
    assert list(found) == [part]
    assert "applies only to windows_iso" in found[part]


def test_fails_before_anything_is_created_when_the_value_of_an_output_is_invalid(world: Any) -> None:
    def program() -> dict[str, Any]:
        return outputs(changed("guest", edition=pulumi.Output.from_input("Home")))

    assert list(world.problems(program)) == ["guest.edition"]
    assert world.resources == []


def test_fails_for_a_guest_that_is_an_output(world: Any) -> None:
    found = world.problems(lambda: outputs({**ARGS, "guest": pulumi.Output.from_input(ARGS["guest"])}))
    assert "expected a plain value" in found["guest"]


def test_passwords_are_secrets_of_the_guest_alone(world: Any) -> None:
    world.deploy(lambda: outputs(changed("guest", administrator_password=pulumi.Output.secret("Final-secret-1"))))
    with_password = [r.name for r in world.resources if "Final-" in json.dumps(r.inputs, default=str)]
    assert with_password == ["line-guest"]


def test_a_message_does_not_show_a_password_of_another_type(world: Any) -> None:
    found = world.problems(lambda: outputs(changed("guest", administrator_password=20261129, product_key=31415926)))
    assert found["guest.administrator_password"] == "expected a string, got another type"
    assert found["guest.product_key"] == "expected a string, got another type"


def test_values_that_preview_does_not_know_are_not_checked(world: Any, unknown: Any) -> None:
    world.preview = True

    def program() -> dict[str, Any]:
        args = changed("guest", windows_release=unknown(), administrator_password=unknown())
        return outputs({**args, "source_machine": {**PLACE, "disk_gb": unknown()}})

    assert world.deploy(program)["image_id"] is UNKNOWN
    assert isinstance(world.inputs("line-image")["osVersion"], pulumi.output.Unknown)
