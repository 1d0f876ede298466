"""Answer ISOs that a killed run of GuestInstallation left in a datastore."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyVmomi import vim
from tests.unit.cli.orphans.test_virtual_machines import vsphere

from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport_sandbox.vcenter import VCenterSandbox

__all__ = ["vsphere"]  # the fixture
DATASTORE = "LocalDS_0"
GUEST = "urn:pulumi:dev::shop::vmimport:index:GuestInstallation::web"
ISO = f"[{DATASTORE}] pulumi-vmimport/web.iso"


@pytest.fixture
def put(vcenter: VCenterSandbox) -> Iterator[Callable[..., None]]:
    """Writes the files of an installation for a machine."""
    folder = vcenter.folder_of(DATASTORE) / "pulumi-vmimport"

    def write(machine: str = "00000000-0000-0000-0000-000000000000", *, has_owner: bool = True) -> None:
        files = {"web.iso": b"passwords", "web.log": b""}
        if has_owner:
            owner = {"tags": Identity(GUEST).owner_tags, "machine": machine}
            files["web.owner.json"] = json.dumps(owner).encode()
        for name, content in files.items():
            vcenter.put_file(DATASTORE, f"pulumi-vmimport/{name}", io.BytesIO(content))

    yield write
    for file in folder.glob("*"):
        file.unlink()


def guest(state: str | None = None) -> dict[str, Any]:
    outputs = {"answerIso": state} if state else {}
    return {"urn": GUEST, "custom": True, "inputs": {}, "outputs": outputs}


@pytest.mark.usefixtures("vsphere")
@pytest.mark.parametrize(
    ("content", "has_machine", "owner"),
    [
        pytest.param({"resources": [guest(ISO)]}, False, "owned", id="owned"),
        pytest.param({"creating": [guest()]}, True, "pending", id="pending"),
        pytest.param({"creating": [guest()]}, False, "orphan", id="interrupted-and-its-machine-destroyed"),
        pytest.param({"resources": [guest()]}, False, "orphan", id="orphan"),
    ],
)
def test_the_owner_of_an_answer_iso_follows_from_the_state_and_its_machine(
    put: Any, owners: Any, export: Any, machines: Any, content: dict[str, Any], has_machine: bool, owner: str
) -> None:
    put(machines.make("web").facts().uuid) if has_machine else put()
    in_stack = export(*content.get("resources", ()), creating=content.get("creating", []))
    assert owners(export=in_stack) == {ISO: owner}


@pytest.mark.usefixtures("vsphere")
def test_an_orphan_is_removed_with_the_files_beside_it(
    put: Any, run: Any, export: Any, vcenter: VCenterSandbox
) -> None:
    put()
    result = run("--remove", "--yes", export=export(guest()))
    assert result.exit_code == 0
    assert f"deleted: answer ISO {ISO}" in result.output
    assert list((vcenter.folder_of(DATASTORE) / "pulumi-vmimport").iterdir()) == []


@pytest.mark.usefixtures("vsphere")
def test_after_destroy_the_stack_is_named_and_its_answer_iso_is_an_orphan(put: Any, owners: Any, export: Any) -> None:
    put()
    assert owners("--stack", "shop/dev", export=export()) == {ISO: "orphan"}


@pytest.mark.usefixtures("vsphere")
def test_one_without_an_owner_is_removed_only_by_its_name(put: Any, owners: Any, run: Any, export: Any) -> None:
    put(has_owner=False)
    in_stack = export(guest())
    assert owners(export=in_stack) == {ISO: "unknown"}
    assert "no file beside it names a stack" in run(export=in_stack).output
    assert run("--remove", "--yes", ISO, export=in_stack).exit_code == 0
    assert owners(export=in_stack) == {}


@pytest.mark.usefixtures("vsphere")
def test_one_in_a_cd_drive_is_no_orphan(
    put: Any, owners: Any, export: Any, machines: Any, vcenter: VCenterSandbox
) -> None:
    made = machines.make("web")
    put(made.facts().uuid)
    drive = next(d for d in made.reference.config.hardware.device if isinstance(d, vim.vm.device.VirtualCdrom))
    drive.backing = vim.vm.device.VirtualCdrom.IsoBackingInfo(fileName=ISO)
    change = vim.vm.device.VirtualDeviceSpec(operation="edit", device=drive)
    vcenter.session.wait("edit", made.reference.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=[change])))
    assert owners(export=export(guest())) == {ISO: "unknown"}


def test_without_a_server_nothing_is_listed(
    put: Any, owners: Any, export: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VSPHERE_SERVER", raising=False)
    put()
    assert owners(export=export(guest())) == {}


def test_a_server_that_does_not_answer_is_reported(
    run: Any, export: Any, settings: VSphereSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("SERVER", "127.0.0.1:9"), ("USER", settings.user), ("PASSWORD", settings.password)):
        monkeypatch.setenv(f"VSPHERE_{name}", value)
    result = run(export=export(guest()))
    assert result.exit_code == 2
    assert "not listed: answer ISOs in vSphere" in result.output
