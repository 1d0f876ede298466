"""Every finding starts with one sentence: what is wrong, and what to do, in at most 160 characters."""

import re

import pytest
from tests.unit.disk.rules.test_evaluation import BROKEN, STATED

from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.disk.rules.findings import ImageFinding
from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog

LONG_NAMES = [
    "web.ova",
    "s3://images-of-the-production-line-in-frankfurt/exports/2026/11/28/windows-11-enterprise-23h2-image.ova",
    "https://exports.example.com/" + "folder/" * 30 + "disk-0000000001.vmdk",
    "x" * 1024,
]

PRODUCTS = (
    "AWS", "AppX", "Emergency Management Services", "IPv6", "ImportSnapshot", "Microsoft Office", ".NET", "Remote Desktop",
    "TLS", "VMware Tools", "Windows", "WorkSpaces",
)  # fmt: skip


def finding(rule: str) -> ImageFinding:
    facts, profile, _ = BROKEN[rule]
    return next(found for found in evaluate(facts, profile, stated=STATED.get(rule)) if found.rule == rule)


@pytest.mark.parametrize("rule", rule_catalog().rules)
def test_a_finding_starts_with_a_sentence_of_at_most_160_characters(rule: str) -> None:
    found = finding(rule)
    for name in (found.subject, *LONG_NAMES):
        values = {**vars(found), "subject": name}
        sentence = ImageFinding(**values).sentence
        assert len(sentence) <= 160, sentence
        assert "\n" not in sentence
        assert sentence.split(": ")[0].endswith(name[-37:])
        assert sentence.endswith(found.summary)


@pytest.mark.parametrize("rule", rule_catalog().rules)
def test_the_sentence_says_what_is_wrong_and_what_to_do(rule: str) -> None:
    summary = rule_catalog().rules[rule].summary
    what, semicolon, fix = summary.partition("; ")
    assert what
    assert semicolon or rule == "byol-free-space-for-office", summary
    assert not semicolon or re.match(r"[a-z`]+", fix), summary
    assert "{" not in summary
    assert not summary.endswith(".")
    assert summary[0].islower() or summary.startswith(PRODUCTS), summary
