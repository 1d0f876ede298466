"""The operating systems and disk images that VM Import/Export supports: supported_systems.toml.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pulumi_vmimport.aws.ec2.import_options import BootMode, LicenseType, Platform
from pulumi_vmimport.aws.tables.table_file import read_table

Version = tuple[int, ...]
"""The numbers of a version: `8.10` is (8, 10), `2012 R2` is (2012, 2)."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """Releases of a family with the same support. Versions are numbers or ranges of numbers."""

    versions: tuple[str, ...]
    bits: tuple[int, ...] = (64,)
    editions: tuple[str, ...] = ()
    kernels: tuple[str, ...] = ()
    boot_mode: BootMode | None = None
    default_regions_only: bool = False
    not_in_regions: tuple[str, ...] = ()
    end_of_life: bool = False
    withdrawn: bool = False
    """Whether AWS announced the end of its support."""
    note: str | None = None

    def match_quality(self, version: Version) -> int:
        """How many numbers of a version match, doubled, plus one for an exact match; 0 if it is no such version."""
        return max(_match_quality(listed, version) for listed in self.versions)


@dataclass(frozen=True, kw_only=True)
class System:
    """A family of operating systems."""

    family: str
    names: tuple[str, ...]
    """Its names in lower case."""
    platform: Platform
    licenses: tuple[LicenseType, ...]
    releases: tuple[Release, ...]
    point_releases: bool = True
    note: str | None = None

    @property
    def is_client(self) -> bool:
        """Whether it is a Windows client edition, which AWS does not license."""
        return self.platform is Platform.WINDOWS and LicenseType.AWS not in self.licenses

    def find_release(self, version: Version) -> Release | None:
        """The release that a version belongs to."""
        best = max(self.releases, key=lambda release: release.match_quality(version))
        return best if best.match_quality(version) else None


@dataclass(frozen=True)
class SystemsTable:
    """The whole table. Dates are ISO dates."""

    systems: tuple[System, ...]
    formats: tuple[Mapping[str, Any], ...]
    volumes: tuple[Mapping[str, Any], ...]
    checked: str
    source: str
    withdrawn_from: str
    i386_stops: str
    default_regions: tuple[str, ...]
    languages: Mapping[str, tuple[str, ...]]
    """The names and tags of each language beside English"""

    def is_opt_in(self, region: str) -> bool:
        """Whether a Region of partition aws has to be enabled for an account."""
        is_commercial = not region.startswith(("cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-"))
        return is_commercial and region not in self.default_regions


@cache
def table() -> SystemsTable:
    """The table in this package."""
    data = read_table("supported_systems")
    dates = {name: data[name].isoformat() for name in ("checked", "withdrawn_from", "i386_stops")}
    systems = tuple(map(_system, data["system"]))
    formats, volumes = tuple(data["format"]), tuple(data["volume"])
    languages = {name: tuple(words) for name, words in data["languages"].items()}
    regions = tuple(data["default_regions"])
    return SystemsTable(
        systems, formats, volumes, source=data["source"], default_regions=regions, languages=languages, **dates
    )


def version_numbers(text: str) -> Version:
    """The numbers of a version such as `8.10` or `2012 R2`."""
    return tuple(map(int, text.replace(" R2", ".2").split(".")))


def _match_quality(listed: str, version: Version) -> int:
    first, _, last = listed.partition("-")
    low, high = version_numbers(first), version_numbers(last or first)
    length = min(len(low), len(version))
    if not low[:length] <= version[:length] <= high[:length]:
        return 0
    return 2 * length + (low == version)


def _system(entry: Mapping[str, Any]) -> System:
    releases = tuple(Release(**_fields(release)) for release in entry["releases"])
    licenses = tuple(map(LicenseType, entry["licenses"]))
    return System(
        **{**_fields(entry), "platform": Platform(entry["platform"]), "licenses": licenses, "releases": releases}
    )


def _fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
    return values | ({"boot_mode": BootMode(entry["boot_mode"])} if "boot_mode" in entry else {})
