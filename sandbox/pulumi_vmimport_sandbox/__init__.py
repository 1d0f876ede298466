"""AWS, vSphere and Pulumi on this machine, for tests and for trying things without an account.

    with Sandbox(directory, clock=SandboxClock.fast(600)) as sandbox:
        subprocess.run(["pulumi", "up", "--yes", "--stack", "try"], env=sandbox.environment)

Needs the extra: pip install pulumi-vmimport[sandbox].
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
    """Import a public name when it is first used.

    Importing moto takes a second and reads the caller's AWS profile; the commands that start and stop a sandbox want
    neither.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
