"""Facts about accounts, profiles and the domain. No password and no hash is ever a fact."""

from collections.abc import Iterator

from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.file_tree import FileTree
from pulumi_vmimport.disk.guest.fact_catalog import HiveName
from pulumi_vmimport.disk.guest.guest_facts import Fact, FactValue
from pulumi_vmimport.disk.registry.domain_membership import DOMAIN_DNS_NAME, DOMAIN_SID, read_domain_membership
from pulumi_vmimport.disk.registry.hive import Key
from pulumi_vmimport.disk.registry.sam import USERS, read_accounts
from pulumi_vmimport.disk.windows.windows_hives import WindowsHives, text

_NT = "Microsoft\\Windows NT\\CurrentVersion"
_USER_SIDS = ("S-1-5-21-", "S-1-12-1-")
_VARIABLES = ("%systemdrive%", "%systemroot%")


def account_facts(hives: WindowsHives, tree: FileTree) -> Iterator[Fact]:
    """The facts. Raises: what the source of the image raises."""
    yield hives.fact("accounts", HiveName.SAM, USERS, lambda _: _accounts(hives))
    yield hives.fact("profiles", HiveName.SOFTWARE, f"{_NT}\\ProfileList", lambda key: _profiles(key, hives, tree))
    security = HiveName.SECURITY
    yield hives.fact("domain.sid", security, DOMAIN_SID, lambda _: _membership(hives)[0], "")
    yield hives.fact("domain.name", security, DOMAIN_DNS_NAME, lambda _: _membership(hives)[1], "")


def _membership(hives: WindowsHives) -> tuple[str | None, str]:
    found = read_domain_membership(hives.hive(HiveName.SECURITY))
    return found.domain_sid, found.domain_name


def _accounts(hives: WindowsHives) -> FactValue:
    found = read_accounts(hives.hive(HiveName.SAM))
    return [
        {
            "name": account.name,
            "rid": account.rid,
            "enabled": None if account.is_disabled is None else not account.is_disabled,
            "has_password": None if account.has_empty_password is None else not account.has_empty_password,
            "is_administrator": found.is_administrator(account),
        }
        for account in found.accounts
    ]


def _profiles(key: Key | None, hives: WindowsHives, tree: FileTree) -> FactValue:
    if key is None:
        return None
    drive = _system_drive(hives)
    found: list[FactValue] = []
    for profile in key.subkeys():
        path = text(profile, "ProfileImagePath")
        is_user = profile.name.upper().startswith(_USER_SIDS)
        has_files = _has_hive(path, drive, tree) if is_user and path else None
        found.append({"sid": profile.name, "path": path, "has_files": has_files})
    return found


def _system_drive(hives: WindowsHives) -> str:
    key = hives.key(HiveName.SOFTWARE, _NT)
    root = text(key, "SystemRoot") if key is not None else None
    return (root or "C:\\Windows")[:2].lower()


def _has_hive(path: str, drive: str, tree: FileTree) -> bool | None:
    """Whether a profile has its hive; None if its folder is not on the volume of Windows or cannot be read."""
    lowered = path.lower()
    if lowered.startswith(_VARIABLES[1]):
        folder = f"/Windows{path[len(_VARIABLES[1]) :]}"
    elif lowered.startswith((drive, _VARIABLES[0])):
        folder = path[path.find("\\") :] if "\\" in path else "\\"
    else:
        return None
    try:
        return tree.find(f"{folder}\\NTUSER.DAT".replace("\\", "/")) is not None
    except DiskImageError:
        return None
