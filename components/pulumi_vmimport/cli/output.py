"""The output of a command."""

import sys

from pulumi_vmimport.cli.terminal import let_go
from pulumi_vmimport.cli.trouble import Trouble


def emit(text: str) -> None:
    """Write to stdout; a reader that went away has all that it wanted. Raises: Trouble when it cannot be written."""
    if sys.stdout is None:  # closed by who started us
        return
    try:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        let_go()
    except OSError as error:
        let_go()
        raise Trouble(f"the output cannot be written: {error.strerror or error}") from error
