"""The rules about the operating system of a disk, as checks of an image."""

from collections import defaultdict
from collections.abc import Iterator

from pulumi_vmimport.disk.rules.guest_verdicts import FACT_CHECKS, Verdict, rule_verdicts, verdict_of
from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog
from pulumi_vmimport.disk.rules.rule_context import Check, Checks, Evidence, RuleContext
from pulumi_vmimport.disk.rules.text_format import name_list


def _not_read(context: RuleContext) -> Iterator[Evidence]:
    if context.root and context.guest and context.guest.system is None:
        yield Evidence(context.root.name, context.guest.unknown or "no operating system was recognized")


def _unknown(context: RuleContext) -> Iterator[Evidence]:
    """One finding for each reason, because one reason usually makes many rules inconclusive."""
    if context.root is None or context.guest is None:
        return
    by_reason = defaultdict[str, list[str]](list)
    for found in rule_verdicts(context.guest, context.profile):
        if found.verdict is Verdict.UNKNOWN:
            by_reason[found.evidence].append(found.rule)
    for reason, rules in by_reason.items():
        yield Evidence(context.root.name, f"{reason}; not checked: {name_list(rules)}")


def _failed(rule: str) -> Check:
    def checked(context: RuleContext) -> Iterator[Evidence]:
        known = rule_catalog().rules[rule]
        if context.root is None or context.guest is None or context.guest.system is not known.system:
            return
        found = verdict_of(known, context.guest, context.profile)
        if found.verdict is Verdict.FAIL:
            yield Evidence(context.root.name, found.evidence, severity=found.severity)

    return checked


CHECKS: Checks = {
    "guest-not-read": _not_read,
    "guest-checks-unknown": _unknown,
    **{rule: _failed(rule) for rule in FACT_CHECKS},
}
