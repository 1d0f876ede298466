"""The parts of pages that show the rules of the inspection."""

import re
from collections.abc import Iterator, Sequence

from pulumi_vmimport.disk.rules import rule_catalog
from pulumi_vmimport.image_profile import ImageProfile

Table = tuple[Sequence[str], Sequence[Sequence[str]]]


def sections() -> Iterator[tuple[str, Table]]:
    """The title and the table of each section."""
    known = rule_catalog.rule_catalog()
    for section, title in known.sections.items():
        rules = [rule for rule in known.rules.values() if rule.section == section]
        steps = any(rule.step for rule in rules)
        rows = [
            (
                f"`{rule.id}`",
                _severities(rule),
                _words(rule),
                *([f"`{rule.step}`" if rule.step else ""] if steps else []),
                ", ".join(f"[{id}](troubleshooting.md#{id.lower()})" for id in rule.troubleshooting),
                f"[{rule.source}](#sources)",
            )
            for rule in rules
        ]
        head = ["rule", "severity", "cause and remedy", *(["step"] if steps else []), "troubleshooting", "source"]
        yield title, (head, rows)


def sources() -> tuple[str, Table]:
    """The date, and the table of the sources."""
    known = rule_catalog.rule_catalog()
    return known.checked, (["source", "where"], [(name, _linked(where)) for name, where in known.sources.items()])


def undecidable() -> Table:
    """What no disk shows."""
    rows = [
        (entry.what, ", ".join(f"`{code}`" for code in entry.codes), entry.how)
        for entry in rule_catalog.rule_catalog().undecidable
    ]
    return ["what no disk shows", "error codes of WorkSpaces", "how to find out"], rows


def detected_by(code: str) -> str:
    """The rules that detect an error code of WorkSpaces before the import."""
    known = rule_catalog.rule_catalog()
    found = [
        f"[`{rule.id}`](inspect.md#rules){' (partly)' if rule.partly or rule.assumed else ''}"
        for rule in known.rules.values()
        if code in rule.codes
    ]
    return ", ".join(found)


def _words(rule: rule_catalog.Rule) -> str:
    words = f"{rule.cause}; {rule.remedy}"
    if rule.assumed:
        words = f"{words} (*assumed*)"
    return f"{words}. Not on the disk: {rule.partly}" if rule.partly else words


def _linked(where: str) -> str:
    return f"<{where}>" if re.fullmatch(r"https://\S+[^,]", where) else where


def _severities(rule: rule_catalog.Rule) -> str:
    """The severity, the profiles it applies to, and the severities of other profiles."""
    usual = f"{rule.severity}{' (`--deep`)' if rule.deep else ''}"
    others = [
        f"{profile}: {severity}" for profile, severity in rule.profile_severity.items() if severity is not rule.severity
    ]
    if len(rule.profiles) < len(ImageProfile):
        usual = f"{usual}, for {' and '.join(rule.profiles)}"
    return "; ".join([usual, *others])
