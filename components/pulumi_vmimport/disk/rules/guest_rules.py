"""The rules about the operating system of a disk, as checks of an image."""

from collections import defaultdict
from collections.abc import Iterator

from pulumi_vmimport.disk.guest.guest_facts import NO_WINDOWS, GuestSystem
from pulumi_vmimport.disk.rules.guest_verdicts import FACT_CHECKS, Verdict, rule_verdicts, verdict_of
from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog
from pulumi_vmimport.disk.rules.rule_context import Check, Checks, Evidence, RuleContext
from pulumi_vmimport.disk.rules.text_format import name_list
from pulumi_vmimport.image_profile import ImageProfile


def _without_windows(context: RuleContext) -> Iterator[Evidence]:
    """Whether the disk certainly has no Windows; a volume that could not be read may hold it."""
    if context.root is None or context.guest is None:
        return
    if context.guest.system is GuestSystem.LINUX:
        yield Evidence(context.root.name, "the disk holds Linux")
    elif context.guest.system is None and context.guest.unknown == NO_WINDOWS:
        yield Evidence(context.root.name, NO_WINDOWS)


def _not_read(context: RuleContext) -> Iterator[Evidence]:
    if context.profile is ImageProfile.BYOL_WORKSPACES and any(_without_windows(context)):
        return  # a problem of its own
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
    "windows-missing": _without_windows,
    "guest-not-read": _not_read,
    "guest-checks-unknown": _unknown,
    **{rule: _failed(rule) for rule in FACT_CHECKS},
}
