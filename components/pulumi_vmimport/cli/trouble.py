"""What ends a command: one line for the user, and the exit status 2."""

import click


class Trouble(click.ClickException):
    """The command cannot do what it was asked to."""

    exit_code = 2
