"""Which operating systems VM Import/Export takes, judged by the table of supported_systems.toml. Pure.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Any

from pulumi_vmimport.aws.ec2.import_options import Architecture, BootMode, LicenseType, Platform, UsageOperation

_VERSION = re.compile(r"(?P<numbers>\d+(?:\.\d+)*)(?:\s*(?:sp|service pack)\s*(?P<pack>\d))?\s*(?P<r2>r2)?")
_IS_32_BIT = re.compile(r"\b(?:32[ -]?bit|i[3-6]86|x86)(?![\w-])")
_IS_ARM = re.compile(r"\b(?:arm64|aarch64)\b")
_EDITIONS = {
    "standard": "Standard", "datacenter": "Datacenter", "enterprise": "Enterprise", "web": "Web Server",
    "home": "Home", "pro": "Professional", "professional": "Professional", "ultimate": "Ultimate",
    "education": "Education", "essentials": "Essentials", "foundation": "Foundation", "nano": "Nano Server",
}  # fmt: skip
_MOST_SHOWN = 4


@dataclass(frozen=True, kw_only=True)
class Release:
    """Releases of a family that are supported in the same way. Versions are numbers or ranges of them."""

    versions: tuple[str, ...]
    bits: tuple[int, ...] = (64,)
    editions: tuple[str, ...] = ()
    kernels: tuple[str, ...] = ()
    boot_mode: BootMode | None = None
    default_regions_only: bool = False
    not_in_regions: tuple[str, ...] = ()
    end_of_life: bool = False
    withdrawn: bool = False
    """Whether AWS announced to take it off the list."""
    note: str | None = None

    def closeness(self, version: tuple[int, ...]) -> int:
        """How well a version fits: 0 not at all, more the more of its numbers are named here."""
        return max(_closeness(listed, version) for listed in self.versions)


@dataclass(frozen=True, kw_only=True)
class System:
    """A family of operating systems."""

    family: str
    names: tuple[str, ...]
    """What it is called, in small letters."""
    platform: Platform
    licenses: tuple[LicenseType, ...]
    releases: tuple[Release, ...]
    point_releases: bool = True
    note: str | None = None

    def release(self, version: tuple[int, ...]) -> Release | None:
        """The release that a version is one of."""
        best = max(self.releases, key=lambda release: release.closeness(version))
        return best if best.closeness(version) else None


@dataclass(frozen=True)
class Table:
    """The whole table; the dates are ISO ones."""

    systems: tuple[System, ...]
    formats: tuple[Mapping[str, Any], ...]
    volumes: tuple[Mapping[str, Any], ...]
    limits: Mapping[str, int]
    checked: str
    source: str
    withdrawn_from: str
    i386_stops: str


@dataclass(frozen=True)
class Named:
    """What a text such as "Windows Server 2019 Datacenter" names."""

    system: System
    version: tuple[int, ...]
    release: Release | None
    """None where the family is in the table and this version is not."""


@cache
def table() -> Table:
    """The table as the package has it."""
    text = resources.files(__package__).joinpath("supported_systems.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    dates = {name: data[name].isoformat() for name in ("checked", "withdrawn_from", "i386_stops")}
    systems = tuple(map(_system, data["system"]))
    formats, volumes = tuple(data["format"]), tuple(data["volume"])
    return Table(systems, formats, volumes, data["limits"], source=data["source"], **dates)


def identify(operating_system: str) -> Named | None:
    """What the text names; None where no family of the table is in it, or no version."""
    text = _plain(operating_system)
    names = [(name, system) for system in table().systems for name in system.names]
    for name, system in sorted(names, key=lambda pair: -len(pair[0])):
        found = re.search(rf"\b{re.escape(name)}(?![a-z])", text)
        number = _VERSION.search(text, found.end()) if found else None
        if number:
            version = _version(number, with_packs=system.platform is Platform.LINUX)
            return Named(system, version, system.release(version))
    return None


def problems(  # each of the inputs may be None: not given, or not known yet
    operating_system: str,
    *,
    region: str | None = None,
    platform: Platform | None = None,
    license_type: LicenseType | None = None,
    usage_operation: UsageOperation | None = None,
    boot_mode: BootMode | None = None,
) -> Iterator[tuple[str, str]]:
    """What speaks against importing the system with these inputs: (input, reason). IMG-08, OS-01."""
    if _IS_ARM.search(operating_system.lower()):
        yield "operatingSystem", f"{operating_system!r} is for ARM64, expected a system for x86-64"
        return
    named = identify(operating_system)
    if named is None or (named.release is None and not _point_releases(named)):
        yield "operatingSystem", _unlisted(operating_system, named)
        return
    system, release = named.system, named.release
    if platform is not None and platform is not system.platform:
        yield "platform", f"expected {system.platform} for {operating_system}, got {platform}"
    licenses = " or ".join(system.licenses)
    if license_type is not None and license_type not in system.licenses:
        yield "licenseType", f"expected {licenses} for {operating_system}, got {license_type} (IMG-08)"
    is_client = system.platform is Platform.WINDOWS and LicenseType.AWS not in system.licenses
    if usage_operation is not None and is_client and usage_operation is not UsageOperation.WINDOWS_BYOL:
        expected = UsageOperation.WINDOWS_BYOL.value
        yield "usageOperation", f"expected {expected} for {operating_system}, got {usage_operation.value} (IMG-08)"
    if release is not None and release.boot_mode and boot_mode not in (None, release.boot_mode):
        yield "bootMode", f"expected {release.boot_mode} for {operating_system}, got {boot_mode}"
    if release is not None and region in release.not_in_regions:
        yield "operatingSystem", f"AWS does not support {operating_system} in {region}; import in another Region"


def warnings(
    operating_system: str, *, architecture: Architecture | None = None, boot_mode: BootMode | None = None
) -> Iterator[str]:
    """What may go wrong with the system, each as a sentence without its full stop."""
    named = identify(operating_system)
    if architecture is Architecture.I386 or _IS_32_BIT.search(operating_system.lower()):
        yield f"AWS stopped importing 32-bit systems on {table().i386_stops} ({table().source})"
    release = named.release if named else None
    if release is None:
        if named and (listed := _point_releases(named)):
            yield (
                f"{operating_system} is none of the point releases that AWS lists ({listed}); the import fails if its "
                "kernel is another one than theirs (TR-67)"
            )
        return
    if release.end_of_life:
        announced = f"; its withdrawal was announced for {table().withdrawn_from}" if release.withdrawn else ""
        yield f"AWS counts {operating_system} among the systems at the end of life and does not test it{announced}"
    unlisted = sorted(_editions(operating_system) - set(release.editions)) if release.editions else []
    if unlisted:
        yield f"AWS lists {', '.join(release.editions)} of it, not {', '.join(unlisted)}: {operating_system}"
    if release.boot_mode and boot_mode is None:
        yield f"{operating_system} needs {release.boot_mode}: set bootMode, or EC2 may choose another one"


def _system(entry: Mapping[str, Any]) -> System:
    releases = tuple(Release(**_tuples(release)) for release in entry["releases"])
    licenses = tuple(map(LicenseType, entry["licenses"]))
    return System(
        **{**_tuples(entry), "platform": Platform(entry["platform"]), "licenses": licenses, "releases": releases}
    )


def _tuples(entry: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
    return values | ({"boot_mode": BootMode(entry["boot_mode"])} if "boot_mode" in entry else {})


def _plain(text: str) -> str:
    return " ".join(re.sub(r"\bmicrosoft\b|\(r\)|[®™(),]", " ", text.lower()).split())


def _version(number: re.Match[str], *, with_packs: bool) -> tuple[int, ...]:
    version = _numbers(number["numbers"])
    if with_packs and number["pack"]:
        return (*version[:1], int(number["pack"]))
    return (*version, 2) if number["r2"] else version


def _numbers(text: str) -> tuple[int, ...]:
    """`8.10` as (8, 10), `2012 R2` as (2012, 2)."""
    return tuple(map(int, text.replace(" R2", ".2").split(".")))


def _closeness(listed: str, version: tuple[int, ...]) -> int:
    first, _, last = listed.partition("-")
    low, high = _numbers(first), _numbers(last or first)
    length = min(len(low), len(version))
    if not low[:length] <= version[:length] <= high[:length]:
        return 0
    return 2 * length + (low == version)


def _point_releases(named: Named) -> str:
    """The point releases of the version's release that are listed; empty where there are none."""
    listed = [version for release in named.system.releases for version in release.versions]
    siblings = [version for version in listed if _numbers(version.partition("-")[0])[:1] == named.version[:1]]
    return ", ".join(siblings) if named.system.point_releases else ""


def _unlisted(operating_system: str, named: Named | None) -> str:
    families = {named.system} if named else set()
    names = {
        f"{system.family} {version}": system
        for system in table().systems
        for release in system.releases
        for version in release.versions
    }
    by_letters = {name.lower(): name for name in names}
    near = [by_letters[n] for n in get_close_matches(_plain(operating_system), by_letters, _MOST_SHOWN, cutoff=0.6)]
    same = [name for name, system in names.items() if system in families][-_MOST_SHOWN:]
    shown = ", ".join(dict.fromkeys([*near, *same])) or ", ".join(system.family for system in table().systems)
    return (
        f"AWS does not list {operating_system!r} (as of {table().checked}), expected one such as {shown}; if it does "
        f"by now, set skipOperatingSystemCheck; {table().source}"
    )


def _editions(operating_system: str) -> set[str]:
    return {_EDITIONS[word] for word in re.findall(r"[a-z]+", operating_system.lower()) if word in _EDITIONS}
