"""The provider plugins of a sandbox: the user's installed plugins or, if there are none, stand-ins."""

import os
import shlex
import sys
from importlib import metadata
from pathlib import Path

STANDINS = ("aws", "vsphere")


def user_plugin_folder() -> Path:
    """The plugin folder of the user's Pulumi installation."""
    home = os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi"
    return Path(home) / "plugins"


def install(home: Path, real: Path | None) -> str:
    """Install a plugin for each provider, in the version of the installed SDK, into a Pulumi home.

    Args:
        home: The sandbox's Pulumi home.
        real: A folder that may contain real plugins. None always installs stand-ins.

    Returns:
        One line that describes the installed plugins.
    """
    return ", ".join(_install(home, real, name) for name in STANDINS)


def _install(home: Path, real: Path | None, name: str) -> str:
    version = metadata.version(f"pulumi-{name}")
    folder, executable = f"resource-{name}-v{version}", f"pulumi-resource-{name}"
    target = home / "plugins" / folder
    target.mkdir(parents=True, exist_ok=True)
    if real is not None and (real / folder / executable).is_file():
        for file in (real / folder).iterdir():  # one link per file: the engine ignores a folder that is a link
            (target / file.name).unlink(missing_ok=True)
            (target / file.name).symlink_to(file.resolve())
        return f"{name} {version}: real plugin"
    launcher = Path(__file__).with_name("standins") / "__main__.py"
    command = shlex.join([sys.executable, "-P", "-u", str(launcher), name, version])
    shim = target / executable
    shim.unlink(missing_ok=True)
    shim.write_text(f'#!/bin/sh\nexec {command} "$PPID" "$@"\n')
    shim.chmod(0o755)
    return f"{name} {version}: stand-in"
