"""The rules as data: id, severity, cause and remedy."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from pulumi_vmimport import service_limits
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


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule. The head of rules.toml documents the fields."""

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

    def severity_for(self, profile: ImageProfile) -> Severity:
        """The severity for an image of this profile."""
        return self.profile_severity.get(profile, self.severity)


@dataclass(frozen=True)
class RuleCatalog:
    """All rules, and what their fields refer to."""

    rules: Mapping[str, Rule]
    """By id, in the order in which findings of the same severity are shown"""
    sections: Mapping[str, str]
    sources: Mapping[str, str]
    checked: str
    """The ISO date on which the sources were read"""

    def source_of(self, rule: Rule) -> str:
        """The troubleshooting entries and the page behind a rule."""
        return "; ".join(filter(None, [", ".join(rule.troubleshooting), self.sources[rule.source]]))


@cache
def rule_catalog() -> RuleCatalog:
    """The rules of rules.toml."""
    text = resources.files(__package__).joinpath("rules.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    rules = [_rule(entry) for entry in data["rule"]]
    return RuleCatalog(
        {rule.id: rule for rule in rules}, data["sections"], data["sources"], data["checked"].isoformat()
    )


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
        }
    )
