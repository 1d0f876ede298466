"""The judgement: what of an image AWS would refuse, or what would go wrong later."""

from pulumi_vmimport.disk.inspection.facts import Container, ImageFacts
from pulumi_vmimport.disk.rules import byol_rules, container_rules, layout_rules, ova_rules, raw_rules
from pulumi_vmimport.disk.rules.findings import ImageFinding, Severity
from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog
from pulumi_vmimport.disk.rules.rule_context import Checks, RuleContext
from pulumi_vmimport.image_profile import ImageProfile

CHECKS: Checks = {
    **ova_rules.CHECKS,
    **container_rules.CHECKS,
    **raw_rules.CHECKS,
    **layout_rules.CHECKS,
    **byol_rules.CHECKS,
}


def evaluate(
    facts: ImageFacts, profile: ImageProfile, *, has_root: bool = True, stated: Container | None = None
) -> tuple[ImageFinding, ...]:
    """The findings, the gravest first; none means that no known blocker was found, not that AWS will accept it.

    `has_root` says whether the machine is to start from the first disk of this file. Default: true. `stated` is the
    format that the import states. Default: the one that the file's name ends in.
    """
    known = rule_catalog()
    context = RuleContext(facts, has_root, stated)
    found = [
        ImageFinding(
            rule=rule.id,
            severity=rule.severity_for(profile),
            subject=evidence.subject,
            evidence=evidence.words,
            cause=rule.cause,
            remedy=rule.remedy,
            source=f"{', '.join(rule.needs)}; {known.sources[rule.source]}",
        )
        for rule in known.rules.values()
        if profile in rule.profiles
        for evidence in CHECKS[rule.id](context)
    ]
    order = list(Severity)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))
