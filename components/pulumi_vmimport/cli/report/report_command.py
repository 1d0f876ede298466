"""`vmimport report` makes an HTML page of a run of a stack."""

from pathlib import Path
from typing import BinaryIO

import click

from pulumi_vmimport.cli.command_error import CommandError
from pulumi_vmimport.cli.output import emit
from pulumi_vmimport.cli.report.event_log import read_events
from pulumi_vmimport.cli.report.html_report import html_report
from pulumi_vmimport.cli.report.report_view import report_view
from pulumi_vmimport.cli.report.run_record import run_record


@click.command()
@click.argument("log", type=click.File("rb"))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write. Default: standard output.",
)
def report(*, log: BinaryIO, output: Path | None) -> None:
    """Make an HTML page of a run of a stack: a time line with the phases of each task, sizes, rates and findings.

    LOG is the event log of `pulumi up`, `preview`, `refresh` or `destroy`; `-` reads standard input. The page is
    one file without scripts and external resources. It shows no secret of the stack.

    \b
      PULUMI_DEBUG_COMMANDS=true pulumi up --yes --skip-preview --event-log run.jsonl
      vmimport report run.jsonl -o run.html
      pulumi up --yes --skip-preview --json | vmimport report - -o run.html

    Exit status: 0 the page was written, also for a run that failed; 2 the log has no events, or a file cannot be
    read or written.
    """  # noqa: D301 - \b is click's, not Python's
    try:
        page = html_report(report_view(run_record(read_events(log))))
    except OSError as error:
        raise CommandError(f"cannot read the event log: {error.strerror or error}") from error
    if output is None:
        emit(page)
        return
    try:
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot write {output}: {error.strerror or error}; choose another file") from error
