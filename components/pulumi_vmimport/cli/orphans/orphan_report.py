"""The result as a table for people and as JSON for programs."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pulumi_vmimport.cli.orphans.found_resource import FoundResource, ListingError
from pulumi_vmimport.cli.orphans.ownership import Assessment, Owner
from pulumi_vmimport.cli.orphans.removal import Removal
from pulumi_vmimport.cli.orphans.searched_account import SearchedAccount

_COLUMNS = ("OWNER", "KIND", "ID", "REGION", "STACK", "RESOURCE", "STATE", "AGE")
_STYLES = {Owner.ORPHAN: "bold red", Owner.PENDING: "yellow", Owner.OWNED: "green"}
# Without a terminal no id may be wrapped.
_WIDTH = 400
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def show_table(found: Sequence[Assessment]) -> None:
    """Print one line for each resource, then the reasons."""
    if not found:
        click.echo("no resources tagged by pulumi-vmimport found")
        return
    table = Table(box=None, pad_edge=False)
    for column in _COLUMNS:
        table.add_column(column, no_wrap=column in {"OWNER", "ID"}, overflow="fold")
    for each in found:
        resource = each.resource
        about = (resource.region, resource.stack or "-", resource.resource or "-", resource.state, _age(resource))
        owner = Text(each.owner, style=_STYLES.get(each.owner, ""))
        table.add_row(owner, *map(Text, (resource.kind, resource.id, *about)))
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH
    console.print(table, soft_wrap=not console.is_terminal)
    for reason in sorted({f"{each.owner}: {each.reason}" for each in found if each.owner is not Owner.OWNED}):
        console.print(Text(reason), soft_wrap=True)


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
