"""A virtual machine in vSphere as the target of the command."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from pulumi_vmimport.cli.command_error import CommandError
from pulumi_vmimport.disk.inspection.facts import ImageFacts
from pulumi_vmimport.disk.inspection.inspect_disk import ReadGuest
from pulumi_vmimport.functions.inspection_target import Reads
from pulumi_vmimport.resources.machine_inspection import inspect_machine
from pulumi_vmimport.vsphere.inventory import find_by_path
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.settings import VSphereSettings


class MachineTarget:
    """A context manager around a session with the vSphere server of the environment."""

    def __init__(self, path: str, environment: Mapping[str, str]) -> None:
        """`path` is the inventory path of the VM, or its name if that is unique.

        Raises: CommandError if the environment names no server; InvalidSettingError.
        """
        settings = VSphereSettings.from_environment(environment)
        if settings is None:
            raise CommandError("vSphere is not configured: set VSPHERE_SERVER, VSPHERE_USER and VSPHERE_PASSWORD")
        self._path = path
        self._session = VSphereSession(settings)
        self._stack = ExitStack()
        self._reads = Reads()
        self._size_bytes = 0

    def __enter__(self) -> Self:
        """Raises: VSphereError."""
        with ExitStack() as stack:
            stack.enter_context(self._session)
            self._machine = find_by_path(self._session, self._path)
            self._facts = self._machine.facts()
            self._size_bytes = sum(disk.capacity_bytes for disk in self._facts.disks)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def size_bytes(self) -> int:
        """The capacity of all disks."""
        return self._size_bytes

    def facts(self, *, deep: bool, read_guest: ReadGuest | None = None) -> ImageFacts:
        """Inspect the VM. The data of its disks has no checksums, so `deep` reads nothing more."""
        del deep
        inspected = inspect_machine(self._machine, self._facts, time.sleep, read_guest)
        self._reads = Reads(inspected.requests, inspected.received_bytes)
        return inspected.facts

    def reads(self) -> Reads:
        """What was read from datastores."""
        return self._reads
