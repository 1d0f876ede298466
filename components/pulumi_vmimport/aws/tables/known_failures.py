"""Why a task or a call failed and what to do: AWS's words matched against those in known_failures.toml."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

_GUIDE = "https://docs.aws.amazon.com/vm-import/latest/userguide/vmimport-troubleshooting.html"


@dataclass(frozen=True, kw_only=True)
class KnownFailure:
    """One known failure. What the fields are is told at the top of known_failures.toml."""

    id: str
    section: str
    cause: str
    remedy: str
    source: str
    code: str | None = None
    said: str | None = None
    assumed: bool = False
    pattern: str | None = None
    symptom: str | None = None
    preview: str | None = None
    by_hand: str | None = None
    leads_to: tuple[str, ...] = ()

    @property
    def earlier(self) -> str | None:
        """How to see it before the import."""
        ways = [f"preview: {self.preview}"] if self.preview else []
        return "; ".join([*ways, *([self.by_hand] if self.by_hand else [])]) or None

    @property
    def explanation(self) -> str:
        """Cause, id, remedy and how to see it earlier, as one clause of a message."""
        earlier = f"; earlier: {self.earlier}" if self.earlier else ""
        also = f", see also {', '.join(self.leads_to)}" if self.leads_to else ""
        return f"{self.cause} ({self.id}{also}); {self.remedy}{earlier}"

    def tells_of(self, words: str) -> bool:
        """Whether the words are about this failure."""
        return self.pattern is not None and re.search(self.pattern, words, re.IGNORECASE) is not None


@dataclass(frozen=True)
class Catalogue:
    """The known failures, the special ones before the general, and what their fields refer to."""

    failures: tuple[KnownFailure, ...]
    sections: Mapping[str, str]
    """Titles by name, in the order in which they are shown."""
    sources: Mapping[str, str]
    """Where the failures are told of, mostly a URL, by name."""
    checked: str
    """When the sources were read, an ISO date."""


@cache
def catalogue() -> Catalogue:
    """The catalogue as the package has it."""
    text = resources.files(__package__).joinpath("known_failures.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    failures = tuple(
        KnownFailure(**{**entry, "leads_to": tuple(entry.get("leads_to", ()))}) for entry in data["failure"]
    )
    return Catalogue(failures, data["sections"], data["sources"], data["checked"].isoformat())


def find(words: str) -> KnownFailure | None:
    """The failure that the words of a task or of an API error tell of, if it is known."""
    return next((failure for failure in catalogue().failures if failure.tells_of(words)), None)


def explain(words: str) -> str:
    """Cause and remedy of a task's failure in one clause; says so when the words are not known."""
    known = find(words)
    return known.explanation if known else f"the cause is not in the catalogue; see {_GUIDE}"


def with_explanation(words: str) -> str:
    """The words of an API error, followed by cause and remedy where they are known."""
    known = find(words)
    return f"{words}; {known.explanation}" if known else words
