"""The input `ignoredFindings` of every resource that checks images or machines."""

from collections.abc import Iterator, Sequence

from pulumi_vmimport.lifecycle.contract import Problem, is_known
from pulumi_vmimport.shown_value import shown_value


def ignored_finding_problems(ignored: Sequence[str] | None) -> Iterator[Problem]:
    """The ids that are no rule: a misspelled id would ignore nothing."""
    if not is_known(ignored) or not ignored:
        return
    from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog  # noqa: PLC0415 - most programs ignore none

    for number, id in enumerate(ignored):
        if is_known(id) and id not in rule_catalog().rules:
            yield Problem(
                f"ignoredFindings[{number}]", f"expected the id of a rule in docs/inspect.md, got {shown_value(id)}"
            )
