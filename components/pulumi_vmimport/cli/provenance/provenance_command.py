"""`vmimport provenance` shows where an AMI, a snapshot or a WorkSpaces image comes from."""

import json
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.cli.aws_error_text import aws_error_text
from pulumi_vmimport.cli.command_error import CommandError
from pulumi_vmimport.cli.output import emit
from pulumi_vmimport.cli.provenance.provenance_titles import PROVENANCE_TITLES
from pulumi_vmimport.cli.searched_account import account_of
from pulumi_vmimport.cli.terminal import escaped
from pulumi_vmimport.functions import traced_image
from pulumi_vmimport.functions.traced_image import TracedImage
from pulumi_vmimport.lifecycle.provenance import provenance_of
from pulumi_vmimport.shown_value import shown_value

_WIDTH = max(map(len, PROVENANCE_TITLES.values()))


@click.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--region", help="Region of the images. Default: configured Region.")
@click.option("--aws-profile", help="Named profile of the AWS configuration. Default: the default credential chain.")
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
def provenance(*, ids: tuple[str, ...], region: str | None, aws_profile: str | None, wants_json: bool) -> None:
    """Show where images come from: virtual machine, disks, S3 object, import task, AMI and stack.

    ID is an AMI (ami-...), a snapshot (snap-...) or a WorkSpaces image (wsi-...). The answer is read from the tags
    that pulumi-vmimport set when it created the image; neither the source nor a stack needs to exist any more.

    \b
      vmimport provenance ami-0123456789abcdef0
      vmimport provenance wsi-0123456789 --region eu-west-1 --json

    Exit status: 0 every image has such tags, 1 an image has none, 2 an image was not found or the arguments are wrong.
    """  # noqa: D301 - \b is click's, not Python's
    for id in ids:
        if not traced_image.is_traceable(id):
            raise click.BadParameter(f"expected ami-..., snap-... or wsi-..., got {shown_value(id)}", param_hint="ID")
    account = account_of(aws_profile, (region,) if region else (), (), all_regions=False)
    aws = account.aws(account.regions[0])
    found = [_find(aws, id) for id in dict.fromkeys(ids)]
    if wants_json:
        emit(json.dumps([_as_json(each, account.account_id, account.regions[0]) for each in found], indent=2))
    else:
        emit("\n\n".join(map(_as_text, found)))
    raise click.exceptions.Exit(0 if all(provenance_of(each.tags) for each in found) else 1)


def _as_text(found: TracedImage) -> str:
    facts = provenance_of(found.tags)
    heading = " ".join(filter(None, (found.kind, found.id, found.name and f"({found.name})", found.state)))
    lines = [f"  {title:<{_WIDTH}}  {facts[name]}" for name, title in PROVENANCE_TITLES.items() if name in facts]
    none = "  has no tags of pulumi-vmimport, so its source is not known"
    return "\n".join(map(escaped, [heading, *(lines or [none])]))


def _as_json(found: TracedImage, account_id: str, region: str) -> dict[str, Any]:
    facts = provenance_of(found.tags)
    return {
        "id": found.id,
        "kind": found.kind,
        "name": found.name,
        "state": found.state,
        "account": account_id,
        "region": region,
        "provenance": {name: facts.get(name) for name in PROVENANCE_TITLES},
    }


def _find(aws: AwsConnection, id: str) -> TracedImage:
    try:
        found = traced_image.find(aws, id)
    except (ClientError, BotoCoreError) as error:
        raise CommandError(f"{id}: {aws_error_text(error)}") from error
    if found is None:
        raise CommandError(f"{id} does not exist in {aws.region}; check the id, --region and --aws-profile")
    return found
