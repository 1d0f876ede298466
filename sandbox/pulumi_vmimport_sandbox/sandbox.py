"""AWS, a vCenter and a Pulumi of their own, all on this machine."""

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
    """A place to run Pulumi programs of this library without an account, a vCenter or the internet.

    Everything ends with the `with` block, AWS and the vCenter with all that is in them. What Pulumi recorded in the
    directory is void from then on, so the next sandbox in the same directory begins with no stack.
    """

    engine: toolchain.Engine
    """The Pulumi command line; there while the `with` block lasts, like all below."""
    aws: AwsSandbox
    description: str
    """One line: which engine, and which plugins are real."""

    def __init__(
        self,
        directory: Path,
        *,
        vsphere: bool = True,
        clock: SandboxClock | None = None,
        guest_disk: Path | None = None,
        region: str = DEFAULT_REGION,
        real_plugins: Path | None = None,
    ) -> None:
        """Prepare a sandbox; it starts with the `with` block.

        Args:
            directory: For Pulumi's home, the stacks and the vCenter's files; made where it is missing.
            vsphere: Whether there is a vCenter.
            clock: The time AWS and guests live by. Default: as on the wall.
            guest_disk: A stream-optimized VMDK file, the disk that an installation from an ISO image leads to.
                Default: machines of the vCenter run for ever with the disk they were given.
            region: AWS Region of programs that name none.
            real_plugins: A folder of plugins to use instead of the stand-ins where it has them. Default: that of the
                user's Pulumi. A folder that does not exist has none.
        """
        self.clock = clock or SandboxClock.real()
        self._directory = directory.resolve()
        self._home, self._backend = self._directory / "pulumi", self._directory / "backend"
        self._vsphere, self._guest_disk, self._region = vsphere, guest_disk, region
        self._real_plugins = plugins.installed() if real_plugins is None else real_plugins
        self._vcenter: VCenterSandbox | None = None
        self._running = ExitStack()

    @property
    def vcenter(self) -> VCenterSandbox:
        """The vCenter.

        Raises:
            RuntimeError: the sandbox was made without one, or does not run.
        """
        if self._vcenter is None:
            raise RuntimeError("the sandbox has no vCenter: start it, with vsphere=True")
        return self._vcenter

    @property
    def environment(self) -> dict[str, str]:
        """All variables of a process that uses the sandbox: the caller's without accounts, and `settings`."""
        return {**environment.without_caller_variables(os.environ), **self.environment_overrides}

    @property
    def environment_overrides(self) -> dict[str, str]:
        """The variables that the sandbox sets, with AWS credentials as they are now."""
        aws, vcenter = self.aws, self._vcenter
        environment_overrides = environment.for_pulumi(self._home, self._backend, self.engine.environment)
        environment_overrides |= environment.for_aws(aws.endpoint, aws.access_key, aws.secret_key, self._region)
        environment_overrides["VMIMPORT_POLL_SECONDS"] = str(environment.poll_seconds(self.clock.factor))
        if vcenter:
            server = f"{vcenter.host}:{vcenter.port}"
            environment_overrides |= environment.for_vsphere(server, vcenter.user, vcenter.password, vcenter.ca_file)
        return environment_overrides

    def remaining_resources(self) -> list[str]:
        """What exists in AWS and the vCenter beyond the start and what was put there by hand."""
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
            shutil.rmtree(folder, ignore_errors=True)  # of an earlier sandbox, whose AWS and vCenter are gone
            folder.mkdir()
        self.description = f"{self.engine.description}; {plugins.place(self._home, self._real_plugins)}"
        self.aws = starting.enter_context(AwsSandbox(clock=self.clock, region=self._region))
        if self._vsphere:
            self._vcenter = starting.enter_context(VCenterSandbox(self._directory / "vcenter"))
            if self._guest_disk is not None:
                guest = InstallingGuest(self._vcenter, self.clock, self._guest_disk)
                guest.start()
                starting.callback(guest.stop)
