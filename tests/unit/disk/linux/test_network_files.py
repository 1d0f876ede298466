import pytest
from tests.unit.disk.linux.linux_volumes import Files, Link
from tests.unit.disk.linux.small_trees import tree_of

from pulumi_vmimport.disk.linux.network_files import (
    has_network_manager,
    network_configurations,
    persistent_name_files,
)

UBUNTU = """# This is the network config written by 'subiquity'
network:
  version: 2
  renderer: networkd
  ethernets:
    ens160:
      dhcp4: true
      dhcp6: no
    ens192:
      addresses:
      - 192.0.2.7/24
      nameservers:
        addresses: [192.0.2.1]
    "vmimport":
      match:
        name: "e*"
        macaddress: "00:50:56:aa:bb:cc"
      dhcp4: yes
      set-name: eth0
  vlans:
    vlan10:
      id: 10
      link: ens160
      addresses: [198.51.100.1/24]
"""
IFCFG = "/etc/sysconfig/network-scripts/ifcfg-"
NM = "/etc/NetworkManager/system-connections/"
CONFIGURATIONS: dict[str, tuple[Files, list[tuple[str, str, str]]]] = {
    "netplan": (
        {"/etc/netplan/50-cloud-init.yaml": UBUNTU},
        [("ens160", "dhcp", ""), ("ens192", "static", ""), ("e*", "dhcp", "00:50:56:aa:bb:cc")],
    ),
    "netplan-without-adapters": ({"/etc/netplan/a.yaml": "network:\n  version: 2\n"}, []),
    "netplan-with-comments": (
        {"/etc/netplan/a.yaml": "network:\n  ethernets:  # all\n    eth0: # main\n      dhcp4: true # as AWS needs\n"},
        [("eth0", "dhcp", "")],
    ),
    "netplan-in-braces": (
        {
            "/etc/netplan/a.yaml": "network: {version: 2, ethernets: {eth0: {dhcp4: true, nameservers: {addresses: [192.0.2.1]}}}}\n"
        },
        [("eth0", "dhcp", "")],
    ),
    "netplan-partly-in-braces": (
        {
            "/etc/netplan/a.yaml": "network:\n  ethernets:\n    all: {match: {macaddress: '00:50:56:aa:bb:cc'}, dhcp4: yes}\n"
        },
        [("*", "dhcp", "00:50:56:aa:bb:cc")],
    ),
    "netplan-any": (
        {"/etc/netplan/a.yaml": "network:\n  ethernets:\n    all:\n      match: {}\n      dhcp4: on\n"},
        [("*", "dhcp", "")],
    ),
    "ifcfg": (
        {
            IFCFG + "lo": "DEVICE=lo\nBOOTPROTO=none\n",
            IFCFG
            + "ens192": 'TYPE="Ethernet"\nBOOTPROTO="dhcp"\nDEVICE="ens192"\nHWADDR=00:50:56:AA:BB:CC\nONBOOT=yes\n',
            IFCFG + "eth1": "DEVICE=eth1\nBOOTPROTO=none\nIPADDR=192.0.2.7\n",
            IFCFG + "eth2": "DEVICE=eth2\nBOOTPROTO=dhcp\nONBOOT=no\n",
            IFCFG + "eth3.bak": "DEVICE=eth3\nBOOTPROTO=dhcp\n",
        },
        [("ens192", "dhcp", "00:50:56:AA:BB:CC"), ("eth1", "static", "")],
    ),
    "suse": (
        {
            "/etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO='dhcp+autoip'\nSTARTMODE='auto'\n",
            "/etc/sysconfig/network/config": "X=1\n",
        },
        [("eth0", "dhcp", "")],
    ),
    "network-manager": (
        {
            NM
            + "a.nmconnection": "[connection]\ntype=ethernet\ninterface-name=ens192\n[ethernet]\nmac-address=00:50:56:AA:BB:CC\n[ipv4]\nmethod=auto\n",
            NM + "b": "[connection]\ntype=802-3-ethernet\n[ipv4]\nmethod=manual\naddress1=192.0.2.7/24\n",
            NM + "wifi.nmconnection": "[connection]\ntype=wifi\n[ipv4]\nmethod=auto\n",
            NM + "damaged.nmconnection": "method=auto\n",
        },
        [("ens192", "dhcp", "00:50:56:AA:BB:CC"), ("*", "static", "")],
    ),
    "systemd-networkd": (
        {
            "/etc/systemd/network/10-a.network": "[Match]\nName=e*\n\n[Network]\nDHCP=ipv4\n",
            "/etc/systemd/network/20-b.network": "[Match]\nMACAddress=00:50:56:aa:bb:cc\n[Network]\nAddress=192.0.2.7/24\n",
            "/etc/systemd/network/30-c.network": "[Network]\nDHCP=no\n",
        },
        [("e*", "dhcp", ""), ("*", "static", "00:50:56:aa:bb:cc"), ("*", "other", "")],
    ),
    "ifupdown": (
        {
            "/etc/network/interfaces": "source /etc/network/interfaces.d/*\nauto lo\niface lo inet loopback\niface eth0 inet dhcp\niface eth0 inet6 auto\n",
            "/etc/network/interfaces.d/eth1": "iface eth1 inet static\n address 192.0.2.7\niface eth2 inet manual\n",
        },
        [("eth0", "dhcp", ""), ("eth1", "static", ""), ("eth2", "other", "")],
    ),
    "none": ({"/etc/hostname": "web\n"}, []),
}


@pytest.mark.parametrize(("files", "expected"), CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_adapters_are_read_from_every_kind_of_file(files: Files, expected: list[tuple[str, str, str]]) -> None:
    found = network_configurations(tree_of(files))
    assert sorted((each.interface, each.method, each.mac_address) for each in found) == sorted(expected)
    assert {each.file for each in found} <= files.keys()


def test_files_that_bind_names_to_mac_addresses_are_found() -> None:
    udev, link = "/etc/udev/rules.d/70-persistent-net.rules", "/etc/systemd/network/10-lan.link"
    rule = 'SUBSYSTEM=="net", ATTR{address}=="00:50:56:aa:bb:cc", NAME="eth0"\n'
    files: Files = {udev: rule, link: "[Match]\nMACAddress=00:50:56:aa:bb:cc\n[Link]\nName=lan0\n"}
    assert persistent_name_files(tree_of(files)) == [udev, link]
    assert persistent_name_files(tree_of({udev: f"# {rule}", link: "[Match]\nDriver=vmxnet3\n"})) == []
    assert persistent_name_files(tree_of({udev: Link("/dev/null")})) == []


def test_network_manager_starts_by_its_unit() -> None:
    wants = "/etc/systemd/system/multi-user.target.wants/"
    assert has_network_manager(
        tree_of({wants + "NetworkManager.service": Link("/usr/lib/systemd/system/NetworkManager.service")})
    )
    assert not has_network_manager(tree_of({wants + "cron.service": Link("/usr/lib/systemd/system/cron.service")}))
