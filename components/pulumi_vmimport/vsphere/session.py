"""A session with a vCenter server or an ESXi host."""

import socket
import ssl
from collections.abc import Callable
from http.client import HTTPException
from types import TracebackType
from typing import Any, Self

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

from pulumi_vmimport.call_guard import run_abandonable
from pulumi_vmimport.errors import VmimportError
from pulumi_vmimport.vsphere import tls
from pulumi_vmimport.vsphere.guarded_stub import guard_stub
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport.vsphere.soap_faults import fault_message, fault_name, faults_as_errors
from pulumi_vmimport.vsphere.vsphere_errors import (
    CannotConnectError,
    LoginFailedError,
    TlsNotVerifiedError,
    VSphereFaultError,
)

Wait = Callable[[float], None]
"""Waits for a number of seconds; may raise to end the operation."""

_CONNECT_SECONDS = 20.0
_REQUEST_SECONDS = 120.0
# pyVmomi keeps idle connections for 900 s; the next call fails if the server has closed the connection.
_IDLE_SECONDS = 20
_POLL_SECONDS = 1.0


class VSphereSession:
    """A context manager that logs in and out. Several threads may use it."""

    def __init__(self, settings: VSphereSettings) -> None:
        self.settings = settings
        self.host, self.port = settings.address()
        self.tls_context = settings.tls_context()
        self._instance: Any = None
        self.content: Any = None
        """The service's content: its managers and its root folder."""

    def __enter__(self) -> Self:
        connecting = f"waiting for vSphere at {self.server}"
        run_abandonable(self._check_connection, lambda: connecting)
        try:
            self._instance = run_abandonable(self._log_in, lambda: connecting)
            guard_stub(self.stub)
            self.content = self._instance.RetrieveContent()
        except VmimportError:
            raise  # the run is over
        except vim.fault.InvalidLogin as fault:
            raise LoginFailedError(self.server, self.settings.user, fault_message(fault)) from fault
        except vim.fault.HostConnectFault as fault:
            raise CannotConnectError(self.server, fault_message(fault)) from fault
        except vmodl.MethodFault as fault:
            raise VSphereFaultError(f"log in to {self.server}", fault_name(fault), fault_message(fault)) from fault
        except Exception as error:  # pyVmomi raises a bare Exception if the server is not vSphere
            raise CannotConnectError(self.server, str(error)) from error
        return self

    def _log_in(self) -> Any:
        return SmartConnect(
            host=self.host,
            port=self.port,
            user=self.settings.user,
            pwd=self.settings.password,
            sslContext=self.tls_context,
            httpConnectionTimeout=_REQUEST_SECONDS,
            connectionPoolTimeout=_IDLE_SECONDS,
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        Disconnect(self._instance)

    @property
    def server(self) -> str:
        """The address of the server, as host:port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def stub(self) -> Any:
        """The SOAP stub, which the constructors of managed objects require."""
        return self._instance._stub  # noqa: SLF001 - pyVmomi has no public name for it

    @property
    def cookie(self) -> str:
        """The session's HTTP cookie, without its attributes."""
        return str(self.stub.cookie).partition(";")[0]

    def properties(self, reference: Any, *paths: str) -> dict[str, Any]:
        """Properties of one object, read in one call; unset ones are missing from the result.

        Reading attributes takes one call each, and fails for properties that the simulator leaves unset.
        """
        return self.properties_of([reference], *paths)[0][1]

    def properties_of(self, references: list[Any], *paths: str) -> list[tuple[Any, dict[str, Any]]]:
        """Properties of several objects of one type, read in one call."""
        if not references:
            return []
        collector = vmodl.query.PropertyCollector
        spec = collector.FilterSpec(
            objectSet=[collector.ObjectSpec(obj=reference) for reference in references],
            propSet=[collector.PropertySpec(type=type(references[0]), pathSet=list(paths))],
        )
        found = self.content.propertyCollector.RetrieveContents([spec])
        if found is None:
            raise HTTPException("the response has no properties")
        return [(entry.obj, {item.name: item.val for item in entry.propSet}) for entry in found]

    def wait_for_task(self, task: Any, action: str, wait: Wait) -> Any:
        """Wait until a task has ended, and return its result.

        Raises: VSphereFaultError with the task's error; errors of `wait`, which do not cancel the task.
        """
        while True:
            # pyVmomi cannot parse the full `info` of a task of the simulator, so task.info and WaitForTask do not work.
            with faults_as_errors(action):
                info = self.properties(task, "info.state", "info.error", "info.result")
            match info["info.state"]:
                case vim.TaskInfo.State.success:
                    return info.get("info.result")
                case vim.TaskInfo.State.error:
                    fault = info["info.error"]
                    raise VSphereFaultError(action, fault_name(fault), fault_message(fault))
                case _:
                    wait(_POLL_SECONDS)

    def _check_connection(self) -> None:
        """Connect once before pyVmomi does: it has no timeout and raises one exception for all failures."""
        try:
            with (
                socket.create_connection((self.host, self.port), _CONNECT_SECONDS) as raw,
                self.tls_context.wrap_socket(raw, server_hostname=self.host),
            ):
                pass
        except ssl.SSLCertVerificationError as error:
            thumbprint = tls.server_thumbprint(self.host, self.port, _CONNECT_SECONDS)
            message = error.verify_message if hasattr(error, "verify_message") else str(error)
            raise TlsNotVerifiedError(self.server, message, thumbprint and tls.with_colons(thumbprint)) from error
        except OSError as error:
            raise CannotConnectError(self.server, str(error)) from error
