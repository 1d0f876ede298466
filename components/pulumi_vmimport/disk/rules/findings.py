"""Findings: defects of an image that AWS rejects, or that cause problems later."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How certain the problem is."""

    ERROR = "error"
    """AWS documents that it rejects the image, or the image is incomplete"""
    WARNING = "warning"
    """The import may fail, or the result may not work as expected"""
    UNKNOWN = "unknown"
    """The check was inconclusive"""


@dataclass(frozen=True)
class ImageFinding:
    """One finding."""

    rule: str
    """Stable id in lower-case words with hyphens, such as `vmdk-not-stream-optimized`"""
    severity: Severity
    subject: str
    """The disk or file that the finding is about"""
    evidence: str
    """What was found, with its value"""
    cause: str
    remedy: str
    source: str
    """Entries of docs/troubleshooting.md, then a page of AWS or of the format's specification"""
