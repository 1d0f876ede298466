"""A session with a vCenter on this machine: inventory, tasks and datastore files."""

import http.client
import io
import ssl
import threading
import time
from typing import Any, BinaryIO, NoReturn
from urllib.parse import quote, urlencode

from pyVim.connect import SmartConnect
from pyVmomi import vim, vmodl

from .loopback import require_loopback
from .resource_kind import NotFound, Rejected

_TASK_SECONDS = 300
_POLL_SECONDS = 0.05
_SHOWN = ("existingState", "requestedState", "file", "name", "invalidProperty", "obj", "object")
"""The most informative properties of faults; a fault has only some of them."""


class TaskFailed(Rejected):
    """A vCenter task ended in an error; `fault` is vCenter's fault."""

    def __init__(self, what: str, fault: Any) -> None:
        super().__init__(f"{what}: {fault_text(fault)}")
        self.fault = fault


def fault_text(fault: Any) -> str:
    """The type, properties and message of a fault. The simulator's faults have no message."""
    fault = getattr(fault, "fault", None) or fault
    words = getattr(fault, "localizedMessage", None) or getattr(fault, "msg", None) or ""
    facts = [f"{name} {value}" for name in _SHOWN if (value := getattr(fault, name, None)) is not None]
    name = type(fault).__name__.rsplit(".", 1)[-1]
    fault = f"{name} ({', '.join(facts)})" if facts else name
    return fault if not words or words.startswith("*types.") else f"{fault}: {words}"


class VSphere:
    """A connection that is made on first use. Thread-safe."""

    def __init__(self, host: str, port: int, user: str, password: str, ca_file: str | None) -> None:
        require_loopback(host, "VSPHERE_SERVER", f"{host}:{port}")
        self._host, self._port, self._user, self._password = host, port, user, password
        self._tls = ssl.create_default_context(cafile=ca_file)
        self._lock = threading.Lock()
        self._instance: Any = None

    @property
    def instance(self) -> Any:
        """The ServiceInstance of pyVmomi."""
        with self._lock:
            if self._instance is None:
                try:
                    self._instance = SmartConnect(
                        host=self._host, port=self._port, user=self._user, pwd=self._password, sslContext=self._tls
                    )
                except (OSError, vmodl.MethodFault) as error:
                    words = error if isinstance(error, OSError) else fault_text(error)
                    raise Rejected(f"cannot log in to the vCenter at {self._host}:{self._port}: {words}") from error
            return self._instance

    @property
    def content(self) -> Any:
        """The ServiceContent of pyVmomi."""
        return self.instance.content

    def all(self, kind: Any, root: Any = None) -> list[Any]:
        """Every object of a kind below a folder or datacenter. Default: the whole inventory."""
        view = self.content.viewManager.CreateContainerView(root or self.content.rootFolder, [kind], True)
        try:
            return list(view.view)
        finally:
            view.Destroy()

    def named(self, kind: Any, path: str | None, root: Any = None) -> Any:
        """The object of a kind with this name or end of an inventory path. Default: the only object of that kind.

        Raises:
            Rejected: No object matches, or several do.
        """
        wanted = (path or "").strip("/").split("/") if path else []
        found = [item for item in self.all(kind, root) if _at(item, wanted)]
        what = kind.__name__.rsplit(".", 1)[-1]
        if not found:
            raise Rejected(f"{what} {path or '(default)'!r} not found")
        if len(found) > 1:
            raise Rejected(f"{what} {path or '(default)'!r} is not unique; specify the end of its inventory path")
        return found[0]

    def by_id(self, kind: Any, id: str) -> Any:
        """The object with a managed object id.

        Raises:
            Rejected: The object does not exist.
        """
        found = kind(id, self.instance._stub)  # noqa: SLF001 - pyVmomi has no public attribute for the stub
        try:
            _ = found.name
        except vmodl.fault.ManagedObjectNotFound as error:
            raise Rejected(f"{kind.__name__.rsplit('.', 1)[-1]} {id!r} not found") from error
        return found

    def machine(self, uuid: str) -> Any:
        """The virtual machine with a BIOS UUID, which is its resource id in pulumi-vsphere.

        Raises:
            NotFound: The virtual machine does not exist.
        """
        found = self.content.searchIndex.FindByUuid(None, uuid, True, False)
        if found is None:
            raise NotFound(f"no virtual machine has the UUID {uuid}")
        return found

    def wait(self, what: str, task: Any) -> Any:
        """The result of a task.

        task.info and pyVim.task read the whole task, which pyVmomi cannot parse for the simulator's tasks. The relevant
        properties are therefore read one by one.

        Raises:
            TaskFailed: The task ended in an error.
        """
        collector = vmodl.query.PropertyCollector
        wanted = collector.PropertySpec(type=vim.Task, pathSet=["info.state", "info.error", "info.result"])
        spec = collector.FilterSpec(objectSet=[collector.ObjectSpec(obj=task)], propSet=[wanted])
        end = time.monotonic() + _TASK_SECONDS
        while time.monotonic() < end:
            collected = self.content.propertyCollector.RetrieveContents([spec])[0].propSet
            info = {found.name: found.val for found in collected}
            if info["info.state"] == vim.TaskInfo.State.success:
                return info.get("info.result")
            if info["info.state"] == vim.TaskInfo.State.error:
                raise TaskFailed(what, info["info.error"])
            time.sleep(_POLL_SECONDS)
        raise Rejected(f"{what}: task {task._moId} is still running after {_TASK_SECONDS} s")  # noqa: SLF001

    def put_file(self, datastore: Any, path: str, content: BinaryIO) -> None:
        """Write a file in an existing folder of a datastore, replacing an existing file."""
        self._transfer("PUT", datastore, path, content, {"Content-Length": str(_length(content))})

    def read_file(self, datastore: Any, path: str) -> bytes:
        """The content of a file in a datastore.

        Raises:
            NotFound: The file does not exist.
        """
        return self._transfer("GET", datastore, path, None, {})

    def _transfer(self, verb: str, datastore: Any, path: str, body: BinaryIO | None, headers: dict[str, str]) -> bytes:
        where = urlencode({"dcPath": datacenter_of(datastore).name, "dsName": datastore.name})
        cookie = self.instance._stub.cookie.split(";")[0]  # noqa: SLF001 - reuse the session of the SOAP calls
        connection = http.client.HTTPSConnection(self._host, self._port, context=self._tls)
        try:
            connection.request(verb, f"/folder/{quote(path)}?{where}", body, {"Cookie": cookie, **headers})
            answer = connection.getresponse()
            content = answer.read()
        except OSError as error:
            raise Rejected(f"{verb} [{datastore.name}] {path}: {error}") from error
        finally:
            connection.close()
        if answer.status >= http.client.BAD_REQUEST:
            _no_file(verb, datastore, path, answer)
        return content


def _no_file(verb: str, datastore: Any, path: str, answer: http.client.HTTPResponse) -> NoReturn:
    outcome = NotFound if answer.status == http.client.NOT_FOUND and verb == "GET" else Rejected
    raise outcome(f"{verb} [{datastore.name}] {path}: HTTP {answer.status} {answer.reason}")


def _length(content: BinaryIO) -> int:
    here = content.tell()
    length = content.seek(0, io.SEEK_END) - here
    content.seek(here)
    return length


def _at(item: Any, path: list[str]) -> bool:
    """Whether an object's inventory path ends in these names."""
    return not path or (item.name == path[-1] and _below(item.parent, path[:-1]))


def _below(parent: Any, path: list[str]) -> bool:
    """Whether a parent's inventory path ends in these names; folders between them may be omitted."""
    if not path:
        return True
    if parent is None:
        return False
    if parent.name == path[-1]:
        return _below(parent.parent, path[:-1])
    return isinstance(parent, vim.Folder) and _below(parent.parent, path)


def datacenter_of(item: Any) -> Any:
    """The datacenter that contains an object."""
    while not isinstance(item, vim.Datacenter):
        item = item.parent
    return item


def datastore_path(datastore: Any, path: str) -> str:
    """A path in vCenter's format: [LocalDS_0] isos/windows.iso."""
    return f"[{datastore.name}] {path.lstrip('/')}"
