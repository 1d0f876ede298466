"""A judgement over facts: what AWS would refuse, or what would go wrong later."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How sure it is."""

    ERROR = "error"
    """AWS documents or is known to refuse it"""
    WARNING = "warning"
    """It may fail, or work other than expected"""
    UNKNOWN = "unknown"
    """It could not be told"""


@dataclass(frozen=True)
class ImageFinding:
    """One judgement."""

    rule: str
    """Stable id in lower-case words with hyphens, such as `vmdk-not-stream-optimized`"""
    severity: Severity
    subject: str
    """The disk or member it is about"""
    evidence: str
    """What was seen, with its value"""
    cause: str
    remedy: str
    source: str
    """Requirement ids and a page"""
