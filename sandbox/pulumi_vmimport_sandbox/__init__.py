"""Simulated AWS and vSphere with a Pulumi engine on this machine, for tests and experiments without an account.

    with Sandbox(directory, clock=SandboxClock.fast(600)) as sandbox:
        subprocess.run(["pulumi", "up", "--yes", "--stack", "try"], env=sandbox.environment)

Install from a checkout: `pip install ./sandbox '.[sandbox]'`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox
    from pulumi_vmimport_sandbox.clock import SandboxClock
    from pulumi_vmimport_sandbox.guest import InstallingGuest
    from pulumi_vmimport_sandbox.lock import AlreadyRunning
    from pulumi_vmimport_sandbox.sandbox import Sandbox
    from pulumi_vmimport_sandbox.vcenter import VCenterSandbox

__all__ = ["AlreadyRunning", "AwsSandbox", "InstallingGuest", "Sandbox", "SandboxClock", "VCenterSandbox"]

_MODULES = {
    "AlreadyRunning": "lock",
    "AwsSandbox": "aws.server.aws_sandbox",
    "InstallingGuest": "guest",
    "Sandbox": "sandbox",
    "SandboxClock": "clock",
    "VCenterSandbox": "vcenter",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use.

    Importing moto takes a second and reads the user's AWS profile. The commands that start and stop a sandbox need
    neither.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
