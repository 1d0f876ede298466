"""Rules for the network, the firewall and the remote access of Windows."""

from collections.abc import Iterator, Mapping

from pulumi_vmimport.disk.disk_errors import UnknownFactError
from pulumi_vmimport.disk.guest.guest_facts import FactValue
from pulumi_vmimport.disk.rules.fact_reader import FactChecks, FactReader, Violation, expect
from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.disk.rules.text_format import name_list

_DISABLED = 4
_ALL_COMPONENTS = 0xFF
_NO_ADDRESS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - the absence of an address, no binding


def _static_addresses(facts: FactReader) -> Iterator[Violation]:
    interfaces = facts.entries("network.interfaces") or ()
    static = [(interface, addresses) for interface in interfaces if (addresses := _static(interface))]
    if not static:
        return
    found = [f"{interface.get('id')} ({name_list(addresses)})" for interface, addresses in static]
    detail = f"{facts.evidence('network.interfaces')}, EnableDHCP = 0: {name_list(found)}"
    # The settings of a removed adapter stay: where another one has had a lease, the static one may be gone.
    has_lease = any(_has_lease(interface) for interface in interfaces)
    yield Violation(f"{detail}; another adapter uses DHCP", Severity.WARNING) if has_lease else Violation(detail)


def _static(interface: Mapping[str, FactValue]) -> list[str]:
    addresses = interface.get("addresses")
    if interface.get("dhcp") != 0 or not isinstance(addresses, list | tuple):
        return []
    return [str(address) for address in addresses if address not in _NO_ADDRESS]


def _has_lease(interface: Mapping[str, FactValue]) -> bool:
    return interface.get("dhcp") == 1 and interface.get("lease") not in {None, *_NO_ADDRESS}


def _firewall_policy(facts: FactReader) -> Iterator[str]:
    if facts.number("firewall.public_by_policy") == 1:
        yield f"group policy: {facts.shown('firewall.public_by_policy')}, expected 0"


def _firewall_blocks_remote_desktop(facts: FactReader) -> Iterator[str]:
    policy = facts.number("firewall.public_by_policy")
    if (facts.number("firewall.public") if policy is None else policy) == 0:
        return
    rules = facts.strings("firewall.remote_desktop_rules")
    if rules is None:
        raise UnknownFactError(facts.shown("firewall.remote_desktop_rules"))
    if not rules:
        yield f"{facts.evidence('firewall.remote_desktop_rules')}: no enabled rule of Remote Desktop"


def _remote_desktop_denied(facts: FactReader) -> Iterator[str]:
    policy = facts.number("remote_desktop.denied_by_policy")
    if policy not in {None, 0}:
        yield f"group policy: {facts.shown('remote_desktop.denied_by_policy')}, expected 0"
    elif policy is None and facts.number("remote_desktop.denied") != 0:
        yield f"{facts.shown('remote_desktop.denied')}, expected 0"


def _network_level_authentication(facts: FactReader) -> Iterator[str]:
    policy = facts.number("remote_desktop.authentication_by_policy")
    if policy == 1:
        yield f"group policy: {facts.shown('remote_desktop.authentication_by_policy')}, expected 0"
    elif policy is None and facts.number("remote_desktop.authentication") == 1:
        yield f"{facts.shown('remote_desktop.authentication')}, expected 0"


CHECKS: FactChecks = {
    "windows-static-address": (_static_addresses,),
    "windows-dhcp-client": (expect("service.dhcp.start", lambda value: value != _DISABLED, "2"),),
    "windows-tls12": (
        expect("tls12.enabled", lambda value: value != 0, "no value, or 1"),
        expect("tls12.disabled_by_default", lambda value: value in {None, 0}, "no value, or 0"),
    ),
    "windows-firewall-on": (expect("firewall.public", lambda value: value == 0, "0"), _firewall_policy),
    "windows-firewall-blocks-rdp": (_firewall_blocks_remote_desktop,),
    "windows-ipv6-enabled": (
        expect(
            "network.ipv6_disabled_components",
            lambda value: (value or 0) & _ALL_COMPONENTS == _ALL_COMPONENTS,
            f"{_ALL_COMPONENTS}",
        ),
    ),
    "windows-remote-desktop-denied": (_remote_desktop_denied,),
    "windows-network-level-authentication": (_network_level_authentication,),
}
