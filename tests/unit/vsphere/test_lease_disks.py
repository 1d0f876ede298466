from dataclasses import replace
from typing import Any

import pytest
from pyVmomi import vim

from pulumi_vmimport.vsphere.hardware_kinds import ControllerKind, DiskBacking, PowerState
from pulumi_vmimport.vsphere.lease_disks import LeaseDisk, device_url, match_lease_disks
from pulumi_vmimport.vsphere.machine_facts import MachineFacts, StorageController, VirtualDisk
from pulumi_vmimport.vsphere.vsphere_errors import ExportError

SAS = StorageController(1000, ControllerKind.LSI_LOGIC_SAS, 0, "VirtualLsiLogicSASController")
SATA = StorageController(15000, ControllerKind.SATA, 0, "VirtualAHCIController")


def disk(key: int, controller: StorageController, unit: int) -> VirtualDisk:
    return VirtualDisk(key, f"disk {key}", 1 << 30, controller.key, unit, DiskBacking.FLAT)


def machine(*disks: VirtualDisk) -> MachineFacts:
    return MachineFacts(
        name="web01",
        moid="vm-7",
        uuid="",
        power_state=PowerState.OFF,
        firmware="bios",
        guest_id="",
        hardware_version="vmx-13",
        cpus=1,
        cores_per_socket=1,
        memory_mib=1,
        controllers=(SAS, SATA),
        disks=disks,
        network_adapters=(),
        change_version="1",
        committed_bytes=None,
    )


def offered(key: str) -> LeaseDisk:
    return LeaseDisk(key, key.rpartition("/")[2], "https://esxi01/nfc/a", None)


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ("https://*/nfc/52/disk-0.vmdk", "https://vcenter.example:8443/nfc/52/disk-0.vmdk"),
        ("https://*:902/nfc/52/disk-0.vmdk", "https://vcenter.example:902/nfc/52/disk-0.vmdk"),
        ("https://esxi01/nfc/52/disk-0.vmdk", "https://esxi01/nfc/52/disk-0.vmdk"),
    ],
)
def test_a_star_is_replaced_by_the_host_of_the_session(given: str, filled: str) -> None:
    assert device_url(given, "vcenter.example", 8443) == filled


def test_an_ipv6_host_gets_brackets() -> None:
    assert device_url("https://*/nfc/a", "2001:db8::1", 443) == "https://[2001:db8::1]:443/nfc/a"


@pytest.mark.parametrize(
    ("facts", "thumbprint"),
    [
        ({"sslThumbprint": ""}, None),
        ({"sslThumbprint": "AB:" * 19 + "AB"}, "ab" * 20),
        ({"sslThumbprint": "CD:" * 31 + "CD"}, "cd" * 32),
    ],
    ids=["none", "SHA-1", "SHA-256"],
)
def test_the_thumbprint_of_a_device_is_kept(facts: dict[str, str], thumbprint: str | None) -> None:
    device = vim.HttpNfcLease.DeviceUrl(key="/vm-7/a", url="https://*/nfc/52/disk-0.vmdk", disk=True, **facts)
    found = LeaseDisk.of(device, "esxi01", 443)
    assert found == LeaseDisk("/vm-7/a", "disk-0.vmdk", "https://esxi01:443/nfc/52/disk-0.vmdk", thumbprint)


def test_the_thumbprint_is_computed_from_a_certificate(fake_host: Any) -> None:
    host = fake_host(b"")
    device = vim.HttpNfcLease.DeviceUrl(key="k", url=host.url, sslThumbprint="", sslCertificate=host.pem)
    assert LeaseDisk.of(device, "esxi01", 443).thumbprint == host.sha256


def test_disks_are_matched_by_slot_in_any_order() -> None:
    first, second, third = disk(2000, SAS, 0), disk(2001, SAS, 1), disk(16000, SATA, 0)
    lease = (
        offered("/vm-7/VirtualAHCIController0:0"),
        offered("/vm-7/VirtualLsiLogicSASController0:1"),
        offered("/vm-7/VirtualLsiLogicSASController0:0"),
    )
    found = match_lease_disks(machine(first, second, third), lease)
    assert found == ((first, lease[2]), (second, lease[1]), (third, lease[0]))


def test_disks_without_slots_are_matched_in_order() -> None:
    first, second = disk(2000, SAS, 0), disk(2001, SAS, 1)
    lease = (offered("/vm-7/disk:0"), offered("/vm-7/disk:1"))
    assert match_lease_disks(machine(first, second), lease) == ((first, lease[0]), (second, lease[1]))


def test_fails_if_the_lease_lacks_a_disk() -> None:
    with pytest.raises(ExportError, match=r"vm-7 has 2 disks, but vSphere exports 1 \(disk:0\)"):
        match_lease_disks(machine(disk(2000, SAS, 0), disk(2001, SAS, 1)), (offered("/vm-7/disk:0"),))


def test_fails_if_the_lease_lacks_a_slot_of_the_machine() -> None:
    other = replace(disk(2001, SAS, 1), unit_number=5)
    lease = (offered("/vm-7/VirtualLsiLogicSASController0:0"), offered("/vm-7/VirtualLsiLogicSASController0:1"))
    with pytest.raises(ExportError, match="slot VirtualLsiLogicSASController0:5"):
        match_lease_disks(machine(disk(2000, SAS, 0), other), lease)
