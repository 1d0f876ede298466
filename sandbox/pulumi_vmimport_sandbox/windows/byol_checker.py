r"""What BYOL Checker reports about a simulated guest: some of its tests, on the same values that it reads.

Source: the tests of BYOLChecker.ps1 2.13.25. It reads the control set ControlSet001 literally.
"""

from collections.abc import Callable, Mapping

from pulumi_vmimport_sandbox.windows.guest import WindowsGuest
from pulumi_vmimport_sandbox.windows.healthy_software import NT
from pulumi_vmimport_sandbox.windows.healthy_system import CS, FIREWALL, SERVICES
from pulumi_vmimport_sandbox.windows.registry import Key, Value, dword, string

_ACCOUNT = "WorkSpaces_BYOL"
_DISABLED, _MANUAL = dword(4), dword(3)


def failed_codes(guest: WindowsGuest) -> tuple[str, ...]:
    """The codes of the tests that fail, in the order of the tests."""
    return tuple(code for code, fails in _TESTS.items() if fails(guest))


def _value(hive: Key, path: str, name: str) -> Value | None:
    found: Key | None = hive
    for part in path.split("\\"):
        found = found.keys.get(part.upper()) if found else None
    return found.values.get(name) if found else None


def _updates_enabled(guest: WindowsGuest) -> bool:
    starts = {name: _value(guest.system, rf"{SERVICES}\{name}", "Start") for name in ("wuauserv", "TrustedInstaller")}
    return starts != {"wuauserv": _DISABLED, "TrustedInstaller": _MANUAL}


def _account_is_missing(guest: WindowsGuest) -> bool:
    return not any(account.name.lower() == _ACCOUNT.lower() for account in guest.accounts)


def _account_is_disabled(guest: WindowsGuest) -> bool:
    return any(account.name.lower() == _ACCOUNT.lower() and not account.is_enabled for account in guest.accounts)


_TESTS: Mapping[str, Callable[[WindowsGuest], bool]] = {
    "WindowsUpdatesEnabled": _updates_enabled,
    "AutoMountDisabled": lambda guest: _value(guest.system, rf"{SERVICES}\mountmgr", "NoAutoMount") == dword(1),
    "WorkspacesBYOLAccountNotFound": _account_is_missing,
    "WorkspacesBYOLAccountDisabled": _account_is_disabled,
    "FirewallEnabled": lambda guest: _value(guest.system, rf"{FIREWALL}\PublicProfile", "EnableFirewall") != dword(0),
    "AutoLogonEnabled": lambda guest: _value(guest.software, rf"{NT}\Winlogon", "AutoAdminLogon") == string("1"),
    "RealTimeUniversalDisabled": lambda guest: (
        _value(guest.system, rf"{CS}\Control\TimeZoneInformation", "RealTimeIsUniversal") != dword(1)
    ),
}
