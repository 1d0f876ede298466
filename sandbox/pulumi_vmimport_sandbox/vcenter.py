"""A vCenter on this machine: govmomi's simulator as a child process, and what is in it."""

import json
import os
import select
import subprocess
from pathlib import Path
from typing import IO, Any, BinaryIO, Self

from pyVmomi import vim

from pulumi_vmimport_sandbox import toolchain
from pulumi_vmimport_sandbox.standins.vsphere_session import VSphere, datacenter_of

_START_SECONDS = 20  # measured: 50 to 110 ms
_STOP_SECONDS = 10


class VCenterSandbox:
    """Starts empty: a datacenter DC0 with a cluster DC0_C0, a datastore LocalDS_0 and networks, but no machines.

    The simulator ends when this process does, however it ends: it watches its standard input.
    """

    def __init__(self, directory: Path) -> None:
        """Args: directory: Where the simulator keeps the files of its datastores, and its log."""
        self._directory = directory
        self._process: subprocess.Popen[str] | None = None
        self._ready: dict[str, Any] = {}
        self._put: set[Path] = set()

    def __enter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        log = self._directory / "vcenter.log"
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                [toolchain.vcenter_simulator()],
                env={**os.environ, "TMPDIR": str(self._directory.resolve())},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        try:
            self._ready = json.loads(_first_line(self._process.stdout))
        except ValueError as error:
            self._stop()
            raise RuntimeError(
                f"the vCenter simulator was not ready within {_START_SECONDS} s: {log.read_text().strip() or 'no word'}"
            ) from error
        self.session = VSphere(self.host, self.port, self.user, self.password, str(self.ca_file))
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            return
        self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    @property
    def host(self) -> str:
        """A loopback address."""
        return str(self._ready["host"])

    @property
    def port(self) -> int:
        """A free port."""
        return int(self._ready["port"])

    @property
    def user(self) -> str:
        """The administrator."""
        return str(self._ready["user"])

    @property
    def password(self) -> str:
        """The administrator's password, another one in each run."""
        return str(self._ready["password"])

    @property
    def ca_file(self) -> Path:
        """A PEM file that verifies the host."""
        return Path(self._ready["ca"])

    def virtual_machines(self) -> list[Any]:
        """The virtual machines, as pyVmomi's vim.VirtualMachine."""
        return self.session.all(vim.VirtualMachine)

    def folder_of(self, datastore: str) -> Path:
        """Where the simulator keeps the files of a datastore."""
        return Path(self._ready["datastores"][datastore])

    def put_file(self, datastore: str, path: str, stream: BinaryIO) -> None:
        """Write a file of a datastore, and the folders it is in; `leftovers` does not count it."""
        target = self.session.named(vim.Datastore, datastore)
        folder = path.rpartition("/")[0]
        if folder and not (self.folder_of(datastore) / folder).is_dir():
            self.session.content.fileManager.MakeDirectory(f"[{datastore}] {folder}", datacenter_of(target), True)
        self.session.put_file(target, path, stream)
        self._put.add(self.folder_of(datastore) / path)

    def read_file(self, datastore: str, path: str) -> bytes:
        """The content of a file of a datastore."""
        return self.session.read_file(self.session.named(vim.Datastore, datastore), path)

    def remaining_resources(self) -> list[str]:
        """What exists beyond the start and `put_file`: virtual machines and files of datastores."""
        found = [f"virtual machine {machine.name}" for machine in self.virtual_machines()]
        for datastore in self._ready["datastores"]:
            root = self.folder_of(datastore)
            files = sorted(file for file in root.rglob("*") if file.is_file() and file not in self._put)
            found += [f"file [{datastore}] {file.relative_to(root)}" for file in files]
        return found


def _first_line(output: IO[str] | None) -> str:
    """The line that says the simulator is ready; empty when it ends or says nothing for too long."""
    if output is None or not select.select([output], [], [], _START_SECONDS)[0]:
        return ""
    return output.readline()
