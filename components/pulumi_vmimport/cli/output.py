"""The output of a command."""

import sys

from pulumi_vmimport.cli.command_error import CommandError
from pulumi_vmimport.cli.terminal import discard_output


def emit(text: str) -> None:
    """Write to stdout. A reader that closed the pipe is no error. Raises: CommandError when writing fails."""
    if sys.stdout is None:  # the parent process closed it
        return
    try:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()
    except OSError as error:
        discard_output()
        raise CommandError(f"cannot write the output: {error.strerror or error}") from error
