"""What was found and removed, as a table for people and as JSON for programs."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pulumi_vmimport.cli.orphans.ownership import Judged, Owner
from pulumi_vmimport.cli.orphans.place import Place
from pulumi_vmimport.cli.orphans.removal import Removal
from pulumi_vmimport.cli.orphans.thing import Thing, Unseen

_COLUMNS = ("OWNER", "KIND", "ID", "REGION", "STACK", "RESOURCE", "STATE", "AGE")
_STYLES = {Owner.ORPHAN: "bold red", Owner.PENDING: "yellow", Owner.OWNED: "green"}
# Where there is no terminal, no id is to be broken in two.
_WIDE = 400
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def show_table(found: Sequence[Judged]) -> None:
    """Print a line for each thing, and why it is judged so."""
    if not found:
        click.echo("nothing here carries the library's marks")
        return
    table = Table(box=None, pad_edge=False)
    for column in _COLUMNS:
        table.add_column(column, no_wrap=column in {"OWNER", "ID"}, overflow="fold")
    for each in found:
        thing = each.thing
        table.add_row(
            Text(each.owner, style=_STYLES.get(each.owner, "")),
            *map(Text, (thing.kind, thing.id, thing.region, thing.stack or "-", thing.resource or "-", thing.state)),
            Text(_age(thing)),
        )
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    console.print(table, soft_wrap=not console.is_terminal)
    for reason in sorted({f"{each.owner}: {each.reason}" for each in found if each.owner is not Owner.OWNED}):
        console.print(Text(reason), soft_wrap=True)


def as_json(
    place: Place,
    stack: str | None,
    found: Sequence[Judged],
    unseen: Sequence[Unseen],
    removals: Sequence[Removal] | None,
) -> str:
    """The same for a program; `removed` is null where nothing was to be removed."""
    return json.dumps(
        {
            "account": place.account,
            "regions": list(place.regions),
            "stack": stack,
            "things": [_thing_as_json(each) for each in found],
            "notListed": [{"region": u.region, "what": u.what, "error": u.words} for u in unseen],
            "removed": None
            if removals is None
            else [{"id": r.thing.id, "region": r.thing.region, "done": r.done, "error": r.trouble} for r in removals],
        },
        indent=2,
    )


def _thing_as_json(each: Judged) -> dict[str, Any]:
    thing = each.thing
    return {
        "owner": each.owner.value,
        "reason": each.reason,
        "kind": thing.kind.value,
        "id": thing.id,
        "region": thing.region,
        "stack": thing.stack,
        "resource": thing.resource,
        "state": thing.state,
        "created": thing.created.isoformat() if thing.created else None,
        "ageSeconds": _seconds(thing),
        "uploadId": thing.upload_id,
    }


def _seconds(thing: Thing) -> int | None:
    """The age; clocks that differ make nothing younger than new."""
    return max(0, round((datetime.now(UTC) - thing.created).total_seconds())) if thing.created else None


def _age(thing: Thing) -> str:
    seconds = _seconds(thing)
    if seconds is None:
        return "-"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    return f"{seconds // _HOUR} h" if seconds < 2 * _DAY else f"{seconds // _DAY} d"
