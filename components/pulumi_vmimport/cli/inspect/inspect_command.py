"""`vmimport inspect`: what a disk image tells about itself, and what AWS would refuse of it."""

import time

import click

from pulumi_vmimport.cli.command_error import CommandError
from pulumi_vmimport.cli.inspect import inspection_report
from pulumi_vmimport.cli.inspect.progress import progress
from pulumi_vmimport.cli.inspect.target import name_of, opened
from pulumi_vmimport.cli.output import emit
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.image_profile import PROFILE_NAMES, ImageProfile

NO_ERROR, ERRORS = 0, 1


@click.command()
@click.argument("target")
@click.option(
    "--profile",
    type=click.Choice(list(PROFILE_NAMES)),
    default=ImageProfile.EC2.value,
    show_default=True,
    help="What it is judged for: ImportImage, ImportSnapshot, or a WorkSpaces BYOL image.",
)
@click.option("--deep", is_flag=True, help="Read all of it: inflate every grain of a VMDK, compare an OVA's digests.")
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
@click.option("--region", help="Of an s3:// target. Default: the configured Region.")
@click.option("--aws-profile", help="Profile of the shared AWS files. Default: as any AWS tool finds credentials.")
def inspect(
    *, target: str, profile: str, deep: bool, wants_json: bool, region: str | None, aws_profile: str | None
) -> None:
    """Tell what is in a disk image, and what AWS would refuse of it.

    TARGET is an OVA, OVF, VMDK, VHD, VHDX or raw image: a file, s3://bucket/key or an https URL, such as a presigned
    one. A few pieces of it are read, whatever its size; nothing is changed.

    \b
      vmimport inspect web.ova
      vmimport inspect s3://images-of-web/web.vmdk --profile byol-workspaces
      vmimport inspect web.ova --json | jq .findings[].rule

    Exit status: 0 no error was found, 1 errors were found, 2 it could not be read, 130 interrupted.
    """  # noqa: D301 - \b is click's, not Python's
    began = time.monotonic()
    judged_for = ImageProfile(profile)
    name = name_of(target)
    try:
        with opened(target, aws_profile, region) as image, progress(image, name, wanted=deep):
            facts = inspect_image(image.source, open_sibling=image.open_sibling, deep=deep)
            reads = image.reads()
    except CommandError as trouble:
        if wants_json:
            emit(inspection_report.failure_as_json(name, trouble.format_message()))
        raise
    findings = evaluate(facts, judged_for)
    told = inspection_report.InspectionReport(name, facts, findings, judged_for, reads, time.monotonic() - began)
    emit(inspection_report.as_json(told) if wants_json else inspection_report.as_text(told))
    errors = any(finding.severity is Severity.ERROR for finding in findings)
    raise click.exceptions.Exit(ERRORS if errors else NO_ERROR)
