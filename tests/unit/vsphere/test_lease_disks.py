from dataclasses import replace
from typing import Any

import pytest
from pyVmomi import vim

from pulumi_vmimport.vsphere.lease_disks import LeaseDisk, device_url, disks_of_lease
from pulumi_vmimport.vsphere.virtual_machine import (
    ControllerKind,
    DiskBacking,
    MachineFacts,
    PowerState,
    StorageController,
    VirtualDisk,
)
from pulumi_vmimport.vsphere.vsphere_errors import ExportError

SAS = StorageController(1000, ControllerKind.LSI_LOGIC_SAS, 0, "VirtualLsiLogicSASController")
SATA = StorageController(15000, ControllerKind.SATA, 0, "VirtualAHCIController")


def disk(key: int, controller: StorageController, unit: int) -> VirtualDisk:
    return VirtualDisk(key, f"disk {key}", 1 << 30, controller.key, unit, DiskBacking.FLAT, "", True, "persistent")


def machine(*disks: VirtualDisk) -> MachineFacts:
    return MachineFacts(
        name="web01",
        moid="vm-7",
        uuid="",
        instance_uuid="",
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
        cdroms=(),
        change_version="1",
        has_snapshots=False,
        committed_bytes=None,
        tools_running=False,
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
def test_a_star_stands_for_the_host_of_the_connection(given: str, filled: str) -> None:
    assert device_url(given, "vcenter.example", 8443) == filled


def test_an_ipv6_host_is_put_in_brackets() -> None:
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


def test_a_certificate_serves_as_a_thumbprint(fake_host: Any) -> None:
    host = fake_host(b"")
    device = vim.HttpNfcLease.DeviceUrl(key="k", url=host.url, sslThumbprint="", sslCertificate=host.pem)
    assert LeaseDisk.of(device, "esxi01", 443).thumbprint == host.sha256


def test_disks_are_told_by_their_slots_whatever_the_order_of_the_lease() -> None:
    first, second, third = disk(2000, SAS, 0), disk(2001, SAS, 1), disk(16000, SATA, 0)
    lease = (
        offered("/vm-7/VirtualAHCIController0:0"),
        offered("/vm-7/VirtualLsiLogicSASController0:1"),
        offered("/vm-7/VirtualLsiLogicSASController0:0"),
    )
    found = disks_of_lease(machine(first, second, third), lease)
    assert found == ((first, lease[2]), (second, lease[1]), (third, lease[0]))


def test_disks_without_slots_stand_in_the_order_of_the_machine() -> None:
    first, second = disk(2000, SAS, 0), disk(2001, SAS, 1)
    lease = (offered("/vm-7/disk:0"), offered("/vm-7/disk:1"))
    assert disks_of_lease(machine(first, second), lease) == ((first, lease[0]), (second, lease[1]))


def test_fails_when_the_lease_lacks_a_disk() -> None:
    with pytest.raises(ExportError, match=r"vm-7 has 2 disks, but vSphere offers 1 for export \(disk:0\)"):
        disks_of_lease(machine(disk(2000, SAS, 0), disk(2001, SAS, 1)), (offered("/vm-7/disk:0"),))


def test_fails_when_a_slot_of_the_machine_is_not_in_the_lease() -> None:
    other = replace(disk(2001, SAS, 1), unit_number=5)
    lease = (offered("/vm-7/VirtualLsiLogicSASController0:0"), offered("/vm-7/VirtualLsiLogicSASController0:1"))
    with pytest.raises(ExportError, match=r"no disk of VirtualLsiLogicSASController0:5 for export, only"):
        disks_of_lease(machine(disk(2000, SAS, 0), other), lease)
