"""The stand-in for vsphere where no vCenter is needed."""

import re
from typing import Any

import pulumi_vsphere as vsphere
import pytest
from pyVmomi import vim

from pulumi_vmimport_sandbox.standins import vsphere_devices, vsphere_provider
from pulumi_vmimport_sandbox.standins.resource_kind import Rejected
from pulumi_vmimport_sandbox.standins.values import UNKNOWN
from pulumi_vmimport_sandbox.standins.vsphere_machine import VirtualMachineResource
from pulumi_vmimport_sandbox.standins.vsphere_machine_outputs import (
    DISK_OUTPUTS,
    NETWORK_INTERFACE_OUTPUTS,
    OUTPUTS,
    REFRESHED,
)
from pulumi_vmimport_sandbox.standins.vsphere_session import fault_text

MACHINE: dict[str, Any] = {
    "disks": [{"label": "system", "size": 40}],
    "networkInterfaces": [{"networkId": "network-7"}],
    "waitForGuestNetTimeout": 0,
}


def snake_case(name: str) -> str:
    return re.sub(r"([A-Z])", lambda upper: f"_{upper[1].lower()}", name)


def problems(news: dict[str, Any], olds: dict[str, Any] | None = None) -> dict[str, str]:
    return dict(VirtualMachineResource().problems(olds or {}, news))


def test_a_valid_machine_has_no_problems() -> None:
    assert problems({**MACHINE, "cdroms": [{"datastoreId": "datastore-1", "path": "a.iso"}]}) == {}
    assert problems({**MACHINE, "cdroms": [{"clientDevice": True}]}) == {}
    assert problems({**MACHINE, "clone": {"templateUuid": "4fce4ad7-4262-5cab-a24d-60b04c6a5119", "timeout": 10}}) == {}
    two = [{"label": "a", "size": 1}, {"label": "b", "size": 1, "unitNumber": 1}]
    assert problems({**MACHINE, "disks": two}) == {}


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        (vsphere.VirtualMachine, {**OUTPUTS, **REFRESHED}),
        (vsphere.outputs.VirtualMachineDisk, DISK_OUTPUTS),
        (vsphere.outputs.VirtualMachineNetworkInterface, NETWORK_INTERFACE_OUTPUTS),
    ],
)
def test_outputs_have_the_names_of_the_sdk(kind: type, known: dict[str, Any]) -> None:
    names = {snake_case(name) for name in known}
    assert names - {name for name, value in vars(kind).items() if isinstance(value, property)} == set()


@pytest.mark.parametrize(
    ("drive", "reported"),
    [
        ({}, "either client_device or datastore_id and path must be set"),
        ({"path": "a.iso"}, "either client_device or datastore_id and path must be set"),
        ({"clientDevice": True, "datastoreId": "d", "path": "p"}, "cannot have both client_device parameter and ISO"),
    ],
)
def test_fails_to_create_a_drive_that_the_real_provider_accepts_in_preview(
    drive: dict[str, Any], reported: str
) -> None:
    service: Any = None  # is not needed before the drive is checked
    assert problems({**MACHINE, "cdroms": [drive]}) == {}
    with pytest.raises(Rejected, match=f"cdrom.1: {reported}"):
        vsphere_devices.cdrom(service, drive, 1)


@pytest.mark.parametrize(
    ("change", "path", "reported"),
    [
        pytest.param({"disks": []}, "disks", "at least one disk", id="no disk"),
        pytest.param({"networkInterfaces": []}, "networkInterfaces", "network_interface parameter", id="no NIC"),
        pytest.param({"firmware": "uefi"}, "firmware", "expected one of bios, efi, got 'uefi'", id="firmware"),
        pytest.param({"scsiType": "ide"}, "scsiType", "lsilogic, lsilogic-sas, pvscsi, got 'ide'", id="controller"),
        pytest.param(
            {"networkInterfaces": [{"networkId": "n", "adapterType": "rtl"}]},
            "networkInterfaces[0].adapterType",
            "expected one of e1000, e1000e, sriov, vmxnet3, vmxnet3vrdma, got 'rtl'",
            id="adapter",
        ),
        pytest.param(
            {"networkInterfaces": [{"networkId": "n", "adapterType": "sriov"}]},
            "networkInterfaces[0].adapterType",
            "physical_function must be set on SR-IOV Network interface",
            id="SR-IOV without a physical function",
        ),
        pytest.param(
            {"cdroms": [{"clientDevice": True}] * 3}, "cdroms", "2 item maximum, but config has 3", id="drives"
        ),
        pytest.param({"disks": [{"label": "a"}]}, "disks[0].size", "size for disk is required", id="no size"),
        pytest.param({"disks": [{"size": 1}]}, "disks[0].label", "expected a label", id="no label"),
        pytest.param(
            {"disks": [{"label": "a", "attach": True}]}, "disks[0].path", "cannot be empty", id="attach without path"
        ),
        pytest.param(
            {"disks": [{"label": "a", "size": 1}, {"label": "b", "size": 1}]},
            "disks[1].unitNumber",
            "disk: duplicate SCSI unit_number 0",
            id="two disks without unit numbers",
        ),
        pytest.param(
            {"disks": [{"label": "a", "size": 1}, {"label": "a", "size": 1, "unitNumber": 1}]},
            "disks[1].label",
            "disk: duplicate name a",
            id="one label twice",
        ),
        pytest.param(
            {"disks": [{"label": "a", "size": 1, "unitNumber": 15}]},
            "disks[0].unitNumber",
            'unit_number on disk "a" too high (15) - maximum value is 14',
            id="no such unit",
        ),
        pytest.param(
            {"disks": [{"label": "a", "size": 1, "eagerlyScrub": True}]},
            "disks[0].eagerlyScrub",
            "eagerly_scrub and thin_provisioned cannot both be set",
            id="thin and scrubbed",
        ),
        pytest.param(
            {"disks": [{"label": "a", "size": 1, "diskMode": "x"}]}, "disks[0].diskMode", "expected one of", id="mode"
        ),
        pytest.param(
            {"disks": [{"label": "a", "attach": True, "path": "a.vmdk"}]},
            "disks[0].datastoreId",
            'datastore_id for disk "a" is required when attach is set',
            id="attach without datastore",
        ),
        pytest.param(
            {"shutdownWaitTimeout": 11}, "shutdownWaitTimeout", "in the range (1 - 10), got 11", id="shutdown"
        ),
        pytest.param(
            {"hardwareVersion": 12}, "hardwareVersion", "must be 4, 7-11, 13-15, 17-22, got: 12", id="version"
        ),
        pytest.param(
            {"clone": {"templateUuid": "4f", "timeout": 9}}, "clone.timeout", "to be at least (10), got 9", id="timeout"
        ),
        pytest.param({"clone": {}}, "clone.templateUuid", "expected the UUID", id="clone of nothing"),
        pytest.param(
            {"clone": {"templateUuid": "4f", "customize": {}}}, "clone.customize", "not supported", id="customization"
        ),
        pytest.param(
            {"disks": [{"label": "a", "size": 1, "storagePolicyId": "x"}]},
            "disks[0].storagePolicyId",
            "not supported by the stand-in",
            id="what it would have to ignore",
        ),
        pytest.param(
            {"waitForGuestNetTimeout": 5}, "waitForGuestNetTimeout", "would fail after 5 minutes", id="guest address"
        ),
    ],
)
def test_fails_in_preview_where_the_real_provider_fails(change: dict[str, Any], path: str, reported: str) -> None:
    assert reported in problems({**MACHINE, **change})[path]


def test_the_default_wait_for_an_address_is_that_of_the_real_provider() -> None:
    assert "waitForGuestNetTimeout" in problems({**MACHINE, "waitForGuestNetTimeout": 5})
    inputs = {name: value for name, value in MACHINE.items() if name != "waitForGuestNetTimeout"}
    assert "waitForGuestNetTimeout" in problems(inputs)


@pytest.mark.parametrize("name", ["datastoreId", "folder", "resourcePoolId", "scsiBusSharing", "scsiType"])
def test_fails_for_a_change_that_the_real_provider_makes_in_place(name: str) -> None:
    old, new = ("pvscsi", "lsilogic") if name == "scsiType" else ("one", "another")
    assert "the real provider changes it in place" in problems({**MACHINE, name: new}, {**MACHINE, name: old})[name]
    assert problems({**MACHINE, name: old}, {**MACHINE, name: old}) == {}
    assert problems({**MACHINE, name: UNKNOWN}, {**MACHINE, name: old}) == {}


def test_setting_the_default_is_no_change() -> None:
    assert problems({**MACHINE, "scsiType": "pvscsi", "folder": ""}, MACHINE) == {}


def test_fails_to_shrink_a_disk_in_preview() -> None:
    smaller = {**MACHINE, "disks": [{"label": "system", "size": 30}]}
    assert problems(smaller, MACHINE) == {"disks[0].size": "virtual disks cannot be shrunk (old: 40 new: 30)"}


def test_unknown_values_are_not_checked() -> None:
    unknown = {
        "cdroms": UNKNOWN,
        "disks": [{"label": "system", "size": UNKNOWN, "unitNumber": UNKNOWN}],
        "firmware": UNKNOWN,
        "networkInterfaces": [{"networkId": UNKNOWN, "adapterType": UNKNOWN}],
        "waitForGuestNetTimeout": UNKNOWN,
    }
    assert problems(unknown, MACHINE) == {}
    assert problems({**MACHINE, "cdroms": [{"datastoreId": UNKNOWN, "path": UNKNOWN}]}) == {}


def test_a_fault_is_reported_with_vcenters_message_or_its_properties() -> None:
    power = vim.fault.InvalidPowerState(existingState="poweredOff", requestedState="poweredOff")
    power.msg = "*types.InvalidPowerState"  # what the simulator has for words
    assert fault_text(power) == "InvalidPowerState (existingState poweredOff, requestedState poweredOff)"
    login = vim.fault.InvalidLogin()
    login.msg = "Cannot complete login due to an incorrect user name or password."
    assert fault_text(login) == f"InvalidLogin: {login.msg}"


@pytest.mark.parametrize("server", ["vcenter.example.com", "192.0.2.1:443", ""])
def test_fails_to_reach_any_other_machine(server: str) -> None:
    with pytest.raises(Rejected, match="expected a loopback address in VSPHERE_SERVER"):
        vsphere_provider.connect({"vsphereServer": server, "user": "u", "password": "p"})


def test_fails_without_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VSPHERE_USER", "VSPHERE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Rejected, match="set vsphere:user and vsphere:password"):
        vsphere_provider.connect({"vsphereServer": "127.0.0.1:1"})


def test_fails_for_an_unsupported_provider_setting() -> None:
    with pytest.raises(Rejected, match="provider setting restSessionPath; expected one of allowUnverifiedSsl"):
        vsphere_provider.connect({"restSessionPath": "/tmp"})  # noqa: S108 - a value, not a file
