"""The program of the main stack, without an engine."""

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

PROGRAM = Path(__file__).parents[3] / "stacks" / "vsphere_to_workspaces" / "__main__.py"
CONFIG = {"imageName": "byol", "imageDescription": "BYOL", "ingestionProcess": "BYOL_REGULAR_WSP"}
NEW_MACHINE = {"diskGb": "70", "datastore": "ds", "network": "net", "isoPath": "iso/windows.iso", "cluster": "C0"}


PASSWORDS = {"administratorPassword": "Final-administrator-1", "byolAccountPassword": "Final-byol-1"}
GUEST = "pulumi-python:dynamic/vmimport:GuestInstallation"
MACHINE = "vsphere:index/virtualMachine:VirtualMachine"
IMAGE = "pulumi-python:dynamic/vmimport:ImportWorkspaceImage"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param({**NEW_MACHINE, "windowsRelease": "11-23H2"}, "Windows_11", id="new-machine"),
        pytest.param({**NEW_MACHINE, "windowsRelease": "10-22H2"}, "Windows_10", id="windows-10"),
        pytest.param(
            {"virtualMachine": "DC0/vm/web", "windowsRelease": "11-24H2"}, "Windows_11", id="existing-machine"
        ),
        pytest.param({"virtualMachine": "DC0/vm/web"}, None, id="no-release"),
    ],
)
def test_the_release_on_the_iso_is_the_os_version_of_the_image(
    world: Any, deploy: Callable[[dict[str, str]], None], config: dict[str, str], expected: str | None
) -> None:
    deploy(config)
    assert inputs_of(world, IMAGE).get("osVersion") == expected


def test_passwords_of_the_guest_install_windows_from_the_iso(
    world: Any, deploy: Callable[[dict[str, str]], None]
) -> None:
    deploy({**NEW_MACHINE, **PASSWORDS, "windowsRelease": "11-23H2", "edition": "Enterprise"})
    guest, machine = inputs_of(world, GUEST), inputs_of(world, MACHINE)
    assert (guest["windowsRelease"], guest["edition"], machine["firmware"]) == ("11-23H2", "Enterprise", "efi")
    assert machine["cdroms"][0]["path"] == "iso/windows.iso"
    assert inputs_of(world, IMAGE)["osVersion"] == "Windows_11"


def test_structures_describe_the_iso_the_guest_and_the_machine_and_take_precedence(
    world: Any, deploy: Callable[[dict[str, str]], None]
) -> None:
    structures = {
        "guest": {"windowsRelease": "10-22H2", "kmsHost": "kms.example.com", "imageIndex": 6, "installUpdates": False},
        "windowsIso": {"path": "iso/10.iso"},
        "sourceMachine": {"memoryMb": 8192},
    }
    keys = {**NEW_MACHINE, **PASSWORDS, "windowsRelease": "11-23H2", "edition": "Enterprise", "installUpdates": "true"}
    deploy({**keys, **{name: json.dumps(value) for name, value in structures.items()}})
    guest, machine = inputs_of(world, GUEST), inputs_of(world, MACHINE)
    assert (guest["windowsRelease"], guest["kmsHost"], guest["imageIndex"]) == ("10-22H2", "kms.example.com", 6)
    assert ("edition" in guest, guest["installUpdates"]) == (False, False)
    assert (machine["memory"], machine["cdroms"][0]["path"]) == (8192, "iso/10.iso")


@pytest.fixture
def deploy(world: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    """Runs the program with a configuration."""
    world.states["aws:s3/bucket:Bucket"] = lambda _: {"bucket": "images", "arn": "arn:aws:s3:::images"}
    world.states[MACHINE] = lambda _: {"uuid": "4206", "moid": "vm-7", "powerState": "on"}
    world.states[GUEST] = lambda inputs: {"uuid": inputs["uuid"]}
    monkeypatch.setattr(pulumi, "export", lambda *_: None)

    def run(config: dict[str, str]) -> None:
        values = {f"shop:{name}": value for name, value in {**CONFIG, **config}.items()}
        before = pulumi.runtime.config.CONFIG.set(values)
        try:
            world.deploy(lambda: runpy.run_path(str(PROGRAM)) and None)
        finally:
            pulumi.runtime.config.CONFIG.reset(before)

    return run


def inputs_of(world: Any, type: str) -> dict[str, Any]:
    """The inputs of the only resource of a type."""
    (found,) = [resource.inputs for resource in world.resources if resource.typ == type]
    return dict(found)
