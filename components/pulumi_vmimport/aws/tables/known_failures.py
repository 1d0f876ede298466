"""Cause and remedy of a failed task or a rejected call: known_failures.toml, searched by AWS's words."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from pulumi_vmimport.aws.tables.table_file import read_table

# A response of a proxy can be a page of a megabyte, and the time of some patterns grows with the square of the length.
_MAX_CHARACTERS = 4000
_GUIDE = "https://docs.aws.amazon.com/vm-import/latest/userguide/vmimport-troubleshooting.html"

_QUOTES = re.compile("[\"'`\u2018\u2019\u201c\u201d]")
_PUNCTUATION = re.compile(r"[\[\](){},;]")
_CANNOT = re.compile(r"\bcan(?:['\u2019 ]?t| not)\b", re.IGNORECASE)
_NOT = re.compile(r"\b(do(?:es)?|did|is|are|was|were|ha[sd]|have|could)n['\u2019 ]?t\b", re.IGNORECASE)
_ARTICLES = re.compile(r"\b(?:an?|the)\b(?![-./:])", re.IGNORECASE)


class Grant(StrEnum):
    """The policies in which a statement allows a denied call."""

    NONE = "none"
    IDENTITY = "identity"
    RESOURCE = "resource"


@dataclass(frozen=True, kw_only=True)
class KnownFailure:
    """A known failure. The comment at the top of known_failures.toml describes the fields."""

    id: str
    section: str
    cause: str
    remedy: str
    source: str
    code: str | None = None
    message: str | None = None
    assumed: bool = False
    pattern: str | None = None
    symptom: str | None = None
    preview: str | None = None
    by_hand: str | None = None
    see_also: tuple[str, ...] = ()
    grant: Grant = Grant.NONE

    @property
    def explanation(self) -> str:
        """Cause, id, remedy and how to detect it before the import, for a message."""
        see_also = f", see also {', '.join(self.see_also)}" if self.see_also else ""
        clauses = [
            f"{self.cause} ({self.id}{see_also})",
            self.remedy,
            f"in preview, {self.preview}" if self.preview else "",
            f"manual check: {self.by_hand}" if self.by_hand else "",
        ]
        return "; ".join(filter(None, clauses))

    def matches(self, words: str) -> bool:
        """Whether AWS's words, as `_normalized` returns them, report this failure."""
        return self.pattern is not None and re.search(self.pattern, words, re.IGNORECASE) is not None


@dataclass(frozen=True)
class FailureTable:
    """The known failures, special ones before general ones, and what their fields refer to."""

    failures: tuple[KnownFailure, ...]
    sections: Mapping[str, str]
    """Titles by name, in the order of the documentation."""
    sources: Mapping[str, str]
    """Where the failures are documented, mostly URLs, by name."""
    checked: str
    """The ISO date on which the sources were read."""


@cache
def table() -> FailureTable:
    """The table in this package."""
    data = read_table("known_failures")
    failures = tuple(
        KnownFailure(
            **{**entry, "see_also": tuple(entry.get("see_also", ())), "grant": Grant(entry.get("grant", Grant.NONE))}
        )
        for entry in data["failure"]
    )
    return FailureTable(failures, data["sections"], data["sources"], data["checked"].isoformat())


def find(words: str) -> KnownFailure | None:
    """The known failure that the words of a task or of an API error report, or None."""
    return next(matching(words), None)


def matching(words: str) -> Iterator[KnownFailure]:
    """All known failures that the words may report, special ones before general ones."""
    normalized = _normalized(words[:_MAX_CHARACTERS])
    return (failure for failure in table().failures if failure.matches(normalized))


def is_denial(words: str) -> bool:
    """Whether AWS names a policy that denies the request, so that a further permission does not help."""
    known = find(words)
    return known is not None and known.source == "access_denied"


def explain(words: str) -> str:
    """Cause and remedy of a failed task, or AWS's troubleshooting page if the failure is not known."""
    known = find(words)
    return known.explanation if known else f"the cause is not known; see {_GUIDE}"


def with_explanation(words: str) -> str:
    """The words of an API error, followed by cause and remedy if the failure is known."""
    known = find(words)
    return f"{words}; {known.explanation}" if known else words


def _normalized(words: str) -> str:
    """The words without what AWS's messages vary in: contractions, articles, quotes, brackets, commas, and blanks."""
    words = _NOT.sub(r"\1 not", _CANNOT.sub("cannot", words))
    return " ".join(_ARTICLES.sub(" ", _PUNCTUATION.sub(" ", _QUOTES.sub("", words))).split())
