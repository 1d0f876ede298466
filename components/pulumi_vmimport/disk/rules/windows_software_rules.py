"""Rules for the software, the services and the pending restarts of Windows."""

from collections.abc import Callable, Iterator

from pulumi_vmimport.disk.disk_errors import UnknownFactError
from pulumi_vmimport.disk.rules.fact_reader import FactCheck, FactChecks, FactReader, Violation, expect
from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.disk.rules.text_format import name_list, quantity

_MIN_POWERSHELL, _MIN_DOTNET = 4, 378389
_MANUAL, _DISABLED = 3, 4
_OFFICE, _PCOIP, _VMWARE_TOOLS = "0ff1ce", "pcoip", "vmware tools"
_DEFENDER = frozenset({"windows defender", "microsoft defender antivirus"})
_LOCAL_ACCOUNTS = ("nt authority\\", "nt service\\", "nt virtual machine\\", "iis apppool\\", ".\\", "builtin\\")
# Packages that others bring with them, and that no user removes.
_FRAMEWORKS = ("microsoft.vclibs.", "microsoft.net.", "microsoft.ui.xaml.", "microsoft.windowsappruntime.")
_FRAMEWORKS_OF_STORE = ("microsoft.services.store.engagement", "microsoft.advertising.xaml")
_PASSED = frozenset({"success", "passed"})


def _powershell(facts: FactReader) -> Iterator[str]:
    major = (facts.text("powershell.version") or "").split(".")[0]
    if not major.isdecimal() or int(major) < _MIN_POWERSHELL:
        yield f"{facts.shown('powershell.version')}, expected {_MIN_POWERSHELL} or later"


def _installed(matches: Callable[[str, str], bool]) -> FactCheck:
    """A check for installed software, by the name of its key and its display name in lower case."""

    def checked(facts: FactReader) -> Iterator[str]:
        found = []
        for entry in facts.entries("software.installed") or ():
            key, name = str(entry.get("key") or ""), str(entry.get("name") or "")
            if matches(key.lower(), name.lower()):
                found.append(name or key)
        if found:
            yield f"{facts.evidence('software.installed')}: {name_list(found)}"

    return checked


def _uninstaller_of_pcoip(facts: FactReader) -> Iterator[str]:
    if facts.flag("file.pcoip_uninstaller"):
        yield f"{facts.evidence('file.pcoip_uninstaller')} exists"


def _service_of_vmware_tools(facts: FactReader) -> Iterator[Violation]:
    if facts.number("service.vmtools.start") is not None:
        yield Violation(f"the service VMTools: {facts.shown('service.vmtools.start')}", Severity.WARNING)


def _antivirus(facts: FactReader) -> Iterator[str]:
    names = facts.strings("antivirus.providers")
    if names is None:
        if (facts.text("windows.product_type") or "").lower() == "winnt":
            raise UnknownFactError(f"{facts.evidence('antivirus.providers')} is absent")
        return  # servers have no Security Center
    others = [name for name in names if name and name.lower() not in _DEFENDER and "defender" not in name.lower()]
    if others:
        yield f"{facts.evidence('antivirus.providers')}: {name_list(others)}"


def _domain_services(facts: FactReader) -> Iterator[str]:
    computer = f"{facts.text('windows.computer_name') or ''}\\".lower()
    local = (*_LOCAL_ACCOUNTS, computer) if len(computer) > 1 else _LOCAL_ACCOUNTS
    found = [
        f"{name} ({account})"
        for account, services in (facts.lists("services.accounts") or {}).items()
        if ("\\" in account or "@" in account) and not account.lower().startswith(local)
        for name in services
    ]
    if found:
        yield f"{facts.evidence('services.accounts')}: {name_list(found)}"


def _packages(listed: str, *others: str) -> FactCheck:
    """A check for apps of one list that none of the other lists has."""

    def checked(facts: FactReader) -> Iterator[str]:
        known = {_family(name) for id in ("appx.inbox", *others) for name in facts.strings(id) or ()}
        found = dict.fromkeys(
            name
            for entry in facts.strings(listed) or ()
            if _family(name := _package(entry)) not in known and not _is_framework(name)
        )
        if found:
            yield f"{facts.evidence(listed)}: {name_list(list(found))}"

    return checked


def _package(entry: str) -> str:
    """The full name of a package, without the user or the family that it belongs to."""
    return entry.rsplit("\\", 1)[-1]


def _family(package: str) -> str:
    """The name and the publisher of a package; versions differ between bundles and their packages."""
    parts = _package(package).lower().split("_")
    return f"{parts[0]}_{parts[-1]}"


def _is_framework(package: str) -> bool:
    return package.lower().startswith((*_FRAMEWORKS, *_FRAMEWORKS_OF_STORE))


def _pending_packages(facts: FactReader) -> Iterator[str]:
    packages = facts.strings("restart.pending_packages")
    if packages:
        yield f"{facts.evidence('restart.pending_packages')}: {name_list(packages)}"


def _is_set(id: str) -> FactCheck:
    def checked(facts: FactReader) -> Iterator[str]:
        if facts.flag(id):
            yield f"{facts.evidence(id)} exists"

    return checked


def _file_renames(facts: FactReader) -> Iterator[str]:
    names = facts.strings("restart.file_renames") or ()
    files = [name.removeprefix("\\??\\") for name in names[::2] if name]
    if files:
        yield f"{facts.evidence('restart.file_renames')}, {quantity(len(files), 'file')}: {name_list(files)}"


def _checker_failed(facts: FactReader) -> Iterator[str]:
    status = facts.text("byol_checker.status")
    if status is not None and status.lower() not in _PASSED:
        yield f"{facts.shown('byol_checker.status')}, {facts.text('byol_checker.date') or 'without a date'}"


CHECKS: FactChecks = {
    "windows-powershell": (_powershell,),
    "windows-dotnet": (expect("dotnet.release", lambda value: (value or 0) >= _MIN_DOTNET, f"{_MIN_DOTNET} or more"),),
    "windows-office": (_installed(lambda key, _: _OFFICE in key),),
    "windows-pcoip-agent": (
        _installed(lambda key, _: key.startswith(_PCOIP)),
        _uninstaller_of_pcoip,
        expect("service.pcoipagent.start", lambda value: value is None, "no such service"),
    ),
    "windows-vmware-tools": (_installed(lambda _, name: name == _VMWARE_TOOLS), _service_of_vmware_tools),
    "windows-antivirus": (_antivirus,),
    "windows-domain-services": (_domain_services,),
    "windows-modules-installer-disabled": (
        expect("service.trustedinstaller.start", lambda value: value != _DISABLED, f"{_MANUAL}"),
    ),
    "windows-remote-desktop-service": (
        expect("service.termservice.start", lambda value: value != _DISABLED, f"{_MANUAL}"),
    ),
    "windows-ssm-agent": (
        expect("service.amazonssmagent.start", lambda value: value in {None, _DISABLED}, f"{_DISABLED}"),
    ),
    "windows-appx-packages": (_packages("appx.users", "appx.all_users"),),
    "windows-appx-staged": (_packages("appx.staged", "appx.all_users", "appx.users"),),
    "windows-appx-provisioned": (_packages("appx.all_users"),),
    "windows-reserved-storage": (expect("reserved_storage.scenario", lambda value: value in {None, 0}, "0"),),
    "windows-restart-pending": (
        expect("restart.exclusive_session", lambda value: value in {None, 0}, "0"),
        _pending_packages,
        _is_set("restart.servicing"),
        _is_set("restart.updates"),
        _is_set("file.pending_updates"),
    ),
    "windows-file-renames-pending": (_file_renames,),
    "windows-byol-checker-failed": (_checker_failed,),
    "windows-update-enabled": (
        expect("service.wuauserv.start", lambda value: value in {None, _DISABLED}, f"{_DISABLED}"),
        expect("service.trustedinstaller.start", lambda value: value in {None, _MANUAL, _DISABLED}, f"{_MANUAL}"),
    ),
}
