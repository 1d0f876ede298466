"""A Windows that installs itself from the files of an answer ISO, and prepares itself as the steps on it say.

Nothing boots: the answer file decides about partitions and edition, and each step of steps.json changes registry and
files as it states. A step that the ISO lacks leaves what Setup left, so that exactly this is wrong with the disk.
"""

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pulumi_vmimport_sandbox.windows import make_volumes
from pulumi_vmimport_sandbox.windows.accounts import WORKSPACES_BYOL, Account
from pulumi_vmimport_sandbox.windows.byol_checker import failed_codes
from pulumi_vmimport_sandbox.windows.faults import FAULTS
from pulumi_vmimport_sandbox.windows.guest import Layout, WindowsGuest
from pulumi_vmimport_sandbox.windows.healthy_software import APPX, CV, MACHINE_SID
from pulumi_vmimport_sandbox.windows.healthy_system import CS, FIREWALL
from pulumi_vmimport_sandbox.windows.registry import Key, Value, dword, expandable, string, strings
from pulumi_vmimport_sandbox.windows.releases import WINDOWS_10_22H2, WINDOWS_11_22H2, WINDOWS_SERVER_2022, Release

_NAMESPACE = "{urn:schemas-microsoft-com:unattend}"
_LAYOUTS = {1: Layout.WINDOWS_10_ONE_VOLUME, 2: Layout.WINDOWS_10, 3: Layout.WINDOWS_11}
_MEMORY_INTEGRITY = rf"{CS}\Control\DeviceGuard\Scenarios\HypervisorEnforcedCodeIntegrity"
_PLACES = {"kms_host": "KmsHost", "pagefile_mb": "PagefileMB"}
_EDITIONS = {"Pro": "Professional", "SERVERSTANDARD": "ServerStandard", "SERVERDATACENTER": "ServerDatacenter"}
_RESTORED = {
    "appx-installed": (("software", rf"{APPX}\{MACHINE_SID}-{WORKSPACES_BYOL}"),),
    "appx-provisioned": (("software", rf"{APPX}\Staged"),),
    "firewall-allows-rdp": (("system", rf"{FIREWALL}\FirewallRules"),),
    "no-pending-restart": (("software", rf"{CV}\Component Based Servicing\SessionsPending"),),
}
"""By step, the keys that are afterwards what they are in a healthy guest"""
BEFORE = {
    "administrator": "AdministratorDisabled",
    "no-auto-logon": "AutoLogonEnabled",
    "clock-utc": "RealTimeUniversalDisabled/absent",
    "no-ipv6": "Ipv6Enabled",
    "remote-desktop": "RemoteDesktopDenied",
    "no-nla": "NetworkLevelAuthentication",
    "no-public-firewall": "FirewallEnabled",
    "firewall-allows-rdp": "FirewallBlocksRemoteDesktop",
    "appx-provisioned": "StagedAppxPackage",
    "appx-installed": "AppXPackagesInstalled",
    "no-memory-integrity": "MemoryIntegrityIncompatibility/locked",
    "no-hibernation": "Hibernated",
    "page-file": "AutomaticPageFile",
    "no-reserved-storage": "ReservedStorageInUse",
    "no-windows-update": "WindowsUpdatesEnabled",
    "remove-secrets": "AnswerFile",
    "cd-drive-letters": "DriveLetterHistory",
    "no-pending-restart": "PendingReboot",
}
"""By step, the fault of FAULTS that Setup leaves and the step removes"""


class IncompleteAnswerIsoError(Exception):
    """The ISO lacks something without which Windows would ask at the console, or not prepare itself."""


@dataclass(frozen=True)
class AnswerIso:
    """The files of an answer ISO."""

    files: Mapping[str, bytes]
    """By path, without a leading slash"""

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Id and effects of each step, in order. Raises: IncompleteAnswerIsoError if the script lacks a step."""
        script = self._text("vmimport/prepare.ps1")
        steps: list[dict[str, Any]] = json.loads(self._text("vmimport/steps.json"))
        for step in steps:
            if f"Id = '{step['id']}'" not in script:
                raise IncompleteAnswerIsoError(f"vmimport/prepare.ps1 has no step {step['id']}")
        return steps

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the preparation."""
        settings: dict[str, Any] = json.loads(self._text("vmimport/settings.json"))
        return settings

    @property
    def has_checker(self) -> bool:
        """Whether BYOL Checker runs. Raises: IncompleteAnswerIsoError if its folder on the ISO image has no script."""
        folder: str = self.settings["CheckerFolder"]
        if not folder:
            return False
        path = folder.removeprefix(self.settings["Root"]).replace("\\", "/").strip("/")
        self._bytes(f"vmimport/{path}/BYOLChecker.ps1")
        return True

    @property
    def checker_result(self) -> str:
        """What a preparation that succeeded reports of BYOL Checker."""
        return "success" if self.has_checker else ""

    @property
    def is_generalized(self) -> bool:
        """Whether Sysprep generalizes Windows at the end. Raises: IncompleteAnswerIsoError without its answer file."""
        if self.settings["Sysprep"] != "before-export":
            return False
        self._text("vmimport/unattend.xml")
        return True

    @property
    def secrets(self) -> dict[str, str]:
        """The final passwords."""
        secrets: dict[str, str] = json.loads(self._text("secrets/secrets.json"))
        return secrets

    @property
    def layout(self) -> Layout:
        """How Setup divides the disk."""
        return _LAYOUTS[len(self._elements("CreatePartition"))]

    @property
    def release(self) -> Release:
        """What Setup installs."""
        name = self._elements("MetaData/Value")[0].text or ""
        product, _, edition = name.rpartition(" ")
        base = WINDOWS_10_22H2
        if product.startswith("Windows 11"):
            base = WINDOWS_11_22H2
        elif product.startswith("Windows Server"):
            base = WINDOWS_SERVER_2022
        return replace(base, edition=_EDITIONS.get(edition, edition))

    @property
    def accounts(self) -> set[str]:
        """The local accounts that Setup creates."""
        return {element.text or "" for element in self._elements("LocalAccount/Name")}

    def require_unattended(self) -> None:
        """Raises: IncompleteAnswerIsoError unless Setup and the first logon need nobody."""
        for path in ("vmimport/start.ps1", "vmimport/prepare.ps1", "vmimport/settings.json", "secrets/secrets.json"):
            self._text(path)
        for path in ("AcceptEula", "InstallTo/PartitionID", "AutoLogon/Username", "SynchronousCommand/CommandLine"):
            if not self._elements(path):
                raise IncompleteAnswerIsoError(f"autounattend.xml has no {path}")

    def _elements(self, path: str) -> list[ET.Element]:
        root = ET.fromstring(self._text("autounattend.xml"))  # noqa: S314 - written by the library under test
        return root.findall(".//" + "/".join(_NAMESPACE + name for name in path.split("/")))

    def _text(self, path: str) -> str:
        return self._bytes(path).decode("utf-8-sig")

    def _bytes(self, path: str) -> bytes:
        if path not in self.files:
            raise IncompleteAnswerIsoError(f"the answer ISO has no {path}")
        return self.files[path]


def installed_guest(iso: AnswerIso) -> WindowsGuest:
    """Windows as Setup leaves it. Raises: IncompleteAnswerIsoError."""
    iso.require_unattended()
    guest = WindowsGuest.healthy(iso.layout, iso.release)
    if "Server" in iso.release.edition:
        guest.system.set(rf"{CS}\Control\ProductOptions", ProductType=string("ServerNT"))
    guest.accounts = [account for account in guest.accounts if account.name != "WorkSpaces_BYOL"]
    guest.accounts += [Account(name, 1001, is_administrator=True) for name in sorted(iso.accounts)]
    for fault in (*BEFORE.values(), "CheckerNotRun"):
        FAULTS[fault].change(guest)
    return guest


def prepared_guest(iso: AnswerIso, faults: Iterable[str] = ()) -> WindowsGuest:
    """Windows after the steps, and after what went wrong since. Raises: IncompleteAnswerIsoError."""
    guest = installed_guest(iso)
    for step in iso.steps:
        apply_step(guest, step, iso.settings)
    for fault in faults:
        FAULTS[fault].change(guest)
    return guest


def checker_message(iso: AnswerIso, guest: WindowsGuest) -> str | None:
    """What the step byol-checker reports of a guest; None if the checker finds nothing, or is not on the ISO image."""
    if not iso.has_checker or not (codes := failed_codes(guest)):
        return None
    return f"BYOL Checker reports FAILED: {','.join(codes)}; its log: {iso.settings['Root']}\\checker.log"


def generalize(guest: WindowsGuest) -> None:
    """Do what Sysprep does."""
    FAULTS["Generalized"].change(guest)


def report_ready(guest: WindowsGuest, iso: AnswerIso, passes: int) -> None:
    """Write the status file of a preparation that succeeded."""
    status = {
        "status": "ready",
        "passes": passes,
        "checker": iso.checker_result,
        "installation": iso.settings["Installation"],
    }
    room = make_volumes.PLACES[make_volumes.STATUS_FILE]
    guest.files[make_volumes.STATUS_FILE] = json.dumps(status).ljust(room).encode()
    guest.exist[make_volumes.STATUS_FILE] = True


def apply_step(guest: WindowsGuest, step: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Change the guest as a step does: by the effects that it states, and for its other effects by its id."""
    healthy = WindowsGuest.healthy(guest.layout, guest.release)
    for effect in step["effects"]:
        if "hive" in effect:
            _apply_registry(guest, effect, settings)
        elif "file" in effect and (path := effect["file"].replace("\\", "/")) in make_volumes.SWITCHES:
            guest.exist[path] = not effect.get("absent", False)
    for hive, path in _RESTORED.get(step["id"], ()):
        _restore(getattr(guest, hive), getattr(healthy, hive), path)
    match step["id"]:
        case "administrator":
            next(account for account in guest.accounts if account.name == "Administrator").is_enabled = True
        case "no-hibernation":
            guest.files.pop("/hiberfil.sys", None)
        case "no-memory-integrity":
            guest.system.key(_MEMORY_INTEGRITY).values.pop("Locked", None)


def _apply_registry(guest: WindowsGuest, effect: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    hive: Key = {"SYSTEM": guest.system, "SOFTWARE": guest.software, "SECURITY": guest.security}[effect["hive"]]
    path, name = effect["key"].replace("CCS\\", f"{CS}\\"), str(effect.get("name", ""))
    for key in _keys(hive, path):
        if not effect.get("absent"):
            hive.set_named(key, {name: _value(effect, settings)})
        elif "name" in effect and _exists(hive, key):
            hive.key(key).values.pop(name, None)
        elif _exists(hive, key):
            hive.delete(key)


def _keys(hive: Key, path: str) -> Iterator[str]:
    """The path, or for one that ends in * the paths of all subkeys."""
    parent, star, _ = path.partition("\\*")
    if star:
        yield from (f"{parent}\\{key.name}" for key in hive.key(parent).in_order())
    else:
        yield path


def _value(effect: Mapping[str, Any], settings: Mapping[str, Any]) -> Value:
    data = effect["data"]
    if effect["type"] == "dword":
        return dword(data)
    text = (
        str(data).replace("{{kms_host}}", settings["KmsHost"]).replace("{{pagefile_mb}}", str(settings["PagefileMB"]))
    )
    match effect["type"]:
        case "sz":
            return string(text)
        case "expand_sz":
            return expandable(text)
        case _:
            return strings(text)


def _exists(hive: Key, path: str) -> bool:
    found: Key | None = hive
    for name in path.split("\\"):
        found = found.keys.get(name.upper()) if found else None
    return found is not None


def _restore(root: Key, healthy: Key, path: str) -> None:
    """Make a key what it is in a healthy guest."""
    if _exists(root, path):
        root.delete(path)
    if _exists(healthy, path):
        parent, _, name = path.rpartition("\\")
        root.key(parent).keys[name.upper()] = healthy.key(path)
