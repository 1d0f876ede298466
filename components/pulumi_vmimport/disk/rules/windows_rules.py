"""Rules for the release, the boot loader, Setup and the settings of Windows."""

from collections.abc import Iterator

from pulumi_vmimport.disk.disk_errors import UnknownFactError
from pulumi_vmimport.disk.guest.windows_releases import BYOL_BUILDS, FIRST_WINDOWS_11_BUILD
from pulumi_vmimport.disk.rules.fact_reader import FactChecks, FactReader, Violation, expect
from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.disk.rules.text_format import name_list

_CLIENT = "winnt"
_ENGLISH, _ENGLISH_NAME = 0x0409, "en-us"
_COMPLETE = "IMAGE_STATE_COMPLETE"
_UPGRADE_MARKS = ("source os", "upgrade")
# Without the trailing backslash that Windows writes to the last one.
_PATH_FOLDERS = (
    r"%systemroot%\system32",
    r"%systemroot%",
    r"%systemroot%\system32\wbem",
    r"%systemroot%\system32\windowspowershell\v1.0",
)
_EDITIONS = ("professional", "enterprise", "education", "iotenterprise")
"""The starts of EditionID; endings such as N and S name variants"""
_DISABLED = 4


def _build(facts: FactReader) -> int:
    text = facts.text("windows.build")
    if text is None or not text.isdecimal():
        raise UnknownFactError(f"{facts.shown('windows.build')}: expected a number")
    return int(text)


def _is_client(facts: FactReader) -> bool:
    product = facts.text("windows.product_type")
    if product is None:
        raise UnknownFactError(facts.shown("windows.product_type"))
    return product.lower() == _CLIENT


def _server(facts: FactReader) -> Iterator[str]:
    if not _is_client(facts):
        yield f"{facts.shown('windows.product_type')}, expected WinNT, a client"


def _unlisted_build(facts: FactReader) -> Iterator[str]:
    build = _build(facts)
    if build > max(BYOL_BUILDS):
        raise UnknownFactError(f"build {build} is newer than the builds of BYOL Checker 2.13.25; check AWS's page")
    if build not in BYOL_BUILDS:
        yield f"{facts.shown('windows.build')}, not among the builds that BYOL Checker accepts"


def _edition(facts: FactReader) -> Iterator[Violation]:
    edition = facts.text("windows.edition")
    if edition is not None and _is_client(facts) and not edition.lower().startswith(_EDITIONS):
        yield Violation(
            f"{facts.shown('windows.edition')}, expected Professional, Enterprise or Education", Severity.WARNING
        )


def _architecture(facts: FactReader) -> Iterator[str]:
    architecture = facts.text("windows.architecture")
    if architecture is None:
        raise UnknownFactError(facts.shown("windows.architecture"))
    if architecture.lower() != "amd64":
        yield f"{facts.shown('windows.architecture')}, expected AMD64"


def _upgraded(facts: FactReader) -> Iterator[str]:
    names = facts.strings("setup.subkeys") or ()
    found = [name for name in names if any(mark in name.lower() for mark in _UPGRADE_MARKS)]
    if found:
        yield f"{facts.evidence('setup.subkeys')} has {name_list(found)}"


def _is_efi(facts: FactReader) -> bool:
    loader = facts.text("boot.loader")
    if loader is None:
        raise UnknownFactError(facts.shown("boot.loader"))
    return loader.lower().endswith(".efi")


def _windows_10_uefi(facts: FactReader) -> Iterator[str]:
    build = _build(facts)
    if build < FIRST_WINDOWS_11_BUILD and _is_client(facts) and _is_efi(facts):
        yield f"build {build} with {facts.shown('boot.loader')}"


def _partition_table(facts: FactReader) -> Iterator[str]:
    table, is_efi = facts.text("boot.partition_table"), _is_efi(facts)
    if table not in {"mbr", "gpt"}:
        raise UnknownFactError(facts.shown("boot.partition_table"))
    if (table == "gpt") != is_efi:
        yield f"{facts.shown('boot.loader')} on a disk with {table.upper()}"


def _install_language(facts: FactReader) -> Iterator[str]:
    text = facts.text("windows.install_language")
    try:
        language = int(text or "", 16)
    except ValueError as error:
        raise UnknownFactError(facts.shown("windows.install_language")) from error
    if language != _ENGLISH:
        yield f"{facts.shown('windows.install_language')}, expected 0409"


def _language_packs(facts: FactReader) -> Iterator[Violation]:
    others = [name for name in facts.strings("windows.interface_languages") or () if name.lower() != _ENGLISH_NAME]
    if others:
        detail = f"{facts.evidence('windows.interface_languages')} has {name_list(others)}"
        yield Violation(detail, Severity.WARNING)


def _setup_state(facts: FactReader) -> Iterator[str]:
    state = facts.text("setup.image_state")
    if state is not None and state.upper() != _COMPLETE:
        yield f"{facts.shown('setup.image_state')}, expected {_COMPLETE}"


def _no_sysprep(facts: FactReader) -> Iterator[str]:
    if facts.flag("file.sysprep") is False:
        yield f"{facts.evidence('file.sysprep')} does not exist"


def _has_hyper_v(facts: FactReader) -> Iterator[str]:
    if facts.number("service.vmms.start") not in {None, _DISABLED}:
        yield facts.shown("service.vmms.start")


def _emergency_management(facts: FactReader) -> Iterator[str]:
    if facts.flag("boot.emergency_management"):
        yield facts.shown("boot.emergency_management")


def _path(facts: FactReader) -> Iterator[str]:
    text = facts.text("environment.path")
    if text is None:
        yield facts.shown("environment.path")
        return
    entries = {_normalized(entry) for entry in text.split(";")}
    missing = [folder for folder in _PATH_FOLDERS if folder not in entries]
    if missing:
        yield f"{facts.evidence('environment.path')} lacks {name_list(missing)}"


def _normalized(entry: str) -> str:
    folder = entry.strip().strip('"').lower().rstrip("\\")
    return folder.replace("c:\\windows", "%systemroot%").replace("%windir%", "%systemroot%")


def _drive_d(facts: FactReader) -> Iterator[Violation]:
    value = facts.value("mounted.d")
    if not isinstance(value, dict):
        return
    detail = f"{facts.evidence('mounted.d')}: {value.get('device')}"
    if value.get("partition") is None:
        yield Violation(f"{detail}, which may be gone", Severity.WARNING)
    else:
        yield Violation(f"{detail}, partition {value['partition']} of this disk")


def _page_file(facts: FactReader) -> Iterator[str]:
    automatic = [file for file in facts.strings("memory.page_files") or () if _has_no_size(file)]
    if automatic:
        yield f"{facts.evidence('memory.page_files')}: {name_list(automatic)}"


def _has_no_size(file: str) -> bool:
    words = file.split()
    return bool(words) and (words[0].startswith("?:") or len(words) == 1 or words[-2:] == ["0", "0"])


def _volume_in_use(facts: FactReader) -> Iterator[str]:
    if facts.flag("shutdown.volume_clean") is False:
        yield facts.evidence("shutdown.volume_clean")


def _hives_in_use(facts: FactReader) -> Iterator[str]:
    dirty = facts.strings("shutdown.unfinished_hives")
    if dirty:
        yield f"unfinished writes to the registry: {name_list(dirty)}"


CHECKS: FactChecks = {
    "windows-not-shut-down": (_volume_in_use, _hives_in_use),
    "windows-release": (_server, _unlisted_build, _edition),
    "windows-32-bit": (_architecture,),
    "windows-upgraded": (_upgraded,),
    "windows-10-uefi": (_windows_10_uefi,),
    "windows-partition-table": (_partition_table,),
    "windows-language": (_install_language, _language_packs),
    "windows-setup-unfinished": (
        expect("setup.in_progress", lambda value: value in {None, 0}, "0"),
        expect("setup.oobe_in_progress", lambda value: value in {None, 0}, "0"),
        _setup_state,
    ),
    "windows-sysprep-missing": (_no_sysprep,),
    "windows-memory-integrity": (
        expect("memory_integrity.enabled", lambda value: value in {None, 0}, "0"),
        expect("memory_integrity.locked", lambda value: value in {None, 0}, "0"),
        expect("credential_guard.flags", lambda value: value in {None, 0}, "0"),
    ),
    "windows-hyper-v": (_has_hyper_v,),
    "windows-ems": (_emergency_management,),
    "windows-path": (_path,),
    "windows-automount-disabled": (expect("mount.no_automount", lambda value: value in {None, 0}, "0"),),
    "windows-drive-d": (_drive_d,),
    "windows-clock-local": (expect("clock.is_universal", lambda value: value == 1, "1"),),
    "windows-page-file-automatic": (_page_file,),
}
