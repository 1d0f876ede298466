"""The stand-in for vsphere over the simulator: what the engine's test does not come across."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyVmomi import vim

from pulumi_vmimport_sandbox import VCenterSandbox
from pulumi_vmimport_sandbox.standins import vsphere_functions
from pulumi_vmimport_sandbox.standins.resource_kind import NotFound, Rejected
from pulumi_vmimport_sandbox.standins.vsphere_file import File
from pulumi_vmimport_sandbox.standins.vsphere_machine import VirtualMachineResource
from pulumi_vmimport_sandbox.standins.vsphere_session import VSphere


@pytest.fixture(scope="module")
def vcenter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VCenterSandbox]:
    with VCenterSandbox(tmp_path_factory.mktemp("vcenter")) as running:
        running.put_file("LocalDS_0", "windows.iso", io.BytesIO(b"iso"))
        yield running


@pytest.fixture
def session(vcenter: VCenterSandbox) -> Iterator[VSphere]:
    yield vcenter.session
    for machine in vcenter.virtual_machines():
        VirtualMachineResource().delete(vcenter.session, machine.config.uuid, {})


@pytest.fixture
def inputs(session: VSphere) -> dict[str, Any]:
    return {
        "name": "source",
        "datastoreId": session.named(vim.Datastore, "LocalDS_0")._moId,
        "resourcePoolId": session.named(vim.ResourcePool, "Resources")._moId,
        "disks": [{"label": "system", "size": 40}],
        "networkInterfaces": [{"networkId": session.named(vim.Network, "VM Network")._moId}],
    }


@pytest.fixture
def cdrom(inputs: dict[str, Any]) -> dict[str, str]:
    return {"datastoreId": inputs["datastoreId"], "path": "windows.iso"}


def make(session: VSphere, inputs: dict[str, Any]) -> str:
    id = VirtualMachineResource().create(session, inputs)
    VirtualMachineResource().configure(session, id, inputs)
    return id


def change(session: VSphere, id: str, olds: dict[str, Any], **news: Any) -> dict[str, Any]:
    VirtualMachineResource().update(session, id, olds, {**olds, **news})
    return VirtualMachineResource().read(session, id, {**olds, **news})


def events_of_power(session: VSphere, id: str) -> list[str]:
    """What happened to a machine's power, oldest first."""
    machine = session.machine(id)
    by_entity = vim.event.EventFilterSpec.ByEntity(entity=machine, recursion="self")
    found = session.content.eventManager.QueryEvents(vim.event.EventFilterSpec(entity=by_entity))
    names = [type(event).__name__.rsplit(".", 1)[-1] for event in sorted(found, key=lambda event: event.key)]
    return [name for name in names if name in ("VmPoweredOnEvent", "VmPoweredOffEvent")]


@pytest.mark.parametrize("scsi_type", ["lsilogic", "lsilogic-sas", "pvscsi"])
@pytest.mark.parametrize("firmware", ["bios", "efi"])
def test_controllers_and_firmware_are_read_as_created(
    session: VSphere, inputs: dict[str, Any], scsi_type: str, firmware: str
) -> None:
    id = make(session, {**inputs, "scsiType": scsi_type, "firmware": firmware})
    live = VirtualMachineResource().read(session, id, inputs)
    assert (live["scsiType"], live["firmware"], live["powerState"]) == (scsi_type, firmware, "on")


@pytest.mark.parametrize(
    ("news", "restarts"),
    [
        pytest.param({"numCpus": 4}, True, id="processors"),
        pytest.param({"memory": 8192}, True, id="memory"),
        pytest.param({"extraConfig": {"guestinfo.a": "b"}}, True, id="extra config"),
        pytest.param({"annotation": "changed"}, False, id="annotation"),
        pytest.param({"disks": [{"label": "system", "size": 50}]}, False, id="a bigger disk"),
    ],
)
def test_a_machine_is_restarted_only_if_the_real_provider_restarts_it(
    session: VSphere, inputs: dict[str, Any], news: dict[str, Any], restarts: bool
) -> None:
    id = make(session, inputs)
    live = change(session, id, inputs, **news)
    assert all(live[name] == value for name, value in news.items() if name != "disks")
    assert events_of_power(session, id)[1:] == (["VmPoweredOffEvent", "VmPoweredOnEvent"] if restarts else [])


def test_every_update_powers_the_machine_on(session: VSphere, inputs: dict[str, Any]) -> None:
    id = make(session, inputs)
    session.wait("off", session.machine(id).PowerOffVM_Task())
    assert change(session, id, inputs, annotation="changed")["powerState"] == "on"


def test_fails_to_remove_a_drive_from_a_running_machine(
    session: VSphere, inputs: dict[str, Any], cdrom: dict[str, str]
) -> None:
    with_drive = {**inputs, "cdroms": [cdrom]}
    id = make(session, with_drive)
    with pytest.raises(Rejected, match="reconfiguring virtual machine source: InvalidPowerState: a CD drive cannot"):
        change(session, id, with_drive, cdroms=[])
    assert len(VirtualMachineResource().read(session, id, {})["cdroms"]) == 1


def test_a_running_machine_accepts_another_image_in_its_drive(
    session: VSphere, inputs: dict[str, Any], cdrom: dict[str, str]
) -> None:
    with_drive = {**inputs, "cdroms": [cdrom]}
    id = make(session, with_drive)
    live = change(session, id, with_drive, cdroms=[{"clientDevice": True}])
    assert live["cdroms"] == [{"clientDevice": True, "key": live["cdroms"][0]["key"]}]


def test_disks_are_added_and_removed_by_unit_number(session: VSphere, inputs: dict[str, Any]) -> None:
    two = {"disks": [*inputs["disks"], {"label": "data", "size": 5, "unitNumber": 8}]}
    id = make(session, inputs)
    live = change(session, id, inputs, **two)
    assert [(disk["label"], disk["unitNumber"], disk["size"]) for disk in live["disks"]] == [
        ("system", 0, 40),
        ("data", 8, 5),
    ]
    live = change(session, id, {**inputs, **two}, disks=inputs["disks"])
    assert [disk["label"] for disk in live["disks"]] == ["system"]


def test_an_attached_disk_is_detached_before_its_machine_is_deleted(
    vcenter: VCenterSandbox, session: VSphere, inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    vcenter.put_file("LocalDS_0", "disks/golden.vmdk", io.BytesIO(b"a disk"))
    attached = {
        **inputs,
        "disks": [
            {"label": "system", "attach": True, "path": "disks/golden.vmdk", "datastoreId": inputs["datastoreId"]}
        ],
    }
    id = make(session, attached)
    live = VirtualMachineResource().read(session, id, attached)
    assert (live["disks"][0]["path"], "size" in live["disks"][0]) == ("disks/golden.vmdk", False)
    done: list[str] = []
    wait = session.wait

    def noted(what: str, task: Any) -> Any:
        done.append(what)
        return wait(what, task)

    monkeypatch.setattr(session, "wait", noted)
    VirtualMachineResource().delete(session, id, {**attached, **live})
    assert [what.split(" ", 1)[0] for what in done] == ["powering", "detaching", "deleting"]
    assert vcenter.read_file("LocalDS_0", "disks/golden.vmdk") == b"a disk"


def test_a_network_adapter_can_be_moved_and_replaced(session: VSphere, inputs: dict[str, Any]) -> None:
    group = session.named(vim.Network, "DC0_DVPG0")._moId
    id = make(session, inputs)
    live = change(session, id, inputs, networkInterfaces=[{"networkId": group}])
    assert (live["networkInterfaces"][0]["networkId"], live["networkInterfaces"][0]["adapterType"]) == (
        group,
        "vmxnet3",
    )
    live = change(session, id, inputs, networkInterfaces=[{"networkId": group, "adapterType": "e1000"}])
    assert [card["adapterType"] for card in live["networkInterfaces"]] == ["e1000"]


def test_fails_to_find_a_folder(session: VSphere, inputs: dict[str, Any]) -> None:
    with pytest.raises(Rejected, match="folder 'images/windows' not found: vm has no folder 'images'"):
        make(session, {**inputs, "folder": "images/windows"})


def test_a_manually_deleted_machine_is_missing_in_refresh_and_fails_update_and_delete(
    session: VSphere, inputs: dict[str, Any]
) -> None:
    kind, id = VirtualMachineResource(), make(session, inputs)
    kind.delete(session, id, {})
    with pytest.raises(NotFound, match=f"no virtual machine has the UUID {id}"):
        kind.read(session, id, inputs)
    reported = f'cannot locate virtual machine with UUID "{id}"'
    with pytest.raises(Rejected, match=reported):
        kind.update(session, id, inputs, inputs)
    with pytest.raises(Rejected, match=reported):
        kind.delete(session, id, inputs)


def test_the_annotation_is_kept_if_the_program_omits_it(session: VSphere, inputs: dict[str, Any]) -> None:
    id = make(session, inputs)
    session.wait("by hand", session.machine(id).ReconfigVM_Task(vim.vm.ConfigSpec(annotation="by hand")))
    assert change(session, id, inputs, numCpus=2)["annotation"] == "by hand"


@pytest.fixture
def template(session: VSphere, inputs: dict[str, Any]) -> str:
    """The UUID of a powered-off machine with a disk of 40 GiB."""
    uuid = VirtualMachineResource().create(session, {**inputs, "name": "template", "guestId": "windows9_64Guest"})
    return str(uuid)


def test_a_clone_has_the_disks_of_its_template_and_the_settings_of_the_program(
    session: VSphere, inputs: dict[str, Any], template: str
) -> None:
    disks = [{"label": "system", "size": 50}, {"label": "data", "size": 1, "unitNumber": 1}]
    clone = {"guestId": "windows9_64Guest", "clone": {"templateUuid": template, "timeout": 10}}
    id = make(session, {**inputs, **clone, "numCpus": 4, "disks": disks})
    live = VirtualMachineResource().read(session, id, {**inputs, "disks": disks})
    assert id != template
    assert (live["numCpus"], live["guestId"], live["powerState"]) == (4, "windows9_64Guest", "on")
    assert [(disk["label"], disk["size"]) for disk in live["disks"]] == [("system", 50), ("data", 1)]
    assert len(live["networkInterfaces"]) == 1


@pytest.mark.parametrize(
    ("change", "path", "reported"),
    [
        ({"guestId": "otherGuest64"}, "guestId", 'invalid guest ID "otherGuest64" for clone. Please set it to "win'),
        ({"disks": [{"label": "a", "size": 39}]}, "disks[0].size", "at least the same size of source .*>= 40 GiB"),
        ({"disks": []}, "disks", "not enough disks in configuration - you need at least 1"),
        ({"scsiType": "lsilogic"}, "scsiType", "expected 'pvscsi', that of the template"),
        ({"clone": {"templateUuid": "none"}}, "clone.templateUuid", "cannot locate virtual machine or template"),
        ({"linked": True}, "clone.linkedClone", "must have a snapshot to be used as a linked clone"),
    ],
)
def test_fails_in_preview_for_a_clone_that_differs_from_its_template(
    session: VSphere, inputs: dict[str, Any], template: str, change: dict[str, Any], path: str, reported: str
) -> None:
    clone = {"templateUuid": template, "linkedClone": change.pop("linked", False)}
    news = {**inputs, "guestId": "windows9_64Guest", "clone": clone}
    found = dict(VirtualMachineResource().live_problems(session, {**news, **change}))
    assert list(found) == [path]
    assert re.search(reported, found[path])


def test_a_file_is_uploaded_moved_and_deleted(vcenter: VCenterSandbox, session: VSphere, tmp_path: Path) -> None:
    source = tmp_path / "a.iso"
    source.write_bytes(b"content")
    olds = {"datastore": "LocalDS_0", "destinationFile": "/a.iso", "sourceFile": str(source)}
    news = {**olds, "datacenter": "DC0", "destinationFile": "b.iso"}
    kind = File()
    id = kind.create(session, olds)
    assert id == "[LocalDS_0] DC0/a.iso"
    kind.update(session, id, olds, news)
    with pytest.raises(Rejected, match=r"cannot stat '\[LocalDS_0\] a.iso': No such file"):
        kind.read(session, id, olds)
    assert kind.read(session, id, news) == {name: news[name] for name in ("datacenter", "datastore", "destinationFile")}
    assert vcenter.read_file("LocalDS_0", "b.iso") == b"content"
    kind.delete(session, id, news)
    with pytest.raises(Rejected, match=r'error waiting for delete task on "\[LocalDS_0\] b.iso": FileNotFound'):
        kind.delete(session, id, news)


def test_fails_for_a_source_that_does_not_exist(session: VSphere) -> None:
    inputs = {"datastore": "LocalDS_0", "destinationFile": "a.iso", "sourceFile": "/nowhere/a.iso"}
    with pytest.raises(Rejected, match=r"cannot read the source of \[LocalDS_0\] a.iso: .*/nowhere/a\.iso"):
        File().create(session, inputs)


def test_lookups_return_the_placement_of_a_machine(session: VSphere, inputs: dict[str, Any]) -> None:
    center = vsphere_functions.datacenter(session, {})["id"]
    where = {"datacenterId": center}
    assert vsphere_functions.datastore(session, {"name": "LocalDS_0", **where})["id"] == inputs["datastoreId"]
    pool = vsphere_functions.resource_pool(session, {"name": "DC0_C0/Resources", **where})["id"]
    assert vsphere_functions.compute_cluster(session, {"name": "DC0_C0", **where})["resourcePoolId"] == pool
    assert vsphere_functions.host(session, {"name": "DC0_C0_H0", **where})["resourcePoolId"] == pool
    assert vsphere_functions.network(session, {"name": "VM Network", **where})["type"] == "Network"
    group = vsphere_functions.network(session, {"name": "DC0_DVPG0", **where})
    assert group["type"] == "DistributedVirtualPortgroup"
    id = make(session, inputs)
    found = vsphere_functions.virtual_machine(session, {"name": "source", **where})
    assert (found["id"], found["guestId"], found["powerState"]) == (id, "otherGuest64", "on")
    assert vsphere_functions.virtual_machine(session, {"uuid": id})["name"] == "source"
    assert vsphere_functions.virtual_machine(session, {"moid": found["moid"]})["id"] == id
    assert vsphere_functions.datacenter(session, {})["virtualMachines"] == ["source"]
    assert vsphere_functions.datastore(session, {"name": "LocalDS_0", **where})["stats"]["capacity"].isdigit()


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (vsphere_functions.network, {"name": "VM Network", "filters": [{"networkType": "Network"}]}),
        (vsphere_functions.resource_pool, {"name": "DC0_C0/Resources", "parentResourcePoolId": "resgroup-1"}),
        (vsphere_functions.virtual_machine, {"name": "source", "folder": "images"}),
    ],
)
def test_fails_for_an_argument_that_a_lookup_would_ignore(
    session: VSphere, function: Any, args: dict[str, Any]
) -> None:
    *_, ignored = args
    with pytest.raises(Rejected, match=f"does not support {ignored}; expected name, datacenterId"):
        function(session, args)


def test_fails_for_a_lookup_without_a_result(session: VSphere) -> None:
    with pytest.raises(Rejected, match="argument 'name' is required"):
        vsphere_functions.resource_pool(session, {})
    with pytest.raises(Rejected, match='resource pool by path "Resources": please specify a datacenter'):
        vsphere_functions.resource_pool(session, {"name": "Resources"})
    with pytest.raises(Rejected, match="Datastore 'none' not found"):
        vsphere_functions.datastore(session, {"name": "none"})
    with pytest.raises(Rejected, match="no virtual machine has the UUID none"):
        vsphere_functions.virtual_machine(session, {"uuid": "none"})
    with pytest.raises(Rejected, match="Datacenter 'datacenter-99' not found"):
        vsphere_functions.datastore(session, {"name": "LocalDS_0", "datacenterId": "datacenter-99"})
