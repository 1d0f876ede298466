"""The result of an inspection: facts, findings, and what they say about the operating system."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from pulumi_vmimport.disk.guest.detected_guest import DetectedGuest, detected_guest
from pulumi_vmimport.disk.guest.guest_facts import as_document
from pulumi_vmimport.disk.inspect_guest import inspect_guest
from pulumi_vmimport.disk.inspection.facts import ImageFacts
from pulumi_vmimport.disk.inspection.inspect_disk import ReadGuest
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.disk.rules.findings import ImageFinding, Severity
from pulumi_vmimport.disk.rules.guest_verdicts import GuestVerdict, guest_verdicts
from pulumi_vmimport.disk.rules.text_format import quantity
from pulumi_vmimport.image_profile import ImageProfile

_NOUNS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.UNKNOWN: "check"}


@dataclass(frozen=True)
class InspectedGuest:
    """The operating system of one image."""

    detected: DetectedGuest | None
    """None if none was recognized"""
    verdicts: tuple[GuestVerdict, ...]


@dataclass(frozen=True)
class InspectionResult:
    """The result of one inspection."""

    facts: ImageFacts
    findings: Sequence[ImageFinding]
    profile: ImageProfile

    @classmethod
    def of(cls, facts: ImageFacts, profile: ImageProfile) -> "InspectionResult":
        """The result for an image whose facts were read."""
        return cls(facts, evaluate(facts, profile), profile)

    @cached_property
    def guest(self) -> InspectedGuest | None:
        """The operating system on the first disk, from which the machine boots; None if it was not looked for."""
        guest = self.facts.disks[0].guest if self.facts.disks else None
        return InspectedGuest(detected_guest(guest), guest_verdicts(guest, self.profile)) if guest else None

    @property
    def has_errors(self) -> bool:
        """Whether a finding is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def verdict(self) -> str:
        """The number of findings. Whether AWS accepts the image cannot be known."""
        counts = Counter(finding.severity for finding in self.findings)
        words = [_quantity(severity, counts[severity]) for severity in _NOUNS if counts[severity]]
        if counts[Severity.ERROR]:
            return ", ".join(words)
        return "; ".join(["no known blocker found", *([", ".join(words)] if words else [])])

    @property
    def facts_document(self) -> dict[str, Any]:
        """The facts for JSON; those of a guest in the form that a script inside it prints."""
        document = asdict(self.facts)
        for disk, shown in zip(self.facts.disks, document["disks"], strict=True):
            shown["guest"] = as_document(disk.guest) if disk.guest else None
        return document


def guest_reader(profile: ImageProfile, *, is_wanted: bool) -> ReadGuest | None:
    """What reads the operating system: for an image for WorkSpaces always, for any other image where it is wanted."""
    return inspect_guest if is_wanted or profile is ImageProfile.BYOL_WORKSPACES else None


def _quantity(severity: Severity, count: int) -> str:
    words = quantity(count, _NOUNS[severity])
    return f"{words} inconclusive" if severity is Severity.UNKNOWN else words
