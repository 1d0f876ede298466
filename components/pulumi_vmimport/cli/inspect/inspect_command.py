"""`vmimport inspect` shows the content of a disk image and why AWS would reject it."""

import time

import click

from pulumi_vmimport.cli.command_error import CommandError
from pulumi_vmimport.cli.inspect import inspection_report
from pulumi_vmimport.cli.inspect.progress import progress
from pulumi_vmimport.cli.inspect.target import name_of, open_target
from pulumi_vmimport.cli.output import emit
from pulumi_vmimport.functions.inspection_result import InspectionResult, guest_reader
from pulumi_vmimport.image_profile import PROFILE_NAMES, ImageProfile

NO_ERROR, ERRORS = 0, 1


@click.command()
@click.argument("target")
@click.option(
    "--profile",
    type=click.Choice(list(PROFILE_NAMES)),
    default=ImageProfile.EC2.value,
    show_default=True,
    help="Purpose of the image: ImportImage (ec2), ImportSnapshot, or a WorkSpaces BYOL image.",
)
@click.option(
    "--deep", is_flag=True, help="Read the whole image: decompress every VMDK grain and verify the manifest of an OVA."
)
@click.option(
    "--guest",
    is_flag=True,
    help="Read the operating system on the first disk as well. Implied by --profile byol-workspaces.",
)
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
@click.option("--region", help="Region of an s3:// target. Default: the configured Region.")
@click.option("--aws-profile", help="Named profile of the AWS configuration. Default: the default credential chain.")
def inspect(
    *,
    target: str,
    profile: str,
    deep: bool,
    guest: bool,
    wants_json: bool,
    region: str | None,
    aws_profile: str | None,
) -> None:
    """Show the content of a disk image, and why AWS would reject it.

    TARGET is an OVA, OVF, VMDK, VHD, VHDX or raw image: a file, s3://bucket/key, or an https URL such as a presigned
    URL; or a virtual machine that is powered off: vsphere://datacenter/vm/name, with VSPHERE_SERVER, VSPHERE_USER and
    VSPHERE_PASSWORD. The command reads only parts of the image and changes nothing.

    \b
      vmimport inspect web.ova
      vmimport inspect s3://images-of-web/web.vmdk --profile byol-workspaces
      vmimport inspect web.ova --guest
      vmimport inspect web.ova --json | jq .findings[].rule
      vmimport inspect vsphere://DC0/vm/web

    Exit status: 0 no errors found, 1 errors found, 2 image not readable or options invalid, 130 interrupted.
    """  # noqa: D301 - \b is click's, not Python's
    start = time.monotonic()
    image_profile = ImageProfile(profile)
    read_guest = guest_reader(image_profile, is_wanted=guest)
    name = name_of(target)
    try:
        with open_target(target, aws_profile, region) as image, progress(image, name, wanted=deep):
            facts = image.facts(deep=deep, read_guest=read_guest)
            reads = image.reads()
    except CommandError as trouble:
        if wants_json:
            emit(inspection_report.failure_as_json(name, trouble.format_message()))
        raise
    result = InspectionResult.of(facts, image_profile)
    report = inspection_report.InspectionReport(name, result, reads, time.monotonic() - start)
    emit(inspection_report.as_json(report) if wants_json else inspection_report.as_text(report))
    raise click.exceptions.Exit(ERRORS if result.has_errors else NO_ERROR)
