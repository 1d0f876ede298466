"""VM Import/Export reads a disk image only in the Region of the import."""

import re
from collections.abc import Iterator
from typing import Any

from pulumi_vmimport.lifecycle.unknown import is_set
from pulumi_vmimport.policies.imports import image_buckets
from pulumi_vmimport.policies.rule import Enforcement, Finding, Rule, Settings, Severity
from pulumi_vmimport.policies.stack_facts import IMPORT_IMAGE, IMPORT_SNAPSHOT, StackFacts


def _findings(stack: StackFacts, settings: Settings) -> Iterator[Finding]:
    del settings
    for resource in stack.of_type(IMPORT_IMAGE, IMPORT_SNAPSHOT):
        for bucket in image_buckets(stack, resource):
            here, there = resource.region, bucket.region
            if _is_region(here) and _is_region(there) and here != there:
                yield Finding(
                    resource,
                    f"{resource.label} runs in {here} and its disk image is in {bucket.label} in {there}; create the "
                    f"bucket in {here}, or import in {there} and copy the result",
                )


def _is_region(value: Any) -> bool:
    return is_set(value) and re.fullmatch(r"[a-z]{2,}(-[a-z]+)+-\d+", str(value)) is not None


RULE = Rule(
    id="bucket-in-another-region",
    title="The bucket of a disk image is in the Region of the import.",
    severity=Severity.MEDIUM,
    enforcement=Enforcement.ADVISORY,
    remediation="Create the bucket in the Region of the import, or import in the Region of the bucket.",
    doc=(
        "VM Import/Export rejects a bucket of another Region, but only after the image is uploaded. The rule compares "
        "the Region of an `ImportImage` or `ImportSnapshot` with that of the bucket, which is the bucket's own "
        "`region` or that of its `aws.Provider`. It reports nothing for a bucket that the stack does not create "
        "(preview of the import checks that bucket in AWS) and if the stack does not show the Region of the bucket."
    ),
    sources=("https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html",),
    findings=_findings,
)
