"""`vmimport policy-pack` creates the folder that `pulumi preview --policy-pack` takes."""

import importlib.util
import os
import sys
from pathlib import Path

import click

from pulumi_vmimport.cli.command_error import CommandError

_PROGRAM = """from pulumi_vmimport.policies.policy_pack import serve

serve()
"""
_SETTINGS = "description: Guard rails of pulumi-vmimport for imported, shared and distributed AMIs\n"


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def policy_pack(directory: Path) -> None:
    """Create a Pulumi policy pack with the rules of pulumi-vmimport in DIRECTORY.

    The pack runs in the virtual environment of this command. Files that exist are not changed.

    \b
      vmimport policy-pack policy
      pulumi preview --policy-pack policy
    """  # noqa: D301 - \b is click's, not Python's
    if importlib.util.find_spec("pulumi_policy") is None:
        raise CommandError("pulumi-policy is not installed; run: pip install pulumi-policy")
    exists = (directory / "__main__.py").exists()
    files = {directory / "PulumiPolicy.yaml": _SETTINGS + _runtime(directory), directory / "__main__.py": _PROGRAM}
    try:
        for path, text in files.items():
            if path.exists() and path.read_text(encoding="utf-8") != text:
                raise CommandError(f"{path} exists with another content; remove it, or choose another directory")
        directory.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot create the policy pack: {error}; choose another directory") from error
    click.echo(f"{'unchanged:' if exists else 'created'} {directory}; run: pulumi preview --policy-pack {directory}")


def _runtime(directory: Path) -> str:
    """The runtime of the pack: the virtual environment of this process, by a relative path within the project."""
    if sys.prefix == sys.base_prefix:
        return "runtime: python\n"
    environment, pack = Path(sys.prefix).resolve(), directory.resolve()
    if environment.is_relative_to(pack.parent):
        environment = Path(os.path.relpath(environment, pack))
    return f"runtime:\n  name: python\n  options:\n    virtualenv: {environment}\n"
