"""`vmimport orphans` lists the AWS resources that this library created, and removes those that no stack owns."""

import re
from collections.abc import Sequence

import click

from pulumi_vmimport.cli.command_error import CommandError
from pulumi_vmimport.cli.orphans import orphan_report
from pulumi_vmimport.cli.orphans.orphan_inventory import take_inventory
from pulumi_vmimport.cli.orphans.ownership import Assessment, Owner, assess
from pulumi_vmimport.cli.orphans.removal import Removal, remove, selected
from pulumi_vmimport.cli.orphans.stack_export import StackExport, read_export
from pulumi_vmimport.cli.searched_account import SearchedAccount, account_of
from pulumi_vmimport.shown_value import shown_value

NO_ORPHANS, ORPHANS_EXIST, INCOMPLETE = 0, 1, 2
_STACK = re.compile(r"[^/\s]+/[^/\s]+")


@click.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--stack-export", metavar="FILE", help="Output of `pulumi stack export`; - reads stdin.")
@click.option("--stack", metavar="PROJECT/STACK", help="List only the resources of this stack.")
@click.option("--region", "regions", multiple=True, help="Region to search; repeatable. Default: configured Region.")
@click.option("--all-regions", is_flag=True, help="Search every Region that is enabled for the account.")
@click.option("--aws-profile", help="Named profile of the AWS configuration. Default: the default credential chain.")
@click.option("--profile", "former_profile", hidden=True, help="The former name of --aws-profile.")
@click.option(
    "--bucket",
    "buckets",
    multiple=True,
    help="Bucket to search for uploads and disk images; repeatable. Default: uploads in all buckets, no disk images.",
)
@click.option("--remove", "removing", is_flag=True, help="Remove the orphans, or the resources with the given IDs.")
@click.option("--yes", is_flag=True, help="Remove without confirmation.")
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
def orphans(
    *,
    ids: tuple[str, ...],
    stack_export: str | None,
    stack: str | None,
    regions: tuple[str, ...],
    all_regions: bool,
    aws_profile: str | None,
    former_profile: str | None,
    buckets: tuple[str, ...],
    removing: bool,
    yes: bool,
    wants_json: bool,
) -> None:
    """List the AWS resources that pulumi-vmimport created, and find those that no stack owns.

    Lists the running import and export tasks, AMIs, snapshots, WorkSpaces images, bundles and permissions, and
    multipart uploads of all stacks. The output of `pulumi stack export` shows which of them that stack owns.

    \b
      pulumi stack export | vmimport orphans --stack-export -
      vmimport orphans --stack-export web.json --remove
      vmimport orphans --remove import-ami-0123456789abcdef0

    Exit status: 0 no orphans, 1 orphans exist or a removal failed, 2 some resources could not be listed.
    """  # noqa: D301 - \b is click's, not Python's
    if stack is not None and not _STACK.fullmatch(stack):
        raise click.BadParameter(f"expected PROJECT/STACK, got {shown_value(stack)}", param_hint="--stack")
    if regions and all_regions:
        raise click.UsageError("--region and --all-regions cannot be used together")
    if ids and not removing:
        raise click.UsageError("IDs select what to remove: add --remove")
    if removing and not ids and stack_export is None:
        raise click.UsageError("--remove requires --stack-export, which shows what is an orphan, or IDs")
    if removing and not yes and stack_export == "-":
        raise click.UsageError("--remove requires --yes with --stack-export -: stdin cannot also confirm")
    export = read_export(_content(stack_export), stack) if stack_export is not None else None
    if former_profile is not None:
        click.echo("--profile is deprecated here; use --aws-profile, as in vmimport inspect", err=True)
    account = account_of(aws_profile or former_profile, regions, buckets, all_regions=all_regions)
    _require_account_of(export, account)
    inventory = take_inventory(account, export)
    assessed = assess(inventory.resources, export, inventory.incomplete_regions)
    found = [each for each in assessed if stack is None or each.resource.stack in {None, stack}]
    if not wants_json:
        orphan_report.show(_heading(account, export), found)
    removals = _remove_all(account, selected(found, ids), yes=yes, shown=not wants_json) if removing else None
    if wants_json:
        of = export.stack if export else stack
        click.echo(orphan_report.as_json(account, of, found, inventory.errors, removals))
    for error in inventory.errors:
        click.echo(f"not listed: {error.what} in {error.region}: {error.message}", err=True)
    is_left = _is_left(found, removals)
    raise click.exceptions.Exit(INCOMPLETE if inventory.errors else ORPHANS_EXIST if is_left else NO_ORPHANS)


def _require_account_of(export: StackExport | None, account: SearchedAccount) -> None:
    """In another account, all resources of a stack of the same name would look like orphans."""
    if export is not None and export.accounts and account.account_id not in export.accounts:
        recorded = ", ".join(sorted(export.accounts))
        raise CommandError(
            f"the state of {export.stack} is of account {recorded}, but the credentials are of account "
            f"{account.account_id}; use credentials of account {recorded}, for example with --aws-profile"
        )


def _content(path: str) -> bytes:
    try:
        with click.open_file(path, "rb") as file:
            content: bytes = file.read()
    except OSError as error:
        reason = f"{shown_value(path)} cannot be read: {error.strerror or error}"
        raise click.BadParameter(reason, param_hint="--stack-export") from error
    return content


def _heading(account: SearchedAccount, export: StackExport | None) -> str:
    where = f"account {account.account_id}, {', '.join(account.regions)}"
    if export is None:
        return f"{where}; owners are unknown without --stack-export"
    updated = f"{export.updated:%Y-%m-%d %H:%M} UTC" if export.updated else "an unknown time"
    return f"{where}; compared with the state of {export.stack}, last updated at {updated}"


def _remove_all(account: SearchedAccount, chosen: Sequence[Assessment], *, yes: bool, shown: bool) -> list[Removal]:
    """Ask for confirmation, then remove one after the other."""
    if chosen and not yes:
        listed = "".join(f"\n  {each.resource.kind} {each.resource.id} in {each.resource.region}" for each in chosen)
        try:
            click.confirm(f"This permanently removes:{listed}\nRemove?", abort=True, err=True)
        except click.Abort:
            click.echo("not confirmed; nothing was removed", err=True)
            raise click.exceptions.Exit(ORPHANS_EXIST) from None
    removals = []
    for each in chosen:
        removal = remove(account.aws(each.resource.region), each.resource)
        removals.append(removal)
        if shown:
            error = f": {removal.error}" if removal.error else ""
            click.echo(f"{removal.done}: {each.resource.kind} {each.resource.id}{error}")
    return removals


def _is_left(found: Sequence[Assessment], removals: Sequence[Removal] | None) -> bool:
    """Whether an orphan, or a resource that was to be removed, still exists."""
    removed = {id(removal.resource) for removal in removals or () if removal.error is None}
    wanted = {id(removal.resource) for removal in removals or ()}
    return any(
        id(each.resource) not in removed and (each.owner is Owner.ORPHAN or id(each.resource) in wanted)
        for each in found
    )
