"""The result as a table for people and as JSON for programs."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from pulumi_vmimport.cli.orphans.found_resource import FoundResource, ListingError
from pulumi_vmimport.cli.orphans.ownership import Assessment, Owner
from pulumi_vmimport.cli.orphans.removal import Removal
from pulumi_vmimport.cli.searched_account import SearchedAccount
from pulumi_vmimport.cli.terminal import escaped, wrapped

_COLUMNS = ("OWNER", "KIND", "ID", "REGION", "STACK", "RESOURCE", "STATE", "AGE")
_STYLES = {Owner.ORPHAN: "bold red", Owner.PENDING: "yellow", Owner.OWNED: "green"}
_GAP = "  "
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def show(heading: str, found: Sequence[Assessment]) -> None:
    """Print the heading, the resources and the reasons.

    One line for each resource, or a paragraph each in a terminal that is too narrow. No id is ever broken.
    """
    console = Console(highlight=False)
    is_terminal = console.file.isatty()  # rich's own answer depends on FORCE_COLOR

    def paragraph(words: str) -> None:
        for line in wrapped(words, max(console.width, 1)) if is_terminal else [words]:
            console.print(Text(escaped(line)), soft_wrap=True)

    paragraph(heading)
    if not found:
        paragraph("no resources tagged by pulumi-vmimport found")
        return
    lines = _table(found)
    if is_terminal and max(line.cell_len for line in lines) > console.width:
        lines = [line for each in found for line in _paragraph_of(each)]
    for line in lines:
        console.print(line, soft_wrap=True)
    for reason in sorted({f"{each.owner}: {each.reason}" for each in found if each.owner is not Owner.OWNED}):
        paragraph(reason)


def _table(found: Sequence[Assessment]) -> list[Text]:
    rows = [_COLUMNS, *map(_cells, found)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for number, row in enumerate(rows):
        line = _GAP.join(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        style = _STYLES.get(found[number - 1].owner, "") if number else "bold"
        text = Text(line.rstrip())
        text.stylize(style, 0, len(row[0]) if number else None)
        lines.append(text)
    return lines


def _paragraph_of(each: Assessment) -> list[Text]:
    owner, kind, id_, region, stack, resource, state, age = _cells(each)
    first = Text.assemble((owner, _STYLES.get(each.owner, "")), _GAP, kind)
    facts = {"id": id_, "region": region, "stack": stack, "resource": resource, "state": state, "age": age}
    return [first, *(Text(f"  {name:<{len('resource')}}  {fact}") for name, fact in facts.items())]


def _cells(each: Assessment) -> tuple[str, ...]:
    """What the table shows, with control characters of names and keys escaped."""
    resource = each.resource
    about = (resource.region, resource.stack or "-", resource.resource or "-", resource.state or "-", _age(resource))
    return tuple(map(escaped, (each.owner.value, resource.kind.value, resource.id, *about)))


def as_json(
    account: SearchedAccount,
    stack: str | None,
    found: Sequence[Assessment],
    errors: Sequence[ListingError],
    removals: Sequence[Removal] | None,
) -> str:
    """The same for a program; `removed` is null without --remove."""
    return json.dumps(
        {
            "account": account.account_id,
            "regions": list(account.regions),
            "stack": stack,
            "things": [_resource_as_json(each) for each in found],
            "notListed": [{"region": error.region, "what": error.what, "error": error.message} for error in errors],
            "removed": None
            if removals is None
            else [
                {"id": r.resource.id, "region": r.resource.region, "done": r.done, "error": r.error} for r in removals
            ],
        },
        indent=2,
    )


def _resource_as_json(each: Assessment) -> dict[str, Any]:
    resource = each.resource
    return {
        "owner": each.owner.value,
        "reason": each.reason,
        "kind": resource.kind.value,
        "id": resource.id,
        "region": resource.region,
        "stack": resource.stack,
        "resource": resource.resource,
        "state": resource.state,
        "created": resource.created.isoformat() if resource.created else None,
        "ageSeconds": _age_seconds(resource),
        "uploadId": resource.upload_id,
    }


def _age_seconds(resource: FoundResource) -> int | None:
    """The age; at least 0, whatever the clocks show."""
    if resource.created is None:
        return None
    return max(0, round((datetime.now(UTC) - resource.created).total_seconds()))


def _age(resource: FoundResource) -> str:
    seconds = _age_seconds(resource)
    if seconds is None:
        return "-"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    return f"{seconds // _HOUR} h" if seconds < 2 * _DAY else f"{seconds // _DAY} d"
