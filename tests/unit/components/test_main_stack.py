"""The program of the main stack, without an engine."""

import runpy
from pathlib import Path
from typing import Any

import pulumi
import pytest

PROGRAM = Path(__file__).parents[3] / "stacks" / "vsphere_to_workspaces" / "__main__.py"
CONFIG = {"imageName": "byol", "imageDescription": "BYOL", "ingestionProcess": "BYOL_REGULAR_WSP"}
NEW_MACHINE = {"diskGb": "70", "datastore": "ds", "network": "net", "isoPath": "iso/windows.iso", "cluster": "C0"}


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
    world: Any, monkeypatch: pytest.MonkeyPatch, config: dict[str, str], expected: str | None
) -> None:
    values = {f"shop:{name}": value for name, value in {**CONFIG, **config}.items()}
    world.states["aws:s3/bucket:Bucket"] = lambda _: {"bucket": "images", "arn": "arn:aws:s3:::images"}
    machine_outputs = {"uuid": "4206", "moid": "vm-7", "powerState": "on"}
    world.states["vsphere:index/virtualMachine:VirtualMachine"] = lambda _: machine_outputs
    before = pulumi.runtime.config.CONFIG.set(values)
    monkeypatch.setattr(pulumi, "export", lambda *_: None)
    try:
        world.deploy(lambda: runpy.run_path(str(PROGRAM)) and None)
    finally:
        pulumi.runtime.config.CONFIG.reset(before)
    image = next(found for found in world.resources if found.typ.endswith(":ImportWorkspaceImage"))
    assert image.inputs.get("osVersion") == expected
