from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from pyVmomi import vmodl

from pulumi_vmimport.vsphere import inventory
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import AmbiguousMachineError, MachineNotFoundError

Find = Callable[[VSphereSession, str], VSphereMachine]


def test_a_machine_is_found_by_its_uuid(session: VSphereSession, machines: Any) -> None:
    made = machines.make("by-uuid")
    assert inventory.find_by_uuid(session, made.facts().uuid).moid == made.moid


def test_a_machine_is_found_by_its_managed_object_id(session: VSphereSession, machines: Any) -> None:
    made = machines.make("by-moid")
    assert inventory.find_by_moid(session, made.moid).facts().name == "by-moid"


@pytest.mark.parametrize("path", ["DC0/vm/team/by-path", "/DC0/vm/team/by-path", "by-path"])
def test_a_machine_is_found_by_its_path_or_its_name(session: VSphereSession, machines: Any, path: str) -> None:
    made = machines.make("by-path", folder="team")
    assert inventory.find_by_path(session, path).moid == made.moid


def test_fails_for_a_name_of_two_machines_with_their_paths(session: VSphereSession, machines: Any) -> None:
    one, other = machines.make("twin"), machines.make("twin", folder="team")
    with pytest.raises(AmbiguousMachineError, match="2 virtual machines have name twin") as caught:
        inventory.find_by_path(session, "twin")
    assert caught.value.candidates == (f"DC0/vm/team/twin ({other.moid})", f"DC0/vm/twin ({one.moid})")


def test_fails_for_a_uuid_of_two_machines(session: VSphereSession, machines: Any) -> None:
    uuid = "42000000-1111-2222-3333-444444444444"
    machines.make("original", uuid=uuid)
    machines.make("copy", uuid=uuid)
    with pytest.raises(AmbiguousMachineError) as caught:
        inventory.find_by_uuid(session, uuid)
    assert [path.split(" ")[0] for path in caught.value.candidates] == ["DC0/vm/copy", "DC0/vm/original"]


@pytest.mark.parametrize(
    ("find", "name", "reference"),
    [
        (inventory.find_by_uuid, "42000000-0000-0000-0000-000000000000", "uuid 42000000-0000-0000-0000-000000000000"),
        (inventory.find_by_moid, "vm-99999", "managed object id vm-99999"),
        (inventory.find_by_path, "nobody", "name nobody"),
        (inventory.find_by_path, "DC0/vm/nobody", "inventory path DC0/vm/nobody"),
        (inventory.find_by_path, "DC0/vm", "inventory path DC0/vm"),
    ],
)
def test_fails_for_a_missing_machine(
    session: VSphereSession, machines: Any, find: Find, name: str, reference: str
) -> None:
    machines.make("somebody")
    with pytest.raises(MachineNotFoundError, match=f"no virtual machine with {reference}") as caught:
        find(session, name)
    assert caught.value.server == session.server


def test_finding_a_name_destroys_the_container_view(session: VSphereSession, machines: Any) -> None:
    machines.make("viewed")
    made: list[Any] = []
    manager = session.content.viewManager

    def create(*args: Any, **kwargs: Any) -> Any:
        made.append(manager.CreateContainerView(*args, **kwargs))
        return made[-1]

    session.content = SimpleNamespace(
        rootFolder=session.content.rootFolder,
        propertyCollector=session.content.propertyCollector,
        viewManager=SimpleNamespace(CreateContainerView=create),
    )
    inventory.find_by_path(session, "viewed")
    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        _ = made[0].view


def test_fails_for_an_empty_inventory(session: VSphereSession) -> None:
    assert not session.properties_of([], "name")
    with pytest.raises(MachineNotFoundError):
        inventory.find_by_path(session, "nobody")


@pytest.mark.parametrize("typed", ["at 100%", "at 100%25"])
def test_a_name_is_found_with_and_without_escapes(
    session: VSphereSession, machines: Any, vcenter: Any, typed: str
) -> None:
    made = machines.make("escaped")
    vcenter.session.wait("rename", made.reference.Rename_Task("at 100%25"))
    assert inventory.find_by_path(session, typed).moid == made.moid
