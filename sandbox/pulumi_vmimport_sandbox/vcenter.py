"""A vCenter on this machine: govmomi's simulator in a child process."""

import json
import os
import select
import shutil
import subprocess
from pathlib import Path
from typing import IO, Any, BinaryIO, Self

from pyVmomi import vim

from pulumi_vmimport_sandbox import toolchain
from pulumi_vmimport_sandbox.standins.vsphere_session import VSphere, datacenter_of

_START_SECONDS = 20  # measured: 50 to 110 ms
_STOP_SECONDS = 10


class VCenterSandbox:
    """A vCenter with a datacenter DC0, a cluster DC0_C0, a datastore LocalDS_0 and networks, and no VMs.

    The simulator watches its standard input and exits when this process exits.
    """

    def __init__(self, directory: Path) -> None:
        """Args: directory: The folder for the files of the datastores and the log."""
        self._directory = directory
        self._process: subprocess.Popen[str] | None = None
        self._ready: dict[str, Any] = {}
        self._uploaded: set[Path] = set()

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
                f"the vCenter simulator did not start: {log.read_text().strip() or 'no output'}"
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
        """The administrator's password, which differs in each run."""
        return str(self._ready["password"])

    @property
    def ca_file(self) -> Path:
        """A PEM file with the certificate of the host."""
        return Path(self._ready["ca"])

    def virtual_machines(self) -> list[Any]:
        """The virtual machines as vim.VirtualMachine objects of pyVmomi."""
        return self.session.all(vim.VirtualMachine)

    def folder_of(self, datastore: str) -> Path:
        """The folder with the files of a datastore."""
        return Path(self._ready["datastores"][datastore])

    def put_file(self, datastore: str, path: str, stream: BinaryIO) -> None:
        """Write a file to a datastore, creating its folders. `remaining_resources` does not list it."""
        target = self.session.named(vim.Datastore, datastore)
        folder = path.rpartition("/")[0]
        if folder and not (self.folder_of(datastore) / folder).is_dir():
            self.session.content.fileManager.MakeDirectory(f"[{datastore}] {folder}", datacenter_of(target), True)
        self.session.put_file(target, path, stream)
        self._uploaded.add(self.folder_of(datastore) / path)

    def disk_file(self, machine: Any, number: int = 0) -> Path:
        """The file with the content of a disk of a VM, -flat.vmdk, which its datastore serves and an export contains.

        Args:
            machine: The VM, as vim.VirtualMachine.
            number: The number of the disk, in the order of the VM's devices.
        """
        descriptor = self.file_at(self._disk(machine, number).backing.fileName)
        return descriptor.with_name(descriptor.name.replace(".vmdk", "-flat.vmdk"))

    def file_at(self, path: str) -> Path:
        """The file with a path such as `[LocalDS_0] iso/windows.iso`."""
        datastore, name = path.removeprefix("[").split("] ", 1)
        return self.folder_of(datastore) / name

    def put_disk(self, machine: Any, content: BinaryIO, number: int = 0) -> None:
        """Write the first sectors of a disk of a VM; the rest is zeros. The arguments are those of `disk_file`."""
        with self.disk_file(machine, number).open("wb") as flat:
            shutil.copyfileobj(content, flat)
            flat.truncate(self._disk(machine, number).capacityInKB * 1024)

    def _disk(self, machine: Any, number: int) -> Any:
        disks = [device for device in machine.config.hardware.device if isinstance(device, vim.vm.device.VirtualDisk)]
        return disks[number]

    def read_file(self, datastore: str, path: str) -> bytes:
        """The content of a file in a datastore."""
        return self.session.read_file(self.session.named(vim.Datastore, datastore), path)

    def remaining_resources(self) -> list[str]:
        """The virtual machines and the files in datastores, except files written with `put_file`."""
        found = [f"virtual machine {machine.name}" for machine in self.virtual_machines()]
        for datastore in self._ready["datastores"]:
            root = self.folder_of(datastore)
            files = sorted(file for file in root.rglob("*") if file.is_file() and file not in self._uploaded)
            found += [f"file [{datastore}] {file.relative_to(root)}" for file in files]
        return found


def _first_line(output: IO[str] | None) -> str:
    """The line that reports that the simulator is ready; empty if it exits or times out."""
    if output is None or not select.select([output], [], [], _START_SECONDS)[0]:
        return ""
    return output.readline()
