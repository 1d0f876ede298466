"""Whose a thing is: that of a stack's state, of a run that was cut off, of nobody, or of somebody unknown."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pulumi_vmimport.cli.orphans.stack_export import StackExport
from pulumi_vmimport.cli.orphans.thing import Kind, Thing


class Owner(StrEnum):
    """Whose something is; only an orphan is removed without being named."""

    OWNED = "owned"
    PENDING = "pending"
    ORPHAN = "orphan"
    OTHER_STACK = "other stack"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Judged:
    """A thing and whose it is, with the reason."""

    thing: Thing
    owner: Owner
    reason: str


def judge(things: Sequence[Thing], export: StackExport | None, blind: Collection[str] = ()) -> list[Judged]:
    """Whose each thing is. What one task made stands and falls together, so that nothing owned loses a part.

    Where not all of EC2 was seen (in the Regions `blind`) what belongs together is not known, and there are no orphans.
    """
    judged: dict[int, Judged] = {}
    for family in _families(things):
        owner, reason = next(_verdicts(family, export, blind))
        judged |= {id(thing): Judged(thing, owner, reason) for thing in family}
    return [judged[id(thing)] for thing in things]


def _families(things: Sequence[Thing]) -> Iterator[list[Thing]]:
    """The things in groups that share an id."""
    groups: list[set[str]] = []
    for thing in things:
        ids = {thing.id, *thing.kin}
        groups = [g for g in groups if not g & ids] + [ids.union(*(g for g in groups if g & ids))]
    for group in groups:
        yield [thing for thing in things if thing.id in group]


def _verdicts(
    family: Sequence[Thing], export: StackExport | None, blind: Collection[str]
) -> Iterator[tuple[Owner, str]]:
    """What can be said of a family, the strongest first."""
    if export is None:
        yield Owner.UNKNOWN, "no stack export says whose it is"
        return
    ids = {id for thing in family for id in (thing.id, *thing.kin)}
    identities = {thing.identity for thing in family if thing.identity}
    if ids & export.names:
        yield Owner.OWNED, f"the state of {export.stack} names it"
    if identities & export.sealed:
        yield Owner.OWNED, "encrypted outputs of its resource may name it; export with --show-secrets to see"
    if (ids | identities) & export.pending:
        yield Owner.PENDING, "a run was cut off while it created this: the next `pulumi up` takes it up"
    yield from _doubts(family, export, blind)
    yield Owner.ORPHAN, f"the state of {export.stack} does not name it"


def _doubts(family: Sequence[Thing], export: StackExport, blind: Collection[str]) -> Iterator[tuple[Owner, str]]:
    """Why a family that the state does not name may be no orphan all the same."""
    stacks = {thing.stack for thing in family if thing.stack}
    if any(thing.kind is Kind.IMAGE_OBJECT for thing in family):
        yield Owner.UNKNOWN, "it was retained, or left behind: its mark stays either way"
    if not stacks:
        yield Owner.UNKNOWN, "its key does not say its stack"
    if stacks != {export.stack}:
        yield Owner.OTHER_STACK, "another stack's export tells whether it is owned"
    if _is_younger(family, export):
        yield Owner.UNKNOWN, "it was made after the state was last written; export the stack anew"
    if any(thing.is_complete for thing in family):
        yield Owner.UNKNOWN, "a run completed it: its resource or stack may have another name by now"
    if any(thing.region in blind for thing in family):
        yield Owner.UNKNOWN, "not everything could be listed in its Region"


def _is_younger(family: Sequence[Thing], export: StackExport) -> bool:
    created = [thing.created for thing in family if thing.has_own_tags and thing.created]
    return export.written is not None and any(at > export.written for at in created)
