"""Virtual machines that a killed run of SourceVirtualMachine left in vSphere."""

from typing import Any

import pytest

from pulumi_vmimport.vsphere import inventory
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport_sandbox.vcenter import VCenterSandbox

MACHINE = "urn:pulumi:dev::shop::vmimport:index:SourceVirtualMachine$vsphere:index/virtualMachine:VirtualMachine::web"


@pytest.fixture
def vsphere(settings: VSphereSettings, vcenter: VCenterSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment variables of pulumi-vsphere; without answer ISOs of other tests."""
    for file in (vcenter.folder_of("LocalDS_0") / "pulumi-vmimport").glob("*"):
        file.unlink()
    for name, value in (("SERVER", settings.server), ("USER", settings.user), ("PASSWORD", settings.password)):
        monkeypatch.setenv(f"VSPHERE_{name}", value)
    monkeypatch.setenv("VMIMPORT_VSPHERE_CA_FILE", str(settings.ca_file))


@pytest.fixture
def interrupted() -> dict[str, Any]:
    """The interrupted create of a machine, as it is in an export."""
    return {"urn": MACHINE, "custom": True, "inputs": {"name": "web"}}


def test_a_machine_that_the_state_does_not_contain_is_listed_and_removed_by_its_id(
    vsphere: None, machines: Any, session: Any, owners: Any, run: Any, export: Any, interrupted: Any
) -> None:
    first, second = machines.make("web"), machines.make("web")
    machines.make("other")
    left, recorded = first.facts().uuid, second.facts().uuid
    second.reference.PowerOnVM_Task()
    recorded_too = {**interrupted, "id": recorded, "outputs": {"uuid": recorded}}
    in_stack = export(recorded_too, creating=[interrupted])
    assert owners(export=in_stack) == {left: "unknown", recorded: "owned"}
    assert run("--remove", "--yes", recorded, export=in_stack).exit_code == 2
    result = run("--remove", "--yes", left, export=in_stack)
    assert result.exit_code == 0
    assert f"deleted: virtual machine {left}" in result.output
    assert [uuid for _, uuid, _ in inventory.machines_named(session, {"web"})] == [recorded]
    machines.forget(first)


def test_a_machine_that_is_on_is_powered_off_and_deleted(
    vsphere: None, machines: Any, session: Any, run: Any, export: Any, interrupted: Any
) -> None:
    made = machines.make("web")
    session.wait_for_task(made.reference.PowerOnVM_Task(), "power on", lambda _: None)
    uuid = made.facts().uuid
    assert run("--remove", "--yes", uuid, export=export(creating=[interrupted])).exit_code == 0
    assert inventory.machines_named(session, {"web"}) == []
    machines.forget(made)


def test_without_an_interrupted_create_vsphere_is_not_asked(owners: Any, export: Any) -> None:
    assert owners(export=export()) == {}


def test_a_missing_server_is_reported(run: Any, export: Any, interrupted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VSPHERE_SERVER", raising=False)
    result = run(export=export(creating=[interrupted]))
    assert result.exit_code == 2
    assert "not listed: virtual machines named web in vSphere: VSPHERE_SERVER: expected the server" in result.output
