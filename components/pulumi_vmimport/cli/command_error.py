"""The error that ends a command: one line for the user, and exit status 2."""

import click

from pulumi_vmimport.cli.terminal import escaped
from pulumi_vmimport.errors import VmimportError


class CommandError(VmimportError, click.ClickException):
    """A command cannot do what its arguments request."""

    exit_code = 2

    def format_message(self) -> str:
        """The message in one line, whatever file names it contains."""
        return escaped(self.message)
