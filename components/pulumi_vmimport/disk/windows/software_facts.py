"""Facts about software, services and packages."""

from collections.abc import Iterator

from pulumi_vmimport.disk.guest.fact_catalog import HiveName
from pulumi_vmimport.disk.guest.guest_facts import Fact, FactValue
from pulumi_vmimport.disk.registry.hive import Key
from pulumi_vmimport.disk.windows.windows_hives import WindowsHives, number, text

_CURRENT_VERSION = "Microsoft\\Windows\\CurrentVersion"
_PROGRAMS_OF_32_BITS = "Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall"
_ANTIVIRUS = "Microsoft\\Security Center\\Provider\\Av"
_PACKAGES = f"{_CURRENT_VERSION}\\Appx\\AppxAllUserStore"
# Own and shared processes; the other types are drivers.
_SERVICE_TYPES = 0x30
_FIREWALL_RULES = "CCS\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules"
_REMOTE_DESKTOP = "remotedesktop-"
_ALLOWS = ("active=true", "dir=in", "action=allow")


def software_facts(hives: WindowsHives) -> Iterator[Fact]:
    """The facts. Raises: what the source of the image raises."""
    software = HiveName.SOFTWARE

    def installed(key: Key | None) -> FactValue:
        return [*_programs(key), *_programs(hives.key(software, _PROGRAMS_OF_32_BITS))]

    yield hives.fact("software.installed", software, f"{_CURRENT_VERSION}\\Uninstall", installed)
    yield hives.fact("antivirus.providers", software, _ANTIVIRUS, _providers)
    yield hives.fact("appx.all_users", software, f"{_PACKAGES}\\Applications", _names)
    yield hives.fact("appx.inbox", software, f"{_PACKAGES}\\InboxApplications", _names)
    yield hives.fact("appx.users", software, _PACKAGES, _packages_of_users)
    yield hives.fact("appx.staged", software, f"{_PACKAGES}\\Staged", _staged_packages)
    yield hives.fact("services.accounts", HiveName.SYSTEM, "CCS\\Services", _accounts_of_services)
    yield hives.fact("firewall.remote_desktop_rules", HiveName.SYSTEM, _FIREWALL_RULES, _remote_desktop_rules)


def _programs(key: Key | None) -> list[FactValue]:
    if key is None:
        return []
    return [{"key": program.name, "name": text(program, "DisplayName")} for program in key.subkeys()]


def _providers(key: Key | None) -> FactValue:
    if key is None:
        return None
    return [name for provider in key.subkeys() if (name := text(provider, "DISPLAYNAME"))]


def _names(key: Key | None) -> FactValue:
    return None if key is None else [subkey.name for subkey in key.subkeys()]


def _packages_of_users(key: Key | None) -> FactValue:
    if key is None:
        return None
    users = (subkey for subkey in key.subkeys() if subkey.name.upper().startswith("S-1-"))
    return [f"{user.name}\\{package.name}" for user in users for package in user.subkeys()]


def _staged_packages(key: Key | None) -> FactValue:
    if key is None:
        return None
    return [f"{family.name}\\{package.name}" for family in key.subkeys() for package in family.subkeys()]


def _accounts_of_services(key: Key | None) -> FactValue:
    found: dict[str, list[FactValue]] = {}
    for service in key.subkeys() if key is not None else ():
        if (number(service, "Type") or 0) & _SERVICE_TYPES:
            account = text(service, "ObjectName")
            if account:
                found.setdefault(account, []).append(service.name)
    return dict(found)


def _remote_desktop_rules(key: Key | None) -> FactValue:
    if key is None:
        return None
    active: list[FactValue] = []
    for value in key.values():
        if value.name.lower().startswith(_REMOTE_DESKTOP):
            rule = (value.text() or "").lower().split("|")
            if all(part in rule for part in _ALLOWS):
                active.append(value.name)
    return active
