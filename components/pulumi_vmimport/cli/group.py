"""The subcommands of `vmimport`."""

import importlib

import click

# A command's module is loaded when it is asked for: a look at a local file does without boto3.
_COMMANDS = {
    "inspect": "pulumi_vmimport.cli.inspect.inspect_command",
    "orphans": "pulumi_vmimport.cli.orphans.orphans_command",
}


class _OnDemand(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(_COMMANDS[cmd_name]), cmd_name)
        return command


@click.group(cls=_OnDemand, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="pulumi-vmimport")
def vmimport() -> None:
    """Look at disk images before AWS does, and after what the stacks of pulumi-vmimport have in AWS."""
