"""AWS, vSphere and Pulumi on this machine, for tests and for trying things without an account.

    with Sandbox(directory, clock=SandboxClock.fast(600)) as sandbox:
        subprocess.run(["pulumi", "up", "--yes", "--stack", "try"], env=sandbox.environment)

Needs the extra: pip install pulumi-vmimport[sandbox].
"""

from pulumi_vmimport.sandbox.aws.server import AwsSandbox
from pulumi_vmimport.sandbox.clock import SandboxClock
from pulumi_vmimport.sandbox.guest import InstallingGuest
from pulumi_vmimport.sandbox.lock import AlreadyRunning
from pulumi_vmimport.sandbox.sandbox import Sandbox
from pulumi_vmimport.sandbox.vcenter import VCenterSandbox

__all__ = ["AlreadyRunning", "AwsSandbox", "InstallingGuest", "Sandbox", "SandboxClock", "VCenterSandbox"]
