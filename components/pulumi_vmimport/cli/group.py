"""The subcommands of `vmimport`."""

import click

from pulumi_vmimport.cli.orphans.command import orphans


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="pulumi-vmimport")
def vmimport() -> None:
    """Look after what the stacks of pulumi-vmimport have in AWS."""


vmimport.add_command(orphans)
