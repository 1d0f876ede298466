"""A session with a vCenter on this machine: its inventory, its tasks and the files of its datastores."""

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
"""What says most about a fault, where it has it."""


class TaskFailed(Rejected):
    """A vCenter task ended in an error; `fault` is what vCenter says of it."""

    def __init__(self, what: str, fault: Any) -> None:
        super().__init__(f"{what}: {fault_text(fault)}")
        self.fault = fault


def fault_text(fault: Any) -> str:
    """A fault in vCenter's words, or, as the simulator has none, its name and facts."""
    fault = getattr(fault, "fault", None) or fault
    words = getattr(fault, "localizedMessage", None) or getattr(fault, "msg", None) or ""
    facts = [f"{name} {value}" for name in _SHOWN if (value := getattr(fault, name, None)) is not None]
    name = type(fault).__name__.rsplit(".", 1)[-1]
    fault = f"{name} ({', '.join(facts)})" if facts else name
    return fault if not words or words.startswith("*types.") else f"{fault}: {words}"


class VSphere:
    """Connects at the first use; safe to use from any thread."""

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
        """Every object of a kind below a folder or datacenter, by default all."""
        view = self.content.viewManager.CreateContainerView(root or self.content.rootFolder, [kind], True)
        try:
            return list(view.view)
        finally:
            view.Destroy()

    def named(self, kind: Any, path: str | None, root: Any = None) -> Any:
        """The one object of a kind with a name or the end of an inventory path; without one, the only object.

        Raises:
            Refused: there is none, or there are several.
        """
        wanted = (path or "").strip("/").split("/") if path else []
        found = [item for item in self.all(kind, root) if _at(item, wanted)]
        what = kind.__name__.rsplit(".", 1)[-1]
        if not found:
            raise Rejected(f"{what} {path or '(default)'!r} not found")
        if len(found) > 1:
            raise Rejected(f"{what} {path or '(default)'!r} is not unique: give the end of its inventory path")
        return found[0]

    def by_id(self, kind: Any, id: str) -> Any:
        """The object of a managed object id.

        Raises:
            Refused: there is none.
        """
        found = kind(id, self.instance._stub)  # noqa: SLF001 - pyVmomi has no other way
        try:
            _ = found.name
        except vmodl.fault.ManagedObjectNotFound as error:
            raise Rejected(f"{kind.__name__.rsplit('.', 1)[-1]} {id!r} not found") from error
        return found

    def machine(self, uuid: str) -> Any:
        """The virtual machine of a BIOS UUID, which is the id that pulumi-vsphere gives it.

        Raises:
            Gone: there is none.
        """
        found = self.content.searchIndex.FindByUuid(None, uuid, True, False)
        if found is None:
            raise NotFound(f"no virtual machine has the UUID {uuid}")
        return found

    def wait(self, what: str, task: Any) -> Any:
        """The result of a task.

        The simulator's tasks cannot be read whole (an entity or name that pyVmomi does not know), which is what
        task.info and pyVim.task do; so the properties that matter are collected one by one.

        Raises:
            TaskFailed: the task ended in an error.
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
        raise Rejected(f"{what}: the task {task._moId} was not done after {_TASK_SECONDS} s")  # noqa: SLF001

    def put_file(self, datastore: Any, path: str, content: BinaryIO) -> None:
        """Write a file of a datastore, whose folder is there, over the one that may be there."""
        self._transfer("PUT", datastore, path, content, {"Content-Length": str(_length(content))})

    def read_file(self, datastore: Any, path: str) -> bytes:
        """The content of a file of a datastore.

        Raises:
            Gone: there is no such file.
        """
        return self._transfer("GET", datastore, path, None, {})

    def _transfer(self, verb: str, datastore: Any, path: str, body: BinaryIO | None, headers: dict[str, str]) -> bytes:
        where = urlencode({"dcPath": datacenter_of(datastore).name, "dsName": datastore.name})
        cookie = self.instance._stub.cookie.split(";")[0]  # noqa: SLF001 - the session of the SOAP calls serves here too
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
    """Whether an object has this name, or an inventory path that ends with these names."""
    return not path or (item.name == path[-1] and _below(item.parent, path[:-1]))


def _below(parent: Any, path: list[str]) -> bool:
    """Whether a parent's inventory path ends with these names; folders may be left out, as people do."""
    if not path:
        return True
    if parent is None:
        return False
    if parent.name == path[-1]:
        return _below(parent.parent, path[:-1])
    return isinstance(parent, vim.Folder) and _below(parent.parent, path)


def datacenter_of(item: Any) -> Any:
    """The datacenter an object is in."""
    while not isinstance(item, vim.Datacenter):
        item = item.parent
    return item


def datastore_path(datastore: Any, path: str) -> str:
    """A path as vCenter writes it: [LocalDS_0] isos/windows.iso."""
    return f"[{datastore.name}] {path.lstrip('/')}"
