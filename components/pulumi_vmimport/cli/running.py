"""Runs the command of the arguments, and says how it ended."""

import io
import sys

import click

from pulumi_vmimport.cli.group import vmimport
from pulumi_vmimport.cli.terminal import escaped

_DECLINED = 1


def run() -> int:
    """The exit status. Raises: KeyboardInterrupt, BrokenPipeError, and whatever nobody thought of."""
    stdout = sys.stdout
    try:
        status = vmimport.main(prog_name="vmimport", standalone_mode=False)
    except click.Abort as error:
        if isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        click.echo("Aborted!", err=True)
        return _DECLINED
    except click.ClickException as error:
        words = io.StringIO()
        error.show(words)
        sys.stderr.write(escaped(words.getvalue(), but="\n"))  # click would write UTF-8 where that is not asked for
        return error.exit_code
    except SystemExit as error:
        if sys.stdout is not stdout:  # click has put another there, as the reader went away
            raise BrokenPipeError from error
        raise
    return status if isinstance(status, int) else 0
