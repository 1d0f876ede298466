"""Reads facts for a rule: a fact that is unknown, or of another type, makes the rule inconclusive."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pulumi_vmimport.disk.disk_errors import UnknownFactError
from pulumi_vmimport.disk.guest.guest_facts import Fact, FactValue, GuestFacts
from pulumi_vmimport.disk.rules.findings import Severity


@dataclass(frozen=True)
class Violation:
    """What violates a rule, with its evidence."""

    detail: str
    severity: Severity | None = None
    """How certain it is. Default: as certain as the rule states"""


class FactReader:
    """The facts of one guest. Its methods raise UnknownFactError for a fact that is unknown."""

    def __init__(self, facts: GuestFacts) -> None:
        self._facts = facts
        self.seen: dict[str, Fact] = {}
        """The facts that were read, the evidence of a rule that passes"""

    def value(self, id: str) -> FactValue:
        """The value; None if the guest has none."""
        fact = self._facts.fact(id)
        if fact.unknown is not None:
            raise UnknownFactError(f"{fact.evidence or id}: {fact.unknown}" if fact.unknown != "not read" else id)
        self.seen[id] = fact
        return fact.value

    def number(self, id: str) -> int | None:
        """A number."""
        value = self.value(id)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise self._of_other_type(id, "a number")

    def text(self, id: str) -> str | None:
        """A string; a number as decimal text."""
        value = self.value(id)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise self._of_other_type(id, "a string")

    def flag(self, id: str) -> bool | None:
        """A truth value."""
        value = self.value(id)
        if value is None or isinstance(value, bool):
            return value
        raise self._of_other_type(id, "true or false")

    def strings(self, id: str) -> Sequence[str] | None:
        """A list of strings."""
        value = self.value(id)
        if value is None:
            return None
        if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            return [item for item in value if isinstance(item, str)]
        raise self._of_other_type(id, "a list of strings")

    def entries(self, id: str) -> Sequence[Mapping[str, FactValue]] | None:
        """A list of objects."""
        value = self.value(id)
        if value is None:
            return None
        if isinstance(value, list | tuple) and all(isinstance(item, Mapping) for item in value):
            return [item for item in value if isinstance(item, Mapping)]
        raise self._of_other_type(id, "a list of objects")

    def lists(self, id: str) -> Mapping[str, Sequence[FactValue]] | None:
        """An object of lists."""
        value = self.value(id)
        if value is None:
            return None
        if isinstance(value, Mapping) and all(isinstance(item, list | tuple) for item in value.values()):
            return {name: item for name, item in value.items() if isinstance(item, list | tuple)}
        raise self._of_other_type(id, "an object of lists")

    def shown(self, id: str) -> str:
        """The evidence of the fact, with its value."""
        return self._facts.fact(id).shown()

    def evidence(self, id: str) -> str:
        """The evidence of the fact."""
        return self._facts.fact(id).evidence or id

    def _of_other_type(self, id: str, expected: str) -> UnknownFactError:
        return UnknownFactError(f"{self.shown(id)}: expected {expected}")


FactCheck = Callable[[FactReader], Iterator[str | Violation]]
"""Yields what violates the rule. Raises UnknownFactError if a fact that it needs is unknown"""
FactChecks = Mapping[str, tuple[FactCheck, ...]]
"""By the ids of their rules; each check of a rule is independent of the others"""


def expect(id: str, holds: Callable[[int | None], bool], expected: str) -> FactCheck:
    """A check of one number."""

    def checked(facts: FactReader) -> Iterator[str]:
        if not holds(facts.number(id)):
            yield f"{facts.shown(id)}, expected {expected}"

    return checked
