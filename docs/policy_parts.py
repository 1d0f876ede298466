"""The parts of policies.md that show the rules of the policy pack."""

from collections.abc import Iterator, Sequence

from pulumi_vmimport.policies.rule import Rule
from pulumi_vmimport.policies.rule_catalog import RULES


def overview() -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """The heading and the rows of the table of rules."""
    rows = [(f"[{rule.id}](#{rule.id})", rule.title, rule.severity, rule.enforcement) for rule in RULES]
    return ["rule", "what it requires", "severity", "default"], rows


def sections() -> Iterator[str]:
    """One section for each rule."""
    for rule in RULES:
        yield f"### {rule.id}"
        yield rule.title
        yield rule.doc
        yield "\n".join(f"- **{name}:** {text}" for name, text in _facts(rule))


def _facts(rule: Rule) -> Iterator[tuple[str, str]]:
    yield "Severity", f"{rule.severity}; {rule.enforcement} by default"
    yield "Remedy", rule.remediation
    for name, schema in rule.settings.items():
        allowed = ", ".join(f"`{value}`" for value in schema["enum"])
        yield f"Setting `{name}`", f"{schema['description']} Allowed: {allowed}. Default: `{schema['default']}`."
    yield "Sources", ", ".join(f"<{source}>" for source in rule.sources)
