"""A rule of the policy pack: what it reports, and its texts for the engine and for docs/policies.md."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pulumi_vmimport.policies.stack_facts import StackFacts, StackResource


class Severity(StrEnum):
    """How much harm a finding means."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Enforcement(StrEnum):
    """What a finding does unless the pack's configuration says otherwise."""

    ADVISORY = "advisory"
    """Pulumi shows it"""
    MANDATORY = "mandatory"
    """Pulumi shows it and fails"""


@dataclass(frozen=True)
class Finding:
    """What is wrong with one resource."""

    resource: StackResource
    message: str


Settings = Mapping[str, Any]
"""The settings of a rule from the pack's configuration."""


@dataclass(frozen=True)
class Rule:
    """A rule. It reports only what the stack shows for certain: an unknown value is never a finding."""

    id: str
    title: str
    """What every stack should fulfill, as a sentence"""
    severity: Severity
    enforcement: Enforcement
    remediation: str
    doc: str
    """What the rule reads, and when it reports nothing"""
    sources: tuple[str, ...]
    findings: Callable[[StackFacts, Settings], Iterator[Finding]]
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The JSON schema of each setting"""
