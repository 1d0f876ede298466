"""Files of a datastore, such as the ISO image of an installation."""

import contextlib
from pathlib import Path

from pyVmomi import vim

from .resource_kind import Rejected, ResourceKind
from .values import Properties
from .vsphere_session import TaskFailed, VSphere, datastore_path

_LOCATION = frozenset({"datacenter", "datastore", "destinationFile"})


class File(ResourceKind[VSphere]):
    """vsphere:index/file:File for uploads; copies between datastores are not supported."""

    inputs = _LOCATION | {"createDirectories", "sourceFile"}
    required = frozenset({"datastore", "destinationFile", "sourceFile"})
    identity_inputs = _LOCATION
    replaces = frozenset({"sourceFile"})
    write_only = frozenset({"createDirectories", "sourceFile"})

    def create(self, service: VSphere, inputs: Properties) -> str:
        datacenter, datastore = _where(service, inputs)
        path = inputs["destinationFile"].lstrip("/")
        folder = path.rpartition("/")[0]
        if folder and inputs.get("createDirectories"):
            with contextlib.suppress(vim.fault.FileAlreadyExists):
                service.content.fileManager.MakeDirectory(datastore_path(datastore, folder), datacenter, True)
        try:
            with Path(inputs["sourceFile"]).open("rb") as source:
                service.put_file(datastore, path, source)
        except OSError as error:
            raise Rejected(f"cannot read the source of [{datastore.name}] {path}: {error}") from error
        return f"[{datastore.name}] {datacenter.name}/{path}"

    def read(self, service: VSphere, id: str, state: Properties) -> Properties:  # noqa: ARG002
        _, datastore = _where(service, state)
        path = datastore_path(datastore, state["destinationFile"])
        folder, _, name = path.rpartition("/" if "/" in path else " ")
        spec = vim.host.DatastoreBrowser.SearchSpec(matchPattern=[name])
        try:
            found = service.wait(f"looking for {path}", datastore.browser.SearchDatastore_Task(folder, spec))
        except TaskFailed as failure:
            if isinstance(failure.fault, vim.fault.FileNotFound):  # the folder does not exist
                raise _missing(path) from failure
            raise
        if not found.file:
            raise _missing(path)
        return {name: state[name] for name in _LOCATION if name in state}

    def update(self, service: VSphere, id: str, olds: Properties, news: Properties) -> None:  # noqa: ARG002
        (datacenter, datastore), (to_datacenter, to_datastore) = _where(service, olds), _where(service, news)
        path, to_path = (
            datastore_path(datastore, olds["destinationFile"]),
            datastore_path(to_datastore, news["destinationFile"]),
        )
        if (datacenter, path) != (to_datacenter, to_path):
            manager = service.content.fileManager
            task = manager.MoveDatastoreFile_Task(path, datacenter, to_path, to_datacenter, True)
            service.wait(f"moving {path}", task)

    def delete(self, service: VSphere, id: str, state: Properties) -> None:  # noqa: ARG002
        datacenter, datastore = _where(service, state)
        path = datastore_path(datastore, state["destinationFile"])
        try:
            service.wait(f"deleting {path}", service.content.fileManager.DeleteDatastoreFile_Task(path, datacenter))
        except TaskFailed as failure:
            if isinstance(failure.fault, vim.fault.FileNotFound):
                raise Rejected(f'error waiting for delete task on "{path}": FileNotFound') from failure
            raise


def _missing(path: str) -> Rejected:
    """The error of a refresh. The real provider (pulumi-vsphere 4.18) fails instead of reporting a missing file."""
    return Rejected(f"cannot stat '{path}': No such file")


def _where(service: VSphere, properties: Properties) -> tuple[vim.Datacenter, vim.Datastore]:
    datacenter = service.named(vim.Datacenter, properties.get("datacenter"))
    return datacenter, service.named(vim.Datastore, properties["datastore"], datacenter)
