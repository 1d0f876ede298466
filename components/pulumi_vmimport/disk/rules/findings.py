"""Findings: defects of an image that AWS rejects, or that cause problems later."""

from dataclasses import dataclass
from enum import StrEnum

_MAX_SUBJECT_CHARACTERS = 40


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
    summary: str
    """What is wrong, and what to do, in a few words"""
    evidence: str
    """What was found, with its value"""
    cause: str
    remedy: str
    source: str
    """Entries of docs/troubleshooting.md, then a page of AWS or of the format's specification"""
    codes: tuple[str, ...] = ()
    """The error codes that a WorkSpaces image would have"""
    step: str | None = None
    """The step of the guest preparation that fixes it"""
    preparation: bool = False
    """Whether every installation that was not prepared has this finding"""

    @property
    def sentence(self) -> str:
        """The subject and the summary, at most 160 characters: the first sentence of every report of the finding."""
        return f"{_shortened(self.subject)}: {self.summary}"


def _shortened(name: str) -> str:
    """The end of a long name, which has the file name extension."""
    return name if len(name) <= _MAX_SUBJECT_CHARACTERS else f"...{name[-_MAX_SUBJECT_CHARACTERS + 3 :]}"
