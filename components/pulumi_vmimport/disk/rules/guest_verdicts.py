"""The verdict of each rule about the operating system of a disk."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pulumi_vmimport.disk.disk_errors import UnknownFactError
from pulumi_vmimport.disk.guest.guest_facts import GuestFacts, GuestSystem, Origin
from pulumi_vmimport.disk.rules import (
    linux_rules,
    windows_account_rules,
    windows_network_rules,
    windows_rules,
    windows_software_rules,
)
from pulumi_vmimport.disk.rules.fact_reader import FactChecks, FactReader, Violation
from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.disk.rules.rule_catalog import Rule, rule_catalog
from pulumi_vmimport.disk.rules.text_format import name_list
from pulumi_vmimport.image_profile import ImageProfile

FACT_CHECKS: FactChecks = {
    **windows_rules.CHECKS,
    **windows_software_rules.CHECKS,
    **windows_account_rules.CHECKS,
    **windows_network_rules.CHECKS,
    **linux_rules.CHECKS,
}

_SHUT_DOWN = {GuestSystem.WINDOWS: "windows-not-shut-down", GuestSystem.LINUX: "linux-needs-recovery"}
NOT_SHUT_DOWN = "the system was not shut down completely, so the disk may miss changes"


class Verdict(StrEnum):
    """The result of one rule."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class GuestVerdict:
    """The result of one rule about a guest."""

    rule: str
    """The id of the rule, or of an entry that no disk can decide"""
    verdict: Verdict
    evidence: str
    """What was found, with its value; for an unknown result the reason"""
    codes: tuple[str, ...] = ()
    """The error codes that a WorkSpaces image would have"""
    how: str | None = None
    """How to find out what the disk does not show. Default: the verdict is conclusive"""
    severity: Severity | None = None
    """The severity of a failed rule"""


def guest_verdicts(facts: GuestFacts, profile: ImageProfile) -> tuple[GuestVerdict, ...]:
    """The verdicts in the order of the rules; then, for WorkSpaces, what no disk can decide."""
    return (*rule_verdicts(facts, profile), *_undecidable(facts, profile))


def rule_verdicts(facts: GuestFacts, profile: ImageProfile) -> Iterator[GuestVerdict]:
    """The verdicts of the rules, without what no disk can decide."""
    for rule in rule_catalog().rules.values():
        if rule.system is not None and rule.system is facts.system and profile in rule.profiles:
            yield verdict_of(rule, facts, profile)


def verdict_of(rule: Rule, facts: GuestFacts, profile: ImageProfile) -> GuestVerdict:
    """The verdict of one rule about this system. A pass is unknown if the disk may miss changes."""
    if rule.id in _SHUT_DOWN.values() and facts.origin is Origin.GUEST:
        return GuestVerdict(rule.id, Verdict.PASS, "the facts are those of the running guest", rule.codes)
    verdict, details, severities = _result(rule, facts)
    severity = None
    if verdict is Verdict.FAIL:
        order = list(Severity)
        severity = min((severity or rule.severity_for(profile) for severity in severities), key=order.index)
    elif verdict is Verdict.PASS and not _is_conclusive(facts):
        verdict, details = Verdict.UNKNOWN, [NOT_SHUT_DOWN]
    return GuestVerdict(rule.id, verdict, name_list(details), rule.codes, rule.partly, severity)


def _is_conclusive(facts: GuestFacts) -> bool:
    """Whether the disk has every change that the system made."""
    if facts.origin is Origin.GUEST or facts.system is None:
        return True
    return _result(rule_catalog().rules[_SHUT_DOWN[facts.system]], facts)[0] is Verdict.PASS


def _result(rule: Rule, facts: GuestFacts) -> tuple[Verdict, list[str], list[Severity | None]]:
    """The verdict with the violations, the reasons for which it is unknown, or the facts that pass."""
    reader, violations, reasons = FactReader(facts), list[Violation](), list[str]()
    for check in FACT_CHECKS[rule.id]:
        try:
            violations += [v if isinstance(v, Violation) else Violation(v) for v in check(reader)]
        except UnknownFactError as error:
            reasons.append(error.reason)
    if violations:
        return Verdict.FAIL, [v.detail for v in violations], [v.severity for v in violations]
    reasons += [f"{fact.evidence}: {fact.incomplete}" for fact in reader.seen.values() if fact.incomplete]
    if reasons:
        return Verdict.UNKNOWN, list(dict.fromkeys(reasons)), []
    return Verdict.PASS, [fact.shown() for fact in reader.seen.values()], []


def _undecidable(facts: GuestFacts, profile: ImageProfile) -> Iterator[GuestVerdict]:
    if facts.system is GuestSystem.WINDOWS and profile is ImageProfile.BYOL_WORKSPACES:
        for entry in rule_catalog().undecidable:
            reason = f"no disk shows {entry.what}"
            yield GuestVerdict(entry.id, Verdict.UNKNOWN, reason, entry.codes, entry.how)
