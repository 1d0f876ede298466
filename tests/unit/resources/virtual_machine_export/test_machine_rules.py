from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from tests.unit.disk.rules.sample_facts import disk

from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.resources.virtual_machine_export.machine_rules import machine_problems
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import PoweredOn
from pulumi_vmimport.vsphere.hardware_kinds import AdapterKind, DiskBacking, PowerState
from pulumi_vmimport.vsphere.machine_facts import MachineFacts, NetworkAdapter, VirtualDisk

GIB = 1 << 30
DISK = VirtualDisk(2000, "Hard disk 1", 70 * GIB, 1000, 0, DiskBacking.FLAT)
NIC = NetworkAdapter(AdapterKind.E1000E, "VM Network")
FACTS = MachineFacts(
    name="web",
    moid="vm-7",
    uuid="4206",
    power_state=PowerState.OFF,
    firmware="bios",
    guest_id="windows9_64Guest",
    hardware_version="vmx-13",
    cpus=2,
    cores_per_socket=1,
    memory_mib=4096,
    controllers=(),
    disks=(DISK,),
    network_adapters=(NIC,),
    change_version="1",
    committed_bytes=None,
)


def problems(
    changes: dict[str, Any], profile: Any = ImageProfile.EC2, powered_on: PoweredOn | None = None
) -> list[tuple[str, str]]:
    found = machine_problems("moid", replace(FACTS, **changes), powered_on, profile)
    return [(problem.path, problem.reason) for problem in found]


@pytest.mark.parametrize("profile", [None, ImageProfile.EC2, ImageProfile.BYOL_WORKSPACES])
def test_a_machine_at_the_limits_has_no_problems(profile: Any) -> None:
    assert problems({}, profile) == []
    assert problems({"network_adapters": ()}, profile) == []


@pytest.mark.parametrize("guest_id", ["windows11_64Guest", "windows7_64Guest", "otherGuest64"])
def test_a_guest_os_that_is_no_server_is_left_to_the_inspection(guest_id: str) -> None:
    assert problems({"guest_id": guest_id}, ImageProfile.BYOL_WORKSPACES) == []


def test_the_limits_of_byol_do_not_apply_to_other_profiles() -> None:
    changes = {"disks": (DISK, replace(DISK, capacity_bytes=2000 * GIB)), "network_adapters": (NIC, NIC)}
    assert problems(changes) == problems(changes, None) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"disks": (DISK, DISK)}, ("one disk", "web has 2"), id="two-disks"),
        pytest.param(
            {"disks": (replace(DISK, capacity_bytes=70 * GIB + 1),)},
            ("Hard disk 1 of web", "at most 70 GB"),
            id="large-disk",
        ),
        pytest.param({"network_adapters": (NIC, NIC)}, ("one network adapter", "web has 2"), id="two-adapters"),
        pytest.param({"guest_id": "windows2019srv_64Guest"}, ("windows2019srv_64Guest", "Server"), id="server-2019"),
        pytest.param({"guest_id": "windows9Server64Guest"}, ("windows9Server64Guest", "Server"), id="server-2016"),
        pytest.param({"guest_id": "winNetStandard64Guest"}, ("winNetStandard64Guest", "Server"), id="server-2003"),
    ],
)
def test_fails_for_a_machine_beyond_the_limits_of_byol(changes: dict[str, Any], words: tuple[str, ...]) -> None:
    ((path, reason),) = problems(changes, ImageProfile.BYOL_WORKSPACES)
    assert path == "moid"
    assert all(word in reason for word in words), reason


@pytest.mark.parametrize(
    ("gib", "rule"), [(70, None), (71, "byol-disk-above-70"), (80, "byol-disk-above-70"), (81, "byol-disk-too-large")]
)
def test_the_rule_for_large_disks_is_that_of_the_inspection_and_can_be_ignored(gib: int, rule: str | None) -> None:
    facts = replace(FACTS, disks=(replace(DISK, capacity_bytes=gib * GIB),))
    check = partial(machine_problems, "moid", facts, None, ImageProfile.BYOL_WORKSPACES)
    found = [problem.reason for problem in check()]
    assert [f"ignored_findings=['{rule}']" in reason for reason in found] == ([True] if rule else [])
    assert list(check(("byol-disk-above-70", "byol-disk-too-large"))) == []
    image = disk(capacity_bytes=gib * GIB)
    assert {finding.rule for finding in evaluate(image, ImageProfile.BYOL_WORKSPACES)} == ({rule} if rule else set())


@pytest.mark.parametrize(("disks", "valid"), [(0, False), (1, True), (21, True), (22, False)])
def test_fails_for_a_number_of_disks_that_vm_import_does_not_support(disks: int, valid: bool) -> None:
    found = problems({"disks": (DISK,) * disks})
    assert (found == []) is valid
    assert all((path, f"web has {disks}" in reason) == ("moid", True) for path, reason in found)


@pytest.mark.parametrize("backing", list(DiskBacking))
def test_fails_for_disks_that_vsphere_does_not_export(backing: DiskBacking) -> None:
    found = problems({"disks": (replace(DISK, backing=backing),)})
    assert bool(found) is (backing in {DiskBacking.RAW_DEVICE, DiskBacking.SE_SPARSE})
    assert all(path == "moid" and f"a {backing} disk" in reason for path, reason in found)


@pytest.mark.parametrize("state", [PowerState.ON, PowerState.SUSPENDED])
@pytest.mark.parametrize("powered_on", [None, *PoweredOn])
def test_fails_for_a_machine_that_is_not_off_unless_it_will_be(state: PowerState, powered_on: PoweredOn | None) -> None:
    found = problems({"power_state": state}, powered_on=powered_on)
    assert bool(found) is (powered_on in {None, PoweredOn.REFUSE})
    shown = {PowerState.ON: "got powered on;", PowerState.SUSPENDED: "got suspended;"}[state]
    assert all((path, shown in reason) == ("poweredOn", True) for path, reason in found)
