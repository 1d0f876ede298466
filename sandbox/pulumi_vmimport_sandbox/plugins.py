"""Which provider plugins a sandbox uses: the user's real ones where they are installed, else the stand-ins."""

import os
import shlex
import sys
from importlib import metadata
from pathlib import Path

STANDINS = ("aws", "vsphere")


def installed() -> Path:
    """The folder where the user's own Pulumi keeps its plugins."""
    home = os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi"
    return Path(home) / "plugins"


def place(home: Path, real: Path | None) -> str:
    """Put a plugin of each provider, of the version the installed SDK asks for, into a Pulumi home.

    Args:
        home: The sandbox's Pulumi home.
        real: Where real plugins may be; None uses the stand-ins whatever is installed.

    Returns:
        One line that says which is which.
    """
    return ", ".join(_place(home, real, name) for name in STANDINS)


def _place(home: Path, real: Path | None, name: str) -> str:
    version = metadata.version(f"pulumi-{name}")
    folder, executable = f"resource-{name}-v{version}", f"pulumi-resource-{name}"
    target = home / "plugins" / folder
    target.mkdir(parents=True, exist_ok=True)
    if real is not None and (real / folder / executable).is_file():
        for file in (real / folder).iterdir():  # one by one: the engine passes over a folder that is a link
            (target / file.name).unlink(missing_ok=True)
            (target / file.name).symlink_to(file.resolve())
        return f"{name} {version}: the real plugin"
    launcher = Path(__file__).with_name("standins") / "__main__.py"
    command = shlex.join([sys.executable, "-P", "-u", str(launcher), name, version])
    shim = target / executable
    shim.unlink(missing_ok=True)
    shim.write_text(f'#!/bin/sh\nexec {command} "$PPID" "$@"\n')
    shim.chmod(0o755)
    return f"{name} {version}: stand-in"
