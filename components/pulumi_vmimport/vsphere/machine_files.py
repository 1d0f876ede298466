"""The files of one virtual machine on its datastores."""

from types import TracebackType
from typing import Self

from pulumi_vmimport.vsphere.datastore_file import DatastoreFile, DatastorePath
from pulumi_vmimport.vsphere.inventory import datacenter_of_datastore
from pulumi_vmimport.vsphere.session import Wait
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine


class MachineFiles:
    """A context manager that closes the files that it opened."""

    def __init__(self, machine: VSphereMachine, wait: Wait) -> None:
        """`wait` is called with the seconds between two attempts of a request."""
        self._machine = machine
        self._wait = wait
        self._datacenters: dict[str, str] = {}
        self._open: list[DatastoreFile] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._open:
            file.close()

    def open(self, path: DatastorePath, first_bytes: int) -> DatastoreFile:
        """Open a file and read its first bytes. Raises: DatastoreFileError; VSphereFaultError."""
        session, store = self._machine.session, path.datastore
        if store not in self._datacenters:
            self._datacenters[store] = datacenter_of_datastore(session, self._machine.reference, store)
        file = DatastoreFile(session, self._datacenters[store], path, first_bytes, wait=self._wait)
        self._open.append(file)
        return file
