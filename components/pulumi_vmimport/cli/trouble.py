"""What ends a command: one line for the user, and the exit status 2."""

import click

from pulumi_vmimport.cli.terminal import escaped


class Trouble(click.ClickException):
    """The command cannot do what it was asked to."""

    exit_code = 2

    def format_message(self) -> str:
        """The words in one line, whatever names are in them."""
        return escaped(self.message)
