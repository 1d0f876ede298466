"""The rules as data: what each is called, how grave it is, why, and what helps."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.image_profile import ImageProfile


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule. What the fields are is told at the top of rules.toml."""

    id: str
    section: str
    severity: Severity
    cause: str
    remedy: str
    needs: tuple[str, ...]
    source: str
    but_for: Mapping[ImageProfile, Severity] = field(default_factory=dict)
    profiles: tuple[ImageProfile, ...] = tuple(ImageProfile)
    deep: bool = False

    def severity_for(self, profile: ImageProfile) -> Severity:
        """How grave it is for what the image is meant for."""
        return self.but_for.get(profile, self.severity)


@dataclass(frozen=True)
class RuleCatalog:
    """All rules, and what their fields refer to."""

    rules: Mapping[str, Rule]
    """By their ids, in the order in which findings of the same severity are shown"""
    sections: Mapping[str, str]
    sources: Mapping[str, str]
    checked: str
    """When the sources were read, an ISO date"""


@cache
def rule_catalog() -> RuleCatalog:
    """The catalogue as the package has it."""
    text = resources.files(__package__).joinpath("rules.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    rules = [_rule(entry) for entry in data["rule"]]
    return RuleCatalog(
        {rule.id: rule for rule in rules}, data["sections"], data["sources"], data["checked"].isoformat()
    )


def _rule(entry: Mapping[str, Any]) -> Rule:
    return Rule(
        **{
            **entry,
            "severity": Severity(entry["severity"]),
            "but_for": {ImageProfile(name): Severity(value) for name, value in entry.get("but_for", {}).items()},
            "profiles": tuple(map(ImageProfile, entry.get("profiles", tuple(ImageProfile)))),
            "needs": tuple(entry["needs"]),
        }
    )
