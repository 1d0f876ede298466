"""The rules as data: id, severity, cause and remedy. rules.toml is for images, the others are for what is on them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from pulumi_vmimport import service_limits
from pulumi_vmimport.disk.guest.guest_facts import GuestSystem
from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.image_profile import ImageProfile

# What {names} in rules.toml stand for.
_LIMITS = {
    "max_import_volumes": service_limits.MAX_IMPORT_VOLUMES,
    "image_limit_tib": service_limits.IMAGE_DISK_LIMIT_BYTES // service_limits.TIB,
    "snapshot_limit_tib": service_limits.SNAPSHOT_DISK_LIMIT_BYTES // service_limits.TIB,
    "byol_disk_gb": service_limits.BYOL_DISK_GIB,
    "byol_checker_disk_gb": service_limits.BYOL_CHECKER_DISK_GIB,
    "import_free_windows_gb": service_limits.IMPORT_FREE_WINDOWS_GIB,
    "import_free_mb": service_limits.IMPORT_FREE_MIB,
    "byol_free_gb": service_limits.BYOL_FREE_GIB,
    "byol_free_with_office_gb": service_limits.BYOL_FREE_WITH_OFFICE_GIB,
}


_FILES = ("rules.toml", "guest_rules.toml", "linux_rules.toml")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule. The heads of rules.toml and guest_rules.toml document the fields."""

    id: str
    section: str
    severity: Severity
    summary: str
    cause: str
    remedy: str
    source: str
    troubleshooting: tuple[str, ...] = ()
    profile_severity: Mapping[ImageProfile, Severity] = field(default_factory=dict)
    profiles: tuple[ImageProfile, ...] = tuple(ImageProfile)
    deep: bool = False
    codes: tuple[str, ...] = ()
    system: GuestSystem | None = None
    step: str | None = None
    assumed: bool = False
    preparation: bool = False
    partly: str | None = None

    def severity_for(self, profile: ImageProfile) -> Severity:
        """The severity for an image of this profile."""
        return self.profile_severity.get(profile, self.severity)


@dataclass(frozen=True, kw_only=True)
class Undecidable:
    """What no disk shows, and how to find out."""

    id: str
    codes: tuple[str, ...]
    what: str
    how: str
    step: str | None = None


@dataclass(frozen=True)
class RuleCatalog:
    """All rules, and what their fields refer to."""

    rules: Mapping[str, Rule]
    """By id, in the order in which findings of the same severity are shown"""
    sections: Mapping[str, str]
    sources: Mapping[str, str]
    checked: str
    """The ISO date on which the sources were read"""
    undecidable: tuple[Undecidable, ...]

    def source_of(self, rule: Rule) -> str:
        """The troubleshooting entries and the page behind a rule."""
        return "; ".join(filter(None, [", ".join(rule.troubleshooting), self.sources[rule.source]]))


@cache
def rule_catalog() -> RuleCatalog:
    """The rules of all files."""
    image, guest, linux = map(_data, _FILES)
    return RuleCatalog(
        rules={rule.id: rule for rule in map(_rule, [*image["rule"], *guest["rule"], *linux["rule"]])},
        sections={**image["sections"], **guest["sections"], **linux["sections"]},
        sources={**image["sources"], **guest["sources"]},
        checked=min(image["checked"], guest["checked"], linux["checked"]).isoformat(),
        undecidable=tuple(Undecidable(**{**entry, "codes": tuple(entry["codes"])}) for entry in guest["undecidable"]),
    )


def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _rule(entry: Mapping[str, Any]) -> Rule:
    severities = entry.get("profile_severity", {})
    return Rule(
        **{
            **entry,
            "severity": Severity(entry["severity"]),
            "summary": entry["summary"].format_map(_LIMITS),
            "cause": entry["cause"].format_map(_LIMITS),
            "remedy": entry["remedy"].format_map(_LIMITS),
            "profile_severity": {ImageProfile(name): Severity(value) for name, value in severities.items()},
            "profiles": tuple(map(ImageProfile, entry.get("profiles", tuple(ImageProfile)))),
            "troubleshooting": tuple(entry.get("troubleshooting", ())),
            "codes": tuple(entry.get("codes", ())),
            "system": GuestSystem(entry["system"]) if "system" in entry else None,
        }
    )
