"""How a system configures its network adapters: netplan, NetworkManager, systemd-networkd, ifupdown and ifcfg files."""

import configparser
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_vmimport.disk.linux.guest_tree import GuestTree, settings
from pulumi_vmimport.disk.linux.yaml_entries import yaml_entries

DHCP, STATIC, OTHER = "dhcp", "static", "other"
_IFCFG_FOLDERS = ("/etc/sysconfig/network-scripts", "/etc/sysconfig/network")
_NETPLAN_FOLDERS = ("/etc/netplan", "/run/netplan", "/lib/netplan")
_NETWORK_MANAGER = ("/etc/NetworkManager/system-connections", "/usr/lib/NetworkManager/system-connections")
_PERSISTENT_RULES = ("70-persistent-net.rules", "75-persistent-net-generator.rules", "60-persistent-net.rules")
_TRUE = frozenset({"true", "yes", "on", "y"})
_ANY = "*"
_LOOPBACK = "lo"


@dataclass(frozen=True)
class NetworkConfiguration:
    """The configuration of an adapter."""

    file: str
    interface: str
    """Its name or a pattern; `*` for any"""
    method: str
    """dhcp, static or other"""
    mac_address: str = ""
    """The only adapter that it is for; empty if for any"""


def network_configurations(tree: GuestTree) -> tuple[NetworkConfiguration, ...]:
    """All that are in files, without the loopback adapter. Raises: as `File.read`."""
    found = (*_netplan(tree), *_ifcfg(tree), *_network_manager(tree), *_networkd(tree), *_ifupdown(tree))
    return tuple(each for each in found if each.interface != _LOOPBACK)


def persistent_name_files(tree: GuestTree) -> list[str]:
    """The files that give names to adapters by their MAC addresses. Raises: as `File.read`."""
    rules = [
        path for path in (f"/etc/udev/rules.d/{name}" for name in _PERSISTENT_RULES) if _has_rules(tree.text(path))
    ]
    links = [
        path
        for path in tree.files("/etc/systemd/network", ".link")
        if re.search(r"^\s*(?:Permanent)?MACAddress\s*=", tree.text(path), re.MULTILINE)
    ]
    return [*rules, *links]


def _has_rules(text: str) -> bool:
    return any("address" in line for line in text.splitlines() if not line.lstrip().startswith("#"))


def has_network_manager(tree: GuestTree) -> bool:
    """Whether NetworkManager starts, which uses DHCP where nothing is configured. Raises: as `File.read`."""
    return "NetworkManager.service" in tree.names("/etc/systemd/system/multi-user.target.wants")


def _ifcfg(tree: GuestTree) -> Iterator[NetworkConfiguration]:
    for folder in _IFCFG_FOLDERS:
        for name in tree.names(folder):
            if not name.startswith("ifcfg-") or name.endswith((".bak", ".orig", "~", ".rpmsave", ".rpmnew")):
                continue
            path = f"{folder}/{name}"
            values = settings(tree.text(path))
            interface = values.get("DEVICE", name.removeprefix("ifcfg-"))
            if values.get("ONBOOT", "yes").lower() == "no" or values.get("STARTMODE", "auto") in {"off", "manual"}:
                continue
            protocol = values.get("BOOTPROTO", "none").lower()
            is_static = any(key in values for key in ("IPADDR", "IPADDR0", "IPADDR1"))
            method = DHCP if "dhcp" in protocol else STATIC if is_static else OTHER
            yield NetworkConfiguration(path, interface, method, values.get("HWADDR", ""))


def _network_manager(tree: GuestTree) -> Iterator[NetworkConfiguration]:
    for folder in _NETWORK_MANAGER:
        for path in tree.files(folder, ".nmconnection", ""):
            parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
            try:
                parser.read_string(tree.text(path))
            except configparser.Error:
                continue  # NetworkManager does not read it either
            kind = parser.get("connection", "type", fallback="")
            if kind not in {"ethernet", "802-3-ethernet"}:
                continue
            method = parser.get("ipv4", "method", fallback="auto")
            yield NetworkConfiguration(
                path,
                parser.get("connection", "interface-name", fallback=_ANY),
                {"auto": DHCP, "manual": STATIC}.get(method, OTHER),
                parser.get(kind, "mac-address", fallback=parser.get("ethernet", "mac-address", fallback="")),
            )


def _networkd(tree: GuestTree) -> Iterator[NetworkConfiguration]:
    for path in tree.files("/etc/systemd/network", ".network"):
        values: dict[str, str] = {}
        for name, value in settings(tree.text(path)).items():
            values.setdefault(name, value)
        dhcp = values.get("DHCP", "no").lower()
        method = DHCP if dhcp in {*_TRUE, "ipv4", "both"} else STATIC if "Address" in values else OTHER
        yield NetworkConfiguration(path, values.get("Name", _ANY), method, values.get("MACAddress", ""))


def _ifupdown(tree: GuestTree) -> Iterator[NetworkConfiguration]:
    for path in ("/etc/network/interfaces", *tree.files("/etc/network/interfaces.d", "")):
        for line in tree.text(path).splitlines():
            words = line.split()
            if words[:1] == ["iface"] and words[2:3] == ["inet"] and len(words) > 3:  # noqa: PLR2004 - the method
                yield NetworkConfiguration(path, words[1], {"dhcp": DHCP, "static": STATIC}.get(words[3], OTHER))


def _netplan(tree: GuestTree) -> Iterator[NetworkConfiguration]:
    for folder in _NETPLAN_FOLDERS:
        for path in tree.files(folder, ".yaml"):
            yield from _netplan_adapters(path, tree.text(path))


def _netplan_adapters(path: str, text: str) -> Iterator[NetworkConfiguration]:
    """The adapters below `ethernets`: the next level of the document."""
    name, keys = "", dict[str, str]()
    inside = level = -1
    for indent, key, value in yaml_entries(text):
        if inside < 0 or indent <= inside:
            inside, level = (indent, -1) if key == "ethernets" else (-1, -1)
            continue
        level = indent if level < 0 else level
        if indent == level:
            if name:
                yield _netplan_adapter(path, name, keys)
            name, keys = key, {}
        else:
            keys.setdefault(key, value or "set")
    if name:
        yield _netplan_adapter(path, name, keys)


def _netplan_adapter(path: str, name: str, keys: dict[str, str]) -> NetworkConfiguration:
    has_dhcp = keys.get("dhcp4", "no").lower() in _TRUE
    method = DHCP if has_dhcp else STATIC if "addresses" in keys else OTHER
    # With `match`, the name of the entry is free; it is that of the adapter otherwise.
    interface = keys.get("name", _ANY) if "match" in keys else name
    return NetworkConfiguration(path, interface, method, keys.get("macaddress", "") if "match" in keys else "")
