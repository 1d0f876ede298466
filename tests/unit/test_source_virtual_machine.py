from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_vsphere as vsphere
import pytest

from pulumi_vmimport.byol_presets import WINDOWS_RELEASES
from pulumi_vmimport.lifecycle.property_bag import UNKNOWN
from pulumi_vmimport.source_virtual_machine import SourceVirtualMachine

PLACE = {"datastore_id": "datastore-1", "network_id": "network-1", "resource_pool_id": "resgroup-1"}
WINDOWS_10 = {**PLACE, "windows_release": "10-22H2"}
NAMES = {"datacenter": "DC0", "datastore": "nfs", "network": "VM Network", "cluster": "C0"}
MACHINE = "vsphere:index/virtualMachine:VirtualMachine"
NIC = {"network_id": "network-1"}
NEWER_GUEST = "windows12_64Guest"


def outputs(args: Any) -> dict[str, Any]:
    made = SourceVirtualMachine("golden", args)
    return {"moid": made.moid, "uuid": made.uuid, "name": made.name, "power_state": made.power_state}


@pytest.fixture
def world(world: Any) -> Any:
    world.states[MACHINE] = lambda inputs: {"moid": "vm-7", "uuid": "4201-uuid", "powerState": "on"}
    world.answers |= {
        "vsphere:index/getDatacenter:getDatacenter": {"id": "datacenter-1"},
        "vsphere:index/getDatastore:getDatastore": {"id": "datastore-9"},
        "vsphere:index/getNetwork:getNetwork": {"id": "network-9"},
        "vsphere:index/getComputeCluster:getComputeCluster": {"resourcePoolId": "resgroup-9"},
        "vsphere:index/getHost:getHost": {"resourcePoolId": "resgroup-8"},
        "vsphere:index/getResourcePool:getResourcePool": {"id": "resgroup-7"},
    }
    return world


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The warnings that were left beside the component."""
    texts: list[str] = []
    monkeypatch.setattr("pulumi.log.warn", lambda text, resource: texts.append(text))
    return texts


def machine(world: Any, args: dict[str, Any]) -> Any:
    world.deploy(lambda: outputs(args))
    return world.inputs("golden")


def test_a_machine_is_by_default_one_that_workspaces_takes(world: Any, warnings: list[str]) -> None:
    made = world.deploy(lambda: outputs(WINDOWS_10))
    assert made == {"moid": "vm-7", "uuid": "4201-uuid", "name": "golden", "power_state": "on"}
    assert world.components == {"golden": "vmimport:index:SourceVirtualMachine"}
    assert world.tokens == {"golden": MACHINE}
    assert world.inputs("golden") == {
        "name": "golden",
        "resourcePoolId": "resgroup-1",
        "datastoreId": "datastore-1",
        "numCpus": 2,
        "memory": 4096,
        "firmware": "bios",
        "guestId": "windows9_64Guest",
        "scsiType": "lsilogic-sas",
        "disks": [{"label": "disk0", "size": 70, "thinProvisioned": True}],
        "networkInterfaces": [{"networkId": "network-1", "adapterType": "e1000e"}],
        "waitForGuestNetTimeout": 0,
    }
    assert warnings == []


@pytest.mark.parametrize("release", WINDOWS_RELEASES)
def test_a_release_sets_firmware_and_guest(world: Any, release: str, warnings: list[str]) -> None:
    made = machine(world, {**PLACE, "windows_release": release})
    expected = ("bios", "windows9_64Guest") if release.startswith("10-") else ("efi", "windows11_64Guest")
    assert (made["firmware"], made["guestId"]) == expected
    assert [w.split(":")[0] for w in warnings] == ([] if WINDOWS_RELEASES[release].is_listed else ["windows_release"])


def test_a_release_that_is_newer_than_the_table_is_the_callers_to_describe(world: Any, warnings: list[str]) -> None:
    newer = {"11-25H2": {"firmware": "efi", "guest_id": NEWER_GUEST}}
    made = machine(world, {**PLACE, "windows_release": "11-25H2", "windows_releases": newer})
    assert (made["firmware"], made["guestId"]) == ("efi", NEWER_GUEST)
    assert warnings == []


def test_what_is_given_reaches_the_machine(world: Any) -> None:
    args = {"folder": "images", "num_cpus": 4, "memory_mb": 8192, "disk_gb": 60, "adapter_type": "vmxnet3"}
    world.deploy(lambda: outputs({**WINDOWS_10, **args, "vm_name": pulumi.Output.from_input("golden-10")}))
    made = world.inputs("golden")
    shown = {name: made[name] for name in ("name", "folder", "numCpus", "memory")}
    assert shown == {"name": "golden-10", "folder": "images", "numCpus": 4, "memory": 8192}
    assert made["disks"][0]["size"] == 60
    assert made["networkInterfaces"][0]["adapterType"] == "vmxnet3"


def test_any_argument_of_the_machine_goes_before_the_components(world: Any) -> None:
    override = {"annotation": "golden", "wait_for_guest_net_timeout": 5}
    args = {**WINDOWS_10, "memory_mb": 8192}
    world.deploy(
        lambda: outputs({**args, "virtual_machine_args": {**override, "memory": pulumi.Output.from_input(16384)}})
    )
    made = world.inputs("golden")
    shown = {name: made[name] for name in ("annotation", "waitForGuestNetTimeout", "memory")}
    assert shown == {"annotation": "golden", "waitForGuestNetTimeout": 5, "memory": 16384}


def lookups(world: Any) -> dict[str, Any]:
    return {call.token.rsplit(":", 1)[-1]: call.args for call in world.calls}


def test_names_are_looked_up_in_their_datacenter(world: Any) -> None:
    made = machine(world, {**NAMES, "windows_release": "10-22H2"})
    assert made["datastoreId"] == "datastore-9"
    assert made["networkInterfaces"][0]["networkId"] == "network-9"
    assert made["resourcePoolId"] == "resgroup-9"
    assert lookups(world) == {
        "getDatacenter": {"name": "DC0"},
        "getDatastore": {"name": "nfs", "datacenterId": "datacenter-1"},
        "getNetwork": {"name": "VM Network", "datacenterId": "datacenter-1"},
        "getComputeCluster": {"name": "C0", "datacenterId": "datacenter-1"},
    }


@pytest.mark.parametrize(
    ("place", "pool", "asked"),
    [
        pytest.param({"host": "esx1"}, "resgroup-8", {"name": "esx1", "datacenterId": "datacenter-1"}, id="host"),
        pytest.param(
            {"resource_pool": "C0/Resources"}, "resgroup-7", {"name": "C0/Resources", "datacenterId": "datacenter-1"},
            id="resource-pool",
        ),
        pytest.param({}, "resgroup-7", {}, id="host-without-vcenter"),
    ],
)  # fmt: skip
def test_the_resource_pool_is_that_of_the_place(world: Any, place: Any, pool: str, asked: dict[str, str]) -> None:
    args = {**WINDOWS_10, "resource_pool_id": None, **place}
    assert machine(world, args)["resourcePoolId"] == pool
    assert [c.args for c in world.calls if "getDatacenter" not in c.token] == [asked]


@pytest.mark.parametrize(
    ("function", "path"),
    [
        pytest.param("getDatacenter:getDatacenter", "datacenter", id="datacenter"),
        pytest.param("getDatastore:getDatastore", "datastore", id="datastore"),
        pytest.param("getNetwork:getNetwork", "network", id="network"),
        pytest.param("getComputeCluster:getComputeCluster", "cluster", id="cluster"),
    ],
)
def test_fails_in_the_words_of_the_provider_for_a_name_that_is_not_there(world: Any, function: str, path: str) -> None:
    world.answers[f"vsphere:index/{function}"] = "not found"
    found = world.problems(lambda: outputs({**NAMES, "windows_release": "10-22H2"}))
    assert list(found) == [path]
    assert "not found" in found[path]


def test_the_iso_is_in_the_drive_while_windows_is_installed_and_gone_before_the_export(world: Any) -> None:
    args = {**WINDOWS_10, "iso": {"path": "iso/windows.iso"}}
    assert machine(world, args)["cdroms"] == [{"datastoreId": "datastore-1", "path": "iso/windows.iso"}]
    world.resources.clear()
    assert machine(world, {**args, "phase": "export"})["cdroms"] == []


def test_the_iso_may_be_in_a_datastore_of_its_own(world: Any) -> None:
    by_id = {"path": "w.iso", "datastore_id": "datastore-2"}
    assert machine(world, {**WINDOWS_10, "iso": by_id})["cdroms"][0]["datastoreId"] == "datastore-2"
    world.resources.clear()
    by_name = {"path": "w.iso", "datastore": "isos", "datacenter": "DC1"}
    assert machine(world, {**WINDOWS_10, "iso": by_name})["cdroms"][0]["datastoreId"] == "datastore-9"
    assert lookups(world)["getDatastore"] == {"name": "isos", "datacenterId": "datacenter-1"}
    assert lookups(world)["getDatacenter"] == {"name": "DC1"}


def test_a_local_iso_is_uploaded_first(world: Any, tmp_path: Path) -> None:
    iso = tmp_path / "windows.iso"
    iso.touch()
    made = machine(world, {**NAMES, "windows_release": "10-22H2", "iso": {"local_path": str(iso)}})
    assert world.tokens == {"golden-iso": "vsphere:index/file:File", "golden": MACHINE}
    assert world.inputs("golden-iso") == {
        "sourceFile": str(iso),
        "destinationFile": "iso/windows.iso",
        "datastore": "nfs",
        "datacenter": "DC0",
        "createDirectories": True,
    }
    assert made["cdroms"] == [{"datastoreId": "datastore-9", "path": "iso/windows.iso"}]


def test_the_place_of_an_uploaded_iso_is_the_callers_to_say(world: Any, tmp_path: Path) -> None:
    iso = tmp_path / "windows.iso"
    iso.touch()
    upload = {"local_path": str(iso), "path": "w/10.iso", "datastore": "isos", "datacenter": "DC1"}
    machine(world, {**WINDOWS_10, "iso": upload})
    shown = {name: world.inputs("golden-iso")[name] for name in ("destinationFile", "datastore", "datacenter")}
    assert shown == {"destinationFile": "w/10.iso", "datastore": "isos", "datacenter": "DC1"}


FATAL = [
    pytest.param({"windows_release": None}, "windows_release", "is required for profile byol-workspaces", id="release"),
    pytest.param({"windows_release": "10-23H2"}, "windows_release", "got '10-23H2'; say what a newer", id="no-release"),
    pytest.param({"guest_id": "windows9Guest"}, "guest_id", "expected a 64-bit guest", id="32-bit"),
    pytest.param({"firmware": "efi"}, "firmware", "expected bios for Windows 10-22H2, got efi", id="firmware-10"),
    pytest.param(
        {"windows_release": "11-23H2", "firmware": "bios"}, "firmware", "expected efi for Windows 11-23H2",
        id="firmware-11",
    ),
    pytest.param({"firmware": "uefi"}, "firmware", "expected bios or efi, got 'uefi'", id="no-firmware"),
    pytest.param(
        {"disk_gb": 71}, "disk_gb",
        "at most 70 GB, what WorkSpaces imports (its BYOL checker lets pass up to 80 GB), got 71",
        id="disk-size",
    ),
    pytest.param({"disk_gb": 0}, "disk_gb", "at least 1 GB, got 0", id="no-disk-size"),
    pytest.param(
        {"virtual_machine_args": {"disks": [{"label": "a", "size": 70}, {"label": "b", "size": 1}]}},
        "virtual_machine_args.disks", "expected one disk with one volume, got 2",
        id="two-disks",
    ),
    pytest.param(
        {"virtual_machine_args": {"disks": [vsphere.VirtualMachineDiskArgs(label="a", size=100)]}},
        "virtual_machine_args.disks[0].size", "at most 70 GB",
        id="overridden-disk-size",
    ),
    pytest.param({"virtual_machine_args": {"disks": []}}, "virtual_machine_args.disks", "got 0", id="no-disk"),
    pytest.param(
        {"virtual_machine_args": {"firmware": "efi"}}, "virtual_machine_args.firmware", "expected bios",
        id="overridden-firmware",
    ),
    pytest.param(
        {"virtual_machine_args": {"network_interfaces": [NIC, NIC]}}, "virtual_machine_args.network_interfaces",
        "expected one network card, got 2",
        id="two-cards",
    ),
    pytest.param(
        {"phase": "export", "virtual_machine_args": {"cdroms": [{"client_device": True}]}},
        "virtual_machine_args.cdroms", "expected no CD drive in phase export, got 1",
        id="cd-at-export",
    ),
    pytest.param({"guest": {"language": "ja-JP"}}, "guest.language", "expected en-US, got 'ja-JP'", id="language"),
    pytest.param({"guest": {"static_ip": True}}, "guest.static_ip", "expected DHCP", id="static-ip"),
    *(
        pytest.param({"guest": {fact: True}}, f"guest.{fact}", words, id=fact)
        for fact, words in {
            "raw_device_mapping": "raw device mappings cannot be imported",
            "se_sparse_disks": "consolidate the snapshots",
            "dual_boot": "leave one",
            "mbr_on_other_disk": "may not boot",
            "physical_origin": "install it natively",
            "encrypted_volumes": "decrypt them",
            "arm64": "x86-64",
            "hyper_v_role": "remove the role",
        }.items()
    ),
]  # fmt: skip


@pytest.mark.parametrize(("args", "path", "reason"), FATAL)
def test_fails_with_the_rule_that_is_broken(world: Any, args: dict[str, Any], path: str, reason: str) -> None:
    world.preview = True
    found = world.problems(lambda: outputs({**WINDOWS_10, **args}))
    assert list(found) == [path]
    assert reason in found[path]
    assert world.resources == []


@pytest.mark.parametrize(("args", "path", "reason"), FATAL)
def test_rules_may_only_warn(world: Any, warnings: list[str], args: dict[str, Any], path: str, reason: str) -> None:
    machine(world, {**WINDOWS_10, **args, "rules": "warn"})
    assert len(warnings) == 1
    assert warnings[0].startswith(f"{path}: ")
    assert reason in warnings[0]


def test_rules_may_be_off(world: Any, warnings: list[str]) -> None:
    made = machine(world, {**PLACE, "disk_gb": 500, "firmware": "efi", "guest": {"arm64": True}, "rules": "off"})
    assert (made["disks"][0]["size"], made["firmware"], warnings) == (500, "efi", [])


@pytest.mark.parametrize(
    ("args", "path"),
    [
        pytest.param({"scsi_type": "pvscsi"}, "scsi_type", id="controller"),
        pytest.param(
            {"virtual_machine_args": {"scsi_type": "lsilogic"}}, "virtual_machine_args.scsi_type", id="override"
        ),
        pytest.param({"guest": {"language": "en-GB"}}, "guest.language", id="british"),
        pytest.param({"profile": "ec2", "firmware": "efi"}, "firmware", id="ec2-firmware"),
        pytest.param({"profile": "ec2", "guest": {"static_ip": True}}, "guest.static_ip", id="ec2-static-ip"),
        pytest.param({"profile": "ec2", "guest": {"language": "ja-JP"}}, "guest.language", id="ec2-language"),
        pytest.param({"profile": "ec2", "guest_id": "windows9Guest"}, "guest_id", id="ec2-32-bit"),
    ],
)
def test_warns_of_what_may_go_wrong(world: Any, warnings: list[str], args: dict[str, Any], path: str) -> None:
    machine(world, {**WINDOWS_10, **args})
    assert [w.split(": ")[0] for w in warnings] == [path]


def test_an_ec2_machine_may_be_larger_and_of_any_system(world: Any, warnings: list[str]) -> None:
    disks = [{"label": f"disk{i}", "size": 500, "unit_number": i} for i in range(21)]
    server = {"firmware": "efi", "guest_id": "windows2019srv_64Guest", "virtual_machine_args": {"disks": disks}}
    made = machine(world, {**PLACE, "profile": "ec2", **server})
    assert (made["firmware"], made["guestId"], len(made["disks"])) == ("efi", "windows2019srv_64Guest", 21)
    assert warnings == []


@pytest.mark.parametrize(
    ("args", "path", "reason"),
    [
        pytest.param({"disk_gb": 8192}, "disk_gb", "less than 8192 GB (8 TiB), got 8192", id="disk-size"),
        pytest.param(
            {"virtual_machine_args": {"disks": [{"label": f"d{i}", "size": 1} for i in range(22)]}},
            "virtual_machine_args.disks", "expected 1 to 21 disks, got 22",
            id="disks",
        ),
        pytest.param({"guest": {"dual_boot": True}}, "guest.dual_boot", "leave one", id="dual-boot"),
        pytest.param({"windows_release": "12"}, "windows_release", "got '12'", id="release"),
    ],
)  # fmt: skip
def test_fails_for_what_no_import_takes(world: Any, args: dict[str, Any], path: str, reason: str) -> None:
    found = world.problems(lambda: outputs({**PLACE, "profile": "ec2", **args}))
    assert list(found) == [path]
    assert reason in found[path]


@pytest.mark.parametrize(
    ("args", "path", "reason"),
    [
        pytest.param({"profile": "byol"}, "profile", "expected one of byol-workspaces, ec2, got 'byol'", id="profile"),
        pytest.param({"phase": "run"}, "phase", "expected one of install, export", id="phase"),
        pytest.param({"rules": "on"}, "rules", "expected one of enforce, warn, off", id="rules"),
        pytest.param({"datastore_id": None}, "datastore_id", "is required, or datastore, its name", id="datastore"),
        pytest.param({"network_id": None}, "network_id", "is required, or network, its name", id="network"),
        pytest.param({"network": "VM Network"}, "network", "excludes network_id; give one of", id="two-networks"),
        pytest.param({"cluster": "C0"}, "cluster", "excludes resource_pool_id", id="two-pools"),
        pytest.param({"iso": {}}, "iso.path", "is required", id="iso-nowhere"),
        pytest.param(
            {"iso": {"path": "w.iso", "datastore": "a", "datastore_id": "b"}}, "iso.datastore", "excludes",
            id="iso-twice",
        ),
        pytest.param({"iso": {"local_path": __file__}}, "iso.datastore", "is required to upload", id="iso-datastore"),
        pytest.param(
            {"iso": {"local_path": "/no/such.iso", "datastore": "isos"}}, "iso.local_path", "expected a file on this",
            id="no-iso",
        ),
        pytest.param({"iso": "w.iso"}, "iso", "expected a mapping, got 'w.iso'", id="iso-no-mapping"),
        pytest.param({"iso": {"pth": "w.iso", "path": "w.iso"}}, "iso.pth", "did you mean path?", id="iso-misspelt"),
        pytest.param({"num_cpus": "2"}, "num_cpus", "expected a whole number, got '2'", id="no-number"),
        pytest.param(
            {"windows_releases": {"12": {"firmware": "efi"}}}, "windows_releases.12.guest_id", "is required",
            id="half-release",
        ),
        pytest.param(
            {"virtual_machine_args": {"cpu": 2}}, "virtual_machine_args.cpu", "is no argument of vsphere",
            id="no-argument",
        ),
    ],
)  # fmt: skip
def test_fails_with_the_argument_and_what_is_expected(world: Any, args: dict[str, Any], path: str, reason: str) -> None:
    found = world.problems(lambda: outputs({**WINDOWS_10, **args}))
    assert list(found) == [path]
    assert reason in found[path]


@pytest.mark.parametrize("name", ["guest", "iso", "virtual_machine_args"])
def test_fails_when_an_output_is_to_decide_what_there_is(world: Any, name: str) -> None:
    found = world.problems(lambda: outputs({**WINDOWS_10, name: pulumi.Output.from_input({})}))
    assert found[name].startswith("expected a plain value, got an Output")


def test_fails_with_every_problem_at_once(world: Any) -> None:
    args = {
        "windows_release": "11-23H2",
        "firmware": "bios",
        "disk_gb": 80,
        "guest": {"language": "fr-FR", "arm64": True},
    }
    found = world.problems(
        lambda: outputs({**PLACE, **args, "disk_gb": pulumi.Output.from_input(80), "network": "VM Network"})
    )
    assert list(found) == ["network", "firmware", "disk_gb", "guest.arm64", "guest.language"]


def test_what_preview_does_not_know_is_not_judged(world: Any, unknown: Callable[[], Any]) -> None:
    world.preview = True
    names = ("datastore_id", "network_id", "resource_pool_id", "disk_gb", "scsi_type", "guest_id", "phase", "vm_name")
    made = world.deploy(
        lambda: outputs(
            {
                **dict.fromkeys(names, unknown()),
                "windows_release": "11-23H2",
                "guest": {"language": unknown()},
                "iso": {"path": unknown()},
                "virtual_machine_args": {"disks": [{"label": "a", "size": unknown()}], "firmware": unknown()},
            }
        )
    )
    assert made == dict.fromkeys(("moid", "uuid", "name", "power_state"), UNKNOWN)


@pytest.mark.parametrize("name", ["profile", "rules", "windows_release"])
def test_rules_wait_for_what_they_depend_on(
    world: Any, unknown: Callable[[], Any], name: str, warnings: list[str]
) -> None:
    world.preview = True
    world.deploy(lambda: outputs({**WINDOWS_10, "firmware": "efi", name: unknown()}))
    assert [w.split(":")[0] for w in warnings] == (["firmware"] if name == "rules" else [])


def test_fails_in_preview_for_a_known_argument_beside_unknown_ones(world: Any, unknown: Callable[[], Any]) -> None:
    world.preview = True
    found = world.problems(
        lambda: outputs({**WINDOWS_10, "network_id": unknown(), "disk_gb": pulumi.Output.from_input(80)})
    )
    assert list(found) == ["disk_gb"]


def test_pulumi_can_make_a_schema_of_it(schema: Callable[[Any], Any]) -> None:
    definition = schema(SourceVirtualMachine)
    assert set(definition.outputs) == {"moid", "uuid", "name", "powerState"}
    described = {**definition.inputs, **definition.outputs}
    assert [name for name, p in described.items() if not p.description] == []
    assert [name for name, p in definition.inputs.items() if p.plain] == ["guest", "iso", "virtualMachineArgs"]
    assert [name for name, p in definition.inputs.items() if not p.optional] == []
