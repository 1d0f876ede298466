"""`vmimport orphans`: what the stacks of this library began in AWS, whose it is, and its removal."""

import re
from collections.abc import Sequence

import click

from pulumi_vmimport.cli.orphans import orphan_inventory, orphan_report
from pulumi_vmimport.cli.orphans.ownership import Judged, Owner, judge
from pulumi_vmimport.cli.orphans.place import Place, find_place
from pulumi_vmimport.cli.orphans.removal import Removal, chosen, remove
from pulumi_vmimport.cli.orphans.stack_export import StackExport, read_export

NONE_LEFT, LEFT, NOT_SEEN = 0, 1, 2
_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True)
_STACK = re.compile(r"[^/\s]+/[^/\s]+")


@click.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--stack-export", type=_FILE, help="Output of `pulumi stack export`; - is stdin.")
@click.option("--stack", metavar="PROJECT/STACK", help="List what is of this stack only.")
@click.option("--region", "regions", multiple=True, help="Look there; repeatable. Default: the configured Region.")
@click.option("--all-regions", is_flag=True, help="Look in every Region that the account has enabled.")
@click.option("--profile", help="Profile of the shared AWS files. Default: as any AWS tool finds credentials.")
@click.option(
    "--bucket",
    "buckets",
    multiple=True,
    help="Look for uploads and images there; repeatable. Default: for uploads, in all.",
)
@click.option("--remove", "removing", is_flag=True, help="Remove the orphans, or the things of the IDs.")
@click.option("--yes", is_flag=True, help="Remove without asking.")
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
def orphans(
    *,
    ids: tuple[str, ...],
    stack_export: str | None,
    stack: str | None,
    regions: tuple[str, ...],
    all_regions: bool,
    profile: str | None,
    buckets: tuple[str, ...],
    removing: bool,
    yes: bool,
    wants_json: bool,
) -> None:
    """List what pulumi-vmimport began in AWS, and tell what no stack owns.

    Listed is every running import and export task, every AMI, snapshot, WorkSpaces image and multipart upload with the
    library's marks, whatever stack it is of. The output of `pulumi stack export` tells which of them that stack owns.

    \b
      pulumi stack export | vmimport orphans --stack-export -
      vmimport orphans --stack-export web.json --remove
      vmimport orphans --remove import-ami-0123456789abcdef0

    Exit status: 0 there are no orphans, 1 there are, 2 not everything could be looked at.
    """  # noqa: D301 - \b is click's, not Python's
    if stack is not None and not _STACK.fullmatch(stack):
        raise click.BadParameter(f"expected PROJECT/STACK, got {stack!r}", param_hint="--stack")
    if regions and all_regions:
        raise click.UsageError("--region and --all-regions exclude each other")
    if ids and not removing:
        raise click.UsageError("IDs name what is to be removed: add --remove")
    if removing and not ids and stack_export is None:
        raise click.UsageError("--remove needs --stack-export, which proves what an orphan is, or IDs")
    if removing and not yes and stack_export == "-":
        raise click.UsageError("--remove needs --yes where stdin brings the export and so no answer")
    export = read_export(_content(stack_export), stack) if stack_export is not None else None
    place = find_place(profile, regions, buckets, all_regions=all_regions)
    taken = orphan_inventory.take(place)
    judged = judge(taken.things, export, taken.blind)
    found = [each for each in judged if stack in {None, each.thing.stack}]
    if not wants_json:
        click.echo(_heading(place, export))
        orphan_report.show_table(found)
    removals = _removed(place, chosen(found, ids), yes=yes, shown=not wants_json) if removing else None
    if wants_json:
        of = export.stack if export else stack
        click.echo(orphan_report.as_json(place, of, found, taken.unseen, removals))
    for each in taken.unseen:
        click.echo(f"not listed: {each.what} in {each.region}: {each.words}", err=True)
    raise click.exceptions.Exit(NOT_SEEN if taken.unseen else LEFT if _is_left(found, removals) else NONE_LEFT)


def _content(path: str) -> bytes:
    with click.open_file(path, "rb") as file:
        content: bytes = file.read()
    return content


def _heading(place: Place, export: StackExport | None) -> str:
    where = f"account {place.account}, {', '.join(place.regions)}"
    if export is None:
        return f"{where}; without --stack-export nothing tells whose this is"
    written = f"{export.written:%Y-%m-%d %H:%M} UTC" if export.written else "an unknown time"
    return f"{where}; as {export.stack} knows it, whose state was last written at {written}"


def _removed(place: Place, selected: Sequence[Judged], *, yes: bool, shown: bool) -> list[Removal]:
    """Ask, then remove one after the other."""
    if selected and not yes:
        listed = "".join(f"\n  {each.thing.kind} {each.thing.id} in {each.thing.region}" for each in selected)
        try:
            click.confirm(f"This removes for good:{listed}\nRemove?", abort=True, err=True)
        except click.Abort:
            click.echo("not confirmed; nothing was removed", err=True)
            raise click.exceptions.Exit(LEFT) from None
    removals = []
    for each in selected:
        removal = remove(place.aws(each.thing.region), each.thing)
        removals.append(removal)
        if shown:
            words = f": {removal.trouble}" if removal.trouble else ""
            click.echo(f"{removal.done}: {each.thing.kind} {each.thing.id}{words}")
    return removals


def _is_left(found: Sequence[Judged], removals: Sequence[Removal] | None) -> bool:
    """Whether there is an orphan, or a thing that was to be removed, after all."""
    gone = {id(removal.thing) for removal in removals or () if removal.trouble is None}
    wanted = {id(removal.thing) for removal in removals or ()}
    return any(
        id(each.thing) not in gone and (each.owner is Owner.ORPHAN or id(each.thing) in wanted) for each in found
    )
