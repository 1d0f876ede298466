from collections.abc import Callable
from typing import Any

import pulumi_vsphere as vsphere
import pytest

from pulumi_vmimport.components.source_virtual_machine import SourceVirtualMachine

PLACE = {"datastore_id": "datastore-1", "network_id": "network-1", "resource_pool_id": "resgroup-1"}
WINDOWS_10 = {**PLACE, "windows_release": "10-22H2"}
NIC = {"network_id": "network-1"}


def new(args: Any) -> Any:
    return SourceVirtualMachine("golden", args).moid


def machine(world: Any, args: dict[str, Any]) -> Any:
    world.deploy(lambda: new(args))
    return world.inputs("golden")


FATAL = [
    pytest.param({"windows_release": None}, "windows_release", "is required for profile byol-workspaces", id="release"),
    pytest.param(
        {"windows_release": None, "profile": "workspaces-byol"}, "windows_release", "is required", id="other-spelling"
    ),
    pytest.param({"windows_release": "10-23H2"}, "windows_release", "got '10-23H2'", id="no-release"),
    pytest.param({"guest_id": "windows9Guest"}, "guest_id", "expected a 64-bit guest", id="32-bit"),
    pytest.param({"firmware": "efi"}, "firmware", "expected bios for Windows 10-22H2, got efi", id="firmware-10"),
    pytest.param(
        {"windows_release": "11-23H2", "firmware": "bios"}, "firmware", "expected efi for Windows 11-23H2",
        id="firmware-11",
    ),
    pytest.param({"firmware": "uefi"}, "firmware", "expected bios or efi, got 'uefi'", id="no-firmware"),
    pytest.param(
        {"disk_gb": 71}, "disk_gb",
        "at most 70 GB, with 10 GB free (20 GB with Office), for WorkSpaces (BYOL Checker accepts 80 GB), got 71 (byol-disk-above-70)",
        id="disk-size",
    ),
    pytest.param({"disk_gb": 0}, "disk_gb", "at least 1 GB, got 0", id="no-disk-size"),
    pytest.param(
        {"virtual_machine_args": {"disks": [{"label": "a", "size": 70}, {"label": "b", "size": 1, "unit_number": 1}]}},
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
        "expected one network adapter, got 2",
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
            "dual_boot": "keep one",
            "mbr_on_other_disk": "may not boot",
            "physical_origin": "install it in a VM",
            "encrypted_volumes": "decrypt them",
            "arm64": "x86-64",
            "hyper_v_role": "remove the role",
        }.items()
    ),
]  # fmt: skip


@pytest.mark.parametrize(("args", "path", "reason"), FATAL)
def test_fails_with_the_rule_that_is_broken(world: Any, args: dict[str, Any], path: str, reason: str) -> None:
    world.preview = True
    found = world.problems(lambda: new({**WINDOWS_10, **args}))
    assert list(found) == [path]
    assert reason in found[path]
    assert world.resources == []


@pytest.mark.parametrize(("args", "path", "reason"), FATAL)
def test_rules_can_warn_instead_of_failing(
    world: Any, warnings: list[str], args: dict[str, Any], path: str, reason: str
) -> None:
    machine(world, {**WINDOWS_10, **args, "rules": "warn"})
    assert len(warnings) == 1
    assert warnings[0].startswith(f"{path}: ")
    assert reason in warnings[0]


def test_rules_can_be_disabled(world: Any, warnings: list[str]) -> None:
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
def test_warns_of_settings_that_may_fail(world: Any, warnings: list[str], args: dict[str, Any], path: str) -> None:
    machine(world, {**WINDOWS_10, **args})
    assert [w.split(": ")[0] for w in warnings] == [path]


def test_the_rules_of_byol_do_not_apply_to_the_profile_ec2(world: Any, warnings: list[str]) -> None:
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
            {"virtual_machine_args": {"disks": [{"label": f"d{i}", "size": 1, "unit_number": i} for i in range(22)]}},
            "virtual_machine_args.disks", "expected 1 to 21 disks, got 22",
            id="disks",
        ),
        pytest.param({"guest": {"dual_boot": True}}, "guest.dual_boot", "keep one", id="dual-boot"),
        pytest.param({"windows_release": "12"}, "windows_release", "got '12'", id="release"),
    ],
)  # fmt: skip
def test_fails_for_a_guest_that_vm_import_does_not_support(
    world: Any, args: dict[str, Any], path: str, reason: str
) -> None:
    found = world.problems(lambda: new({**PLACE, "profile": "ec2", **args}))
    assert list(found) == [path]
    assert reason in found[path]


@pytest.mark.parametrize("name", ["profile", "rules", "windows_release"])
def test_rules_are_not_applied_to_unknown_values(
    world: Any, unknown: Callable[[], Any], name: str, warnings: list[str]
) -> None:
    world.preview = True
    world.deploy(lambda: new({**WINDOWS_10, "firmware": "efi", name: unknown()}))
    assert [w.split(":")[0] for w in warnings] == (["firmware"] if name == "rules" else [])


@pytest.mark.parametrize("name", ["secure_boot", "vtpm"])
def test_fails_for_secure_boot_or_a_virtual_tpm_with_bios(world: Any, name: str) -> None:
    args: Any = {**PLACE, "windows_release": "10-22H2", name: True}
    problems = world.problems(lambda: SourceVirtualMachine("golden", args))
    assert "requires firmware efi, got bios" in problems[name]


def test_windows_11_without_what_setup_requires_is_a_warning(world: Any, warnings: list[str]) -> None:
    windows_11 = {**PLACE, "windows_release": "11-23H2", "vtpm": False, "secure_boot": False}
    machine(world, windows_11)
    assert [warning.partition(":")[0] for warning in warnings] == ["secure_boot", "vtpm"]
    assert "answer file" in warnings[1]
    machine(world, {**windows_11, "phase": "export"})
    assert len(warnings) == 2


def test_fails_for_a_virtual_tpm_in_phase_export(world: Any) -> None:
    args: Any = {**PLACE, "windows_release": "11-23H2", "phase": "export", "virtual_machine_args": {"vtpm": {}}}
    assert (
        "does not export" in world.problems(lambda: SourceVirtualMachine("golden", args))["virtual_machine_args.vtpm"]
    )
