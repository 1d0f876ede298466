"""Evaluates the rules: from facts to findings."""

from pulumi_vmimport.disk.inspection.facts import Container, ImageFacts
from pulumi_vmimport.disk.rules import (
    byol_rules,
    container_rules,
    descriptor_rules,
    format_rules,
    guest_rules,
    layout_rules,
    ova_rules,
    package_file_rules,
    raw_rules,
)
from pulumi_vmimport.disk.rules.findings import ImageFinding, Severity
from pulumi_vmimport.disk.rules.rule_catalog import Rule, rule_catalog
from pulumi_vmimport.disk.rules.rule_context import Checks, Evidence, RuleContext
from pulumi_vmimport.image_profile import ImageProfile

CHECKS: Checks = {
    **ova_rules.CHECKS,
    **package_file_rules.CHECKS,
    **descriptor_rules.CHECKS,
    **container_rules.CHECKS,
    **format_rules.CHECKS,
    **raw_rules.CHECKS,
    **layout_rules.CHECKS,
    **byol_rules.CHECKS,
    **guest_rules.CHECKS,
}

ASSUMED = "AWS does not publish the criterion: the rule follows from the name of the error"


def evaluate(
    facts: ImageFacts, profile: ImageProfile, *, has_root: bool = True, stated: Container | None = None
) -> tuple[ImageFinding, ...]:
    """The findings, most severe first. An empty result means no known blocker, not that AWS will accept the image.

    Of the same severity, the findings that every unprepared guest has come last.

    `has_root` says whether the VM boots from the first disk of this file. Default: true. `stated` is the format stated
    in the import request. Default: the file name decides.
    """
    catalog = rule_catalog()
    context = RuleContext(facts, has_root, stated, profile)
    # The other rules report what renaming the file changes.
    applicable = ["ovf-name"] if descriptor_rules.is_misnamed(context) else list(catalog.rules)
    found = [
        finding_of(rule, profile, evidence)
        for rule in map(catalog.rules.__getitem__, applicable)
        if profile in rule.profiles
        for evidence in CHECKS[rule.id](context)
    ]
    order = list(Severity)
    return tuple(sorted(found, key=lambda finding: (order.index(finding.severity), finding.preparation)))


def finding_of(rule: Rule, profile: ImageProfile, evidence: Evidence) -> ImageFinding:
    """The finding for this evidence."""
    cause = f"{rule.cause}; {ASSUMED}" if rule.assumed else rule.cause
    remedy = evidence.remedy or rule.remedy
    return ImageFinding(
        rule=rule.id,
        severity=evidence.severity or rule.severity_for(profile),
        subject=evidence.subject,
        summary=rule.summary,
        evidence=evidence.detail,
        cause=cause,
        remedy=f"{remedy}; preparation step {rule.step}" if rule.step else remedy,
        source=rule_catalog().source_of(rule),
        codes=rule.codes,
        step=rule.step,
        preparation=rule.preparation,
    )
