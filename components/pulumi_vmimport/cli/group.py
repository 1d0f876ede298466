"""The subcommands of `vmimport`."""

import importlib

import click

# The module of a command is imported on use: inspecting a local file does not import boto3.
_COMMANDS = {
    "inspect": "pulumi_vmimport.cli.inspect.inspect_command",
    "orphans": "pulumi_vmimport.cli.orphans.orphans_command",
    "policy-pack": "pulumi_vmimport.cli.policy_pack_command",
    "provenance": "pulumi_vmimport.cli.provenance.provenance_command",
    "report": "pulumi_vmimport.cli.report.report_command",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(_COMMANDS[cmd_name]), cmd_name.replace("-", "_"))
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="pulumi-vmimport")
def vmimport() -> None:
    """Inspect disk images, report on runs of Pulumi stacks, find resources that they left in AWS, trace images back."""
