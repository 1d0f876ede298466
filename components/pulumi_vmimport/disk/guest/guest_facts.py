r"""The facts of a guest operating system, and their JSON.

The inspection of a disk and a script that runs inside the guest print the same JSON, so one table of rules serves both:

    {"schema": 1, "origin": "disk", "system": "windows", "facts": [
      {"id": "service.wuauserv.start", "value": 3, "evidence": "SYSTEM\\ControlSet001\\Services\\wuauserv\\Start"},
      {"id": "domain.sid", "unknown": "the hive is damaged", "evidence": "SECURITY\\Policy\\PolPrDmS"}]}

A value is what JSON can hold; null means that the guest has no such value. A fact that could not be read has `unknown`,
the reason, instead of a value; `incomplete` is the reason for which a list may lack entries. windows_facts.toml and the
modules of disk/windows define the ids.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, cast

from pulumi_vmimport.disk.disk_errors import InvalidGuestFactsError

SCHEMA = 1
"""The version of the JSON; new ids do not change it"""

FactValue = bool | int | str | Sequence["FactValue"] | Mapping[str, "FactValue"] | None
"""What JSON can hold, without fractions"""

NO_WINDOWS = "no partition holds Windows"
"""The reason for which no fact could be read, if every partition was read"""

_MAX_JSON_CHARACTERS = 16 << 20
_MAX_SHOWN_CHARACTERS = 200


class GuestSystem(StrEnum):
    """The family of a guest operating system."""

    WINDOWS = "windows"
    LINUX = "linux"


class Origin(StrEnum):
    """Where the facts were read."""

    DISK = "disk"
    """The image, without booting it"""
    GUEST = "guest"
    """A script inside the running guest"""


@dataclass(frozen=True)
class Fact:
    """One fact with its exact evidence."""

    id: str
    value: FactValue = None
    """None if the guest has no such value"""
    evidence: str = ""
    r"""Hive, key and value as in `SYSTEM\Select\Current`, or a file and an offset"""
    unknown: str | None = None
    """Why the value could not be read. Default: it was read"""
    incomplete: str | None = None
    """Why a list may lack entries: what it has is certain, what it lacks is not. Default: it is complete"""

    def shown(self) -> str:
        """The evidence with the value."""
        if self.unknown is not None:
            return f"{self.evidence or self.id}: unknown, {self.unknown}"
        where = self.evidence or self.id
        if self.value is None:
            return f"{where} is absent"
        text = self.value if isinstance(self.value, str) else json.dumps(self.value)
        return f"{where} = {text if len(text) <= _MAX_SHOWN_CHARACTERS else text[:_MAX_SHOWN_CHARACTERS] + '...'}"


@dataclass(frozen=True)
class GuestFacts:
    """The facts of one guest."""

    system: GuestSystem | None
    """None if no operating system was recognized"""
    facts: tuple[Fact, ...] = ()
    origin: Origin = Origin.DISK
    unknown: str | None = None
    """Why no fact could be read, such as `partition 2 is encrypted with BitLocker`. Default: facts were read"""

    @cached_property
    def by_id(self) -> Mapping[str, Fact]:
        """The facts by their ids."""
        return {fact.id: fact for fact in self.facts}

    def fact(self, id: str) -> Fact:
        """The fact with this id; one that is unknown if it was not read."""
        return self.by_id.get(id) or Fact(id, unknown=self.unknown or "not read")

    def with_facts(self, *facts: Fact) -> "GuestFacts":
        """These facts in addition to, or instead of, those with the same ids."""
        merged = {**self.by_id, **{fact.id: fact for fact in facts}}
        return replace(self, facts=tuple(merged.values()))

    def to_json(self) -> str:
        """The facts as JSON."""
        return json.dumps(as_document(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> "GuestFacts":
        """The facts that `to_json` or the script in a guest printed. Unknown fields are ignored.

        Raises: InvalidGuestFactsError, with every problem.
        """
        if len(text) > _MAX_JSON_CHARACTERS:
            raise InvalidGuestFactsError([f"expected at most {_MAX_JSON_CHARACTERS} characters, got {len(text)}"])
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidGuestFactsError([f"expected JSON: {error}"]) from error
        return _from_document(document)


def as_document(facts: GuestFacts) -> dict[str, Any]:
    """The facts as `json` prints them."""
    return {
        "schema": SCHEMA,
        "origin": facts.origin.value,
        "system": facts.system.value if facts.system else None,
        **({"unknown": facts.unknown} if facts.unknown is not None else {}),
        "facts": [_fact_document(fact) for fact in facts.facts],
    }


def _fact_document(fact: Fact) -> dict[str, Any]:
    value = {"unknown": fact.unknown} if fact.unknown is not None else {"value": fact.value}
    incomplete = {"incomplete": fact.incomplete} if fact.incomplete is not None else {}
    return {"id": fact.id, **value, "evidence": fact.evidence, **incomplete}


def _from_document(document: object) -> GuestFacts:
    if not isinstance(document, dict):
        raise InvalidGuestFactsError([f"expected an object, got {type(document).__name__}"])
    problems = [
        *_choice_problems(document, "schema", (SCHEMA,)),
        *_choice_problems(document, "origin", tuple(Origin)),
        *_choice_problems(document, "system", (*GuestSystem, None)),
    ]
    if not isinstance(document.get("unknown", ""), str):
        problems.append("unknown: expected a string")
    entries = document.get("facts")
    if not isinstance(entries, list):
        problems.append("facts: expected a list")
        entries = []
    for number, entry in enumerate(entries):
        problems += [f"facts[{number}]: {problem}" for problem in _entry_problems(entry)]
    problems += [f"facts: {id} occurs twice" for id in _repeated(entries)]
    if problems:
        raise InvalidGuestFactsError(problems)
    system = document.get("system")
    return GuestFacts(
        system=GuestSystem(system) if system else None,
        facts=tuple(
            Fact(
                entry["id"],
                cast("FactValue", entry.get("value")),
                entry.get("evidence", ""),
                entry.get("unknown"),
                entry.get("incomplete"),
            )
            for entry in entries
        ),
        origin=Origin(document["origin"]),
        unknown=document.get("unknown"),
    )


def _choice_problems(document: Mapping[str, object], name: str, choices: tuple[object, ...]) -> Iterable[str]:
    if (value := document.get(name)) not in choices or isinstance(value, bool):
        expected = ", ".join(json.dumps(choice) for choice in choices)
        yield f"{name}: expected one of {expected}, got {json.dumps(value)[:_MAX_SHOWN_CHARACTERS]}"


def _entry_problems(entry: object) -> Iterable[str]:
    if not isinstance(entry, dict):
        yield "expected an object"
        return
    if not isinstance(entry.get("id"), str) or not entry["id"]:
        yield "id: expected a string"
    for name in ("evidence", "unknown", "incomplete"):
        if not isinstance(entry.get(name, ""), str):
            yield f"{name}: expected a string"
    if ("value" in entry) == ("unknown" in entry):
        yield "expected either value or unknown"
    if _has_fraction(entry.get("value")):
        yield "value: expected no fractions"


def _has_fraction(value: object) -> bool:
    if isinstance(value, list):
        return any(map(_has_fraction, value))
    if isinstance(value, dict):
        return any(map(_has_fraction, value.values()))
    return isinstance(value, float)


def _repeated(entries: Iterable[object]) -> list[str]:
    seen: set[str] = set()
    repeated = []
    for entry in entries:
        id = entry.get("id") if isinstance(entry, dict) else None
        if isinstance(id, str):
            repeated += [id] if id in seen else []
            seen.add(id)
    return repeated
