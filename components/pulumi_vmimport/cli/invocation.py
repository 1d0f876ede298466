"""Invokes the command that the arguments name, and returns its exit status."""

import io
import sys

import click

from pulumi_vmimport.cli.group import vmimport
from pulumi_vmimport.cli.terminal import escaped

_DECLINED = 1


def invoke() -> int:
    """The exit status. Raises: KeyboardInterrupt, BrokenPipeError, and any unexpected exception of the command."""
    stdout = sys.stdout
    try:
        status = vmimport.main(prog_name="vmimport", standalone_mode=False)
    except click.Abort as error:
        if isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        click.echo("Aborted!", err=True)
        return _DECLINED
    except click.ClickException as error:
        message = io.StringIO()
        error.show(message)
        sys.stderr.write(escaped(message.getvalue(), keep="\n"))  # click ignores the encoding of the stream
        return error.exit_code
    except SystemExit as error:
        if sys.stdout is not stdout:  # click replaces stdout when its reader has closed the pipe
            raise BrokenPipeError from error
        raise
    return status if isinstance(status, int) else 0
