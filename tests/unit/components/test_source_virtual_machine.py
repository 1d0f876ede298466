from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from pulumi_vmimport.components.source_virtual_machine import SourceVirtualMachine
from pulumi_vmimport.lifecycle.contract import UNKNOWN
from pulumi_vmimport.windows_releases import WINDOWS_RELEASES, WINDOWS_SERVERS

PLACE = {"datastore_id": "datastore-1", "network_id": "network-1", "resource_pool_id": "resgroup-1"}
WINDOWS_10 = {**PLACE, "windows_release": "10-22H2"}
NAMES = {"datacenter": "DC0", "datastore": "nfs", "network": "VM Network", "cluster": "C0"}
MACHINE = "vsphere:index/virtualMachine:VirtualMachine"
NEWER_GUEST = "windows12_64Guest"


def outputs(args: Any) -> dict[str, Any]:
    made = SourceVirtualMachine("golden", args)
    return {"moid": made.moid, "uuid": made.uuid, "name": made.name, "power_state": made.power_state}


@pytest.fixture
def world(world: Any) -> Any:
    world.states[MACHINE] = lambda inputs: {"moid": "vm-7", "uuid": "4201-uuid", "powerState": "on"}
    return world


def machine(world: Any, args: dict[str, Any]) -> Any:
    world.deploy(lambda: outputs(args))
    return world.inputs("golden")


def test_the_default_virtual_machine_is_supported_by_workspaces(world: Any, warnings: list[str]) -> None:
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


WINDOWS_11 = {**PLACE, "windows_release": "11-23H2"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"phase": "export"}, (True, None), id="export"),
        pytest.param({"phase": "export", "vtpm": True}, (True, None), id="export-explicit"),
        pytest.param({"vtpm": False, "secure_boot": False}, (False, None), id="bypassed"),
        pytest.param({"firmware": "bios", "rules": "off"}, (None, None), id="bios"),
        pytest.param(
            {"windows_release": "10-22H2", "firmware": "efi", "vtpm": True, "secure_boot": True, "rules": "off"},
            (True, {"version": "2.0"}),
            id="windows-10-with-efi",
        ),
    ],
)
def test_secure_boot_and_virtual_tpm_follow_release_phase_and_arguments(
    world: Any, changes: dict[str, Any], expected: Any, warnings: list[str]
) -> None:
    made = machine(world, {**WINDOWS_11, **changes})
    assert (made.get("efiSecureBootEnabled"), made.get("vtpm")) == expected


@pytest.mark.parametrize("release", WINDOWS_RELEASES)
def test_the_release_sets_firmware_and_guest_id(world: Any, release: str, warnings: list[str]) -> None:
    made = machine(world, {**PLACE, "windows_release": release})
    expected = ("bios", "windows9_64Guest") if release.startswith("10-") else ("efi", "windows11_64Guest")
    assert (made["firmware"], made["guestId"]) == expected
    security = (True, {"version": "2.0"}) if release.startswith("11-") else (None, None)
    assert (made.get("efiSecureBootEnabled"), made.get("vtpm")) == security
    assert [w.split(":")[0] for w in warnings] == ([] if WINDOWS_RELEASES[release].is_listed else ["windows_release"])


@pytest.mark.parametrize("release", WINDOWS_SERVERS)
@pytest.mark.parametrize("firmware", [None, "bios", "efi"])
def test_a_server_has_its_guest_id_and_any_firmware(
    world: Any, release: str, firmware: str | None, warnings: list[str]
) -> None:
    made = machine(world, {**PLACE, "profile": "ec2", "windows_release": release, "firmware": firmware})
    assert (made["firmware"], made["guestId"]) == (firmware or "bios", WINDOWS_SERVERS[release].guest_id)
    assert (made.get("efiSecureBootEnabled"), made.get("vtpm")) == (None, None)
    assert warnings == []


def test_fails_for_a_server_as_a_workspaces_image(world: Any) -> None:
    found = world.problems(lambda: outputs({**PLACE, "windows_release": "2025"}))
    assert "got '2025'; WorkSpaces BYOL images require a client" in found["windows_release"]


def test_a_release_that_is_newer_than_the_checker_is_a_warning(world: Any, warnings: list[str]) -> None:
    machine(world, {**PLACE, "windows_release": "11-24H2"})
    assert ["neither AWS's list nor BYOL Checker" in warning for warning in warnings] == [True]


def test_an_argument_describes_a_release_that_is_newer_than_the_table(world: Any, warnings: list[str]) -> None:
    newer = {"11-26H2": {"firmware": "efi", "guest_id": NEWER_GUEST}}
    made = machine(world, {**PLACE, "windows_release": "11-26H2", "windows_releases": newer})
    assert (made["firmware"], made["guestId"]) == ("efi", NEWER_GUEST)
    assert warnings == []


def test_arguments_reach_the_virtual_machine(world: Any) -> None:
    args = {"folder": "images", "num_cpus": 4, "memory_mb": 8192, "disk_gb": 60, "adapter_type": "vmxnet3"}
    world.deploy(lambda: outputs({**WINDOWS_10, **args, "vm_name": pulumi.Output.from_input("golden-10")}))
    made = world.inputs("golden")
    shown = {name: made[name] for name in ("name", "folder", "numCpus", "memory")}
    assert shown == {"name": "golden-10", "folder": "images", "numCpus": 4, "memory": 8192}
    assert made["disks"][0]["size"] == 60
    assert made["networkInterfaces"][0]["adapterType"] == "vmxnet3"


def test_virtual_machine_args_take_precedence(world: Any) -> None:
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
        pytest.param({}, "resgroup-7", {"name": "Resources"}, id="host-without-vcenter"),
    ],
)  # fmt: skip
def test_the_resource_pool_is_that_of_the_cluster_or_host(
    world: Any, place: Any, pool: str, asked: dict[str, str]
) -> None:
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
def test_fails_in_the_words_of_the_provider_for_a_name_that_does_not_exist(
    world: Any, function: str, path: str
) -> None:
    token = f"vsphere:index/{function}"
    world.answers[token] = f"invoking {token}: 1 error occurred:\n\t* error fetching it: 'x' not found\n\n"
    found = world.problems(lambda: outputs({**NAMES, "windows_release": "10-22H2"}))
    assert list(found) == [path]
    assert found[path].startswith("error fetching it: 'x' not found")
    assert "; expected the name of a " in found[path]


def test_fails_with_every_name_that_does_not_exist(world: Any) -> None:
    for function in ("getDatastore", "getNetwork", "getComputeCluster"):
        world.answers[f"vsphere:index/{function}:{function}"] = "not found"
    args = {**NAMES, "windows_release": "10-22H2", "iso": {"path": "w.iso", "datastore": "isos"}}
    assert list(world.problems(lambda: outputs(args))) == ["datastore", "network", "cluster", "iso.datastore"]


def test_fails_with_a_vcenter_without_a_resource_pool(world: Any) -> None:
    world.answers["vsphere:index/getResourcePool:getResourcePool"] = "please specify a datacenter"
    found = world.problems(lambda: outputs({**WINDOWS_10, "resource_pool_id": None}))
    assert list(found) == ["resource_pool_id"]
    assert "with vCenter, a resource pool is required: set resource_pool_id" in found["resource_pool_id"]


def test_a_place_in_virtual_machine_args_is_not_looked_up(world: Any) -> None:
    args = {**WINDOWS_10, "resource_pool_id": None, "virtual_machine_args": {"resource_pool_id": "resgroup-3"}}
    assert machine(world, args)["resourcePoolId"] == "resgroup-3"
    assert world.calls == []


def test_the_iso_is_in_the_drive_only_in_the_install_phase(world: Any) -> None:
    args = {**WINDOWS_10, "iso": {"path": "iso/windows.iso"}}
    assert machine(world, args)["cdroms"] == [{"datastoreId": "datastore-1", "path": "iso/windows.iso"}]
    world.resources.clear()
    assert machine(world, {**args, "phase": "export"})["cdroms"] == []


def test_the_iso_can_be_in_another_datastore(world: Any) -> None:
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


def test_arguments_set_the_path_of_an_uploaded_iso(world: Any, tmp_path: Path) -> None:
    iso = tmp_path / "windows.iso"
    iso.touch()
    upload = {"local_path": str(iso), "path": "w/10.iso", "datastore": "isos", "datacenter": "DC1"}
    machine(world, {**WINDOWS_10, "iso": upload})
    shown = {name: world.inputs("golden-iso")[name] for name in ("destinationFile", "datastore", "datacenter")}
    assert shown == {"destinationFile": "w/10.iso", "datastore": "isos", "datacenter": "DC1"}


@pytest.mark.parametrize(
    ("args", "path", "reason"),
    [
        pytest.param({"profile": "byol"}, "profile", "expected one of ec2, byol-workspaces", id="profile"),
        pytest.param({"profile": "snapshot"}, "profile", "got 'snapshot'", id="profile-of-one-disk"),
        pytest.param({"phase": "run"}, "phase", "expected one of install, export", id="phase"),
        pytest.param({"rules": "on"}, "rules", "expected one of enforce, warn, off", id="rules"),
        pytest.param({"datastore_id": None}, "datastore_id", "is required; alternatively, set datastore", id="datastore"),
        pytest.param({"network_id": None}, "network_id", "is required; alternatively, set network", id="network"),
        pytest.param({"network": "VM Network"}, "network", "excludes network_id; set one of", id="two-networks"),
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
        pytest.param({"iso": "w.iso"}, "iso", "expected an object, got 'w.iso'", id="iso-no-mapping"),
        pytest.param({"iso": {"pth": "w.iso", "path": "w.iso"}}, "iso.pth", "did you mean path?", id="iso-misspelt"),
        pytest.param({"num_cpus": "2"}, "num_cpus", "expected a whole number, got '2'", id="no-number"),
        pytest.param(
            {"windows_releases": {"12": {"firmware": "efi"}}}, "windows_releases.12.guest_id", "is required",
            id="half-release",
        ),
        pytest.param(
            {"virtual_machine_args": {"cpu": 2}}, "virtual_machine_args.cpu", "is not an argument of vsphere",
            id="no-argument",
        ),
    ],
)  # fmt: skip
def test_fails_with_the_argument_and_what_is_expected(world: Any, args: dict[str, Any], path: str, reason: str) -> None:
    found = world.problems(lambda: outputs({**WINDOWS_10, **args}))
    assert list(found) == [path]
    assert reason in found[path]


@pytest.mark.parametrize("name", ["guest", "iso", "virtual_machine_args"])
def test_fails_when_an_output_decides_which_resources_to_declare(world: Any, name: str) -> None:
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


def test_values_that_preview_does_not_know_are_not_checked(world: Any, unknown: Callable[[], Any]) -> None:
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


def test_fails_in_preview_for_a_known_argument_beside_unknown_ones(world: Any, unknown: Callable[[], Any]) -> None:
    world.preview = True
    found = world.problems(
        lambda: outputs({**WINDOWS_10, "network_id": unknown(), "disk_gb": pulumi.Output.from_input(80)})
    )
    assert list(found) == ["disk_gb"]


def test_pulumi_derives_a_schema_of_the_component(schema: Callable[[Any], Any]) -> None:
    definition = schema(SourceVirtualMachine)
    assert set(definition.outputs) == {"moid", "uuid", "name", "powerState"}
    described = {**definition.inputs, **definition.outputs}
    assert [name for name, p in described.items() if not p.description] == []
    plain = [name for name, p in definition.inputs.items() if p.plain]
    assert plain == ["unattended", "guest", "iso", "virtualMachineArgs"]
    assert [name for name, p in definition.inputs.items() if not p.optional] == []
