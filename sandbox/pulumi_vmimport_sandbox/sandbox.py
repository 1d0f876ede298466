"""A sandbox: AWS, a vCenter and a Pulumi home on this machine."""

import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from pulumi_vmimport_sandbox import environment, lock, plugins, toolchain
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox
from pulumi_vmimport_sandbox.clock import SandboxClock
from pulumi_vmimport_sandbox.guest import InstallingGuest
from pulumi_vmimport_sandbox.vcenter import VCenterSandbox

DEFAULT_REGION = "eu-west-1"


class Sandbox:
    """Runs Pulumi programs that use pulumi-vmimport without an account, a vCenter or internet access.

    The `with` block starts and stops the sandbox. All AWS and vCenter resources are deleted at its end. The stacks in
    the directory then refer to resources that no longer exist, so the next sandbox in the directory deletes them.
    """

    engine: toolchain.Engine
    """The Pulumi CLI. This attribute and the following ones exist only in the `with` block."""
    aws: AwsSandbox
    description: str
    """One line that describes the engine and the plugins."""

    def __init__(
        self,
        directory: Path,
        *,
        vsphere: bool = True,
        clock: SandboxClock | None = None,
        guest_disk: Path | None = None,
        installs_guests: bool = False,
        region: str = DEFAULT_REGION,
        real_plugins: Path | None = None,
    ) -> None:
        """Configure a sandbox. The `with` block starts it.

        Args:
            directory: Folder for Pulumi's home, the stacks and the vCenter's files; created if it does not exist.
            vsphere: Whether to start a vCenter.
            clock: The clock of AWS and guests. Default: real time.
            guest_disk: A stream-optimized VMDK file, the disk that a Windows installation from an ISO image produces.
                Default: VMs keep running with their original disks.
            installs_guests: Whether VMs with an answer ISO install and prepare themselves. Implied by guest_disk.
            region: The default AWS Region of programs.
            real_plugins: A folder of real plugins to use instead of the stand-ins. Default: the folder of the user's
                Pulumi installation. May not exist.
        """
        self.clock = clock or SandboxClock.real()
        self._directory = directory.resolve()
        self._home, self._backend = self._directory / "pulumi", self._directory / "backend"
        self._vsphere, self._guest_disk, self._region = vsphere, guest_disk, region
        self._installs_guests = installs_guests or guest_disk is not None
        self._guest: InstallingGuest | None = None
        self._real_plugins = plugins.user_plugin_folder() if real_plugins is None else real_plugins
        self._vcenter: VCenterSandbox | None = None
        self._running = ExitStack()

    @property
    def vcenter(self) -> VCenterSandbox:
        """The vCenter.

        Raises:
            RuntimeError: The sandbox is not running or has no vCenter.
        """
        if self._vcenter is None:
            raise RuntimeError("the sandbox has no vCenter; start it with vsphere=True")
        return self._vcenter

    @property
    def guest(self) -> InstallingGuest:
        """What installs the guests of VMs.

        Raises:
            RuntimeError: The sandbox is not running or installs no guests.
        """
        if self._guest is None:
            raise RuntimeError("the sandbox installs no guests; start it with installs_guests=True")
        return self._guest

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process in the sandbox: `environment_overrides` and the other variables of the user."""
        return {**environment.without_caller_variables(os.environ), **self.environment_overrides}

    @property
    def environment_overrides(self) -> dict[str, str]:
        """The variables that the sandbox sets, with the current AWS credentials."""
        aws, vcenter = self.aws, self._vcenter
        environment_overrides = environment.for_pulumi(self._home, self._backend, self.engine.environment)
        environment_overrides |= environment.for_aws(aws.endpoint, aws.access_key, aws.secret_key, self._region)
        environment_overrides["VMIMPORT_POLL_SECONDS"] = str(environment.poll_seconds(self.clock.factor))
        environment_overrides |= environment.for_standins(self.clock.factor)
        if vcenter:
            server = f"{vcenter.host}:{vcenter.port}"
            environment_overrides |= environment.for_vsphere(server, vcenter.user, vcenter.password, vcenter.ca_file)
        return environment_overrides

    def remaining_resources(self) -> list[str]:
        """The resources in AWS and the vCenter, except initial ones and files uploaded with `put_file`."""
        return self.aws.remaining_resources() + (self._vcenter.remaining_resources() if self._vcenter else [])

    def __enter__(self) -> Self:
        with ExitStack() as starting:
            self._start(starting)
            self._running = starting.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._running.close()
        self._vcenter = None

    def _start(self, starting: ExitStack) -> None:
        self.engine = toolchain.engine()
        self._directory.mkdir(parents=True, exist_ok=True)
        starting.enter_context(lock.hold(self._directory))
        for folder in (self._home, self._backend):
            shutil.rmtree(folder, ignore_errors=True)  # of an earlier sandbox, whose resources no longer exist
            folder.mkdir()
        self.description = f"{self.engine.description}; {plugins.install(self._home, self._real_plugins)}"
        self.aws = starting.enter_context(AwsSandbox(clock=self.clock, region=self._region))
        if self._vsphere:
            self._vcenter = starting.enter_context(VCenterSandbox(self._directory / "vcenter"))
            if self._installs_guests:
                self._guest = InstallingGuest(self._vcenter, self.clock, self._guest_disk)
                self._guest.start()
                starting.callback(self._guest.stop)
