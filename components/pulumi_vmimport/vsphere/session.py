"""A session with a vCenter server or an ESXi host."""

import socket
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

from pulumi_vmimport.vsphere import tls
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport.vsphere.soap_faults import fault_name, faults_as_errors, words_of
from pulumi_vmimport.vsphere.vsphere_errors import (
    CannotConnectError,
    LoginRefusedError,
    TlsNotVerifiedError,
    VSphereFaultError,
)

Wait = Callable[[float], None]
"""Lets seconds pass; may raise to end what waits."""

_CONNECT_SECONDS = 20.0
_REQUEST_SECONDS = 120.0
# pyVmomi keeps idle connections for 900 s; one that the server closed meanwhile fails the next call.
_IDLE_SECONDS = 20
_POLL_SECONDS = 1.0


class VSphereSession:
    """A context manager: logged in between entering and leaving it. May be used by several threads."""

    def __init__(self, settings: VSphereSettings) -> None:
        self.settings = settings
        self.host, self.port = settings.address()
        self.tls_context = settings.tls_context()
        self._instance: Any = None
        self.content: Any = None
        """The service's content: its managers and its root folder."""

    def __enter__(self) -> Self:
        self._shake_hands()
        try:
            self._instance = SmartConnect(
                host=self.host,
                port=self.port,
                user=self.settings.user,
                pwd=self.settings.password,
                sslContext=self.tls_context,
                httpConnectionTimeout=_REQUEST_SECONDS,
                connectionPoolTimeout=_IDLE_SECONDS,
            )
            self.content = self._instance.RetrieveContent()
        except vim.fault.InvalidLogin as fault:
            raise LoginRefusedError(self.server, self.settings.user, words_of(fault)) from fault
        except vim.fault.HostConnectFault as fault:
            raise CannotConnectError(self.server, words_of(fault)) from fault
        except vmodl.MethodFault as fault:
            raise VSphereFaultError(f"log in to {self.server}", fault_name(fault), words_of(fault)) from fault
        except Exception as error:  # pyVmomi raises a bare Exception where something else than vSphere answers
            raise CannotConnectError(self.server, str(error)) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        Disconnect(self._instance)

    @property
    def server(self) -> str:
        """Where it is connected to, as host:port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def stub(self) -> Any:
        """What a managed object is made with beside its id."""
        return self._instance._stub  # noqa: SLF001 - pyVmomi has no public name for it

    @property
    def cookie(self) -> str:
        """The session's HTTP cookie, without its attributes."""
        return str(self.stub.cookie).partition(";")[0]

    def properties(self, reference: Any, *paths: str) -> dict[str, Any]:
        """Properties of one object, in one call; those not set are left out.

        Reading them as attributes takes a call each, and fails for those that the simulator leaves unset.
        """
        return self.properties_of([reference], *paths)[0][1]

    def properties_of(self, references: list[Any], *paths: str) -> list[tuple[Any, dict[str, Any]]]:
        """Properties of several objects of one type, in one call."""
        if not references:
            return []
        collector = vmodl.query.PropertyCollector
        wanted = collector.FilterSpec(
            objectSet=[collector.ObjectSpec(obj=reference) for reference in references],
            propSet=[collector.PropertySpec(type=type(references[0]), pathSet=list(paths))],
        )
        found = self.content.propertyCollector.RetrieveContents([wanted])
        return [(entry.obj, {item.name: item.val for item in entry.propSet}) for entry in found]

    def result_of(self, task: Any, action: str, wait: Wait) -> Any:
        """The result of a task, once it has ended.

        Raises: VSphereFaultError with the task's error; whatever `wait` raises, while the task goes on.
        """
        while True:
            # The whole `info` of a simulator's task cannot be parsed: neither task.info nor pyVim's WaitForTask works.
            with faults_as_errors(action):
                info = self.properties(task, "info.state", "info.error", "info.result")
            match info["info.state"]:
                case vim.TaskInfo.State.success:
                    return info.get("info.result")
                case vim.TaskInfo.State.error:
                    fault = info["info.error"]
                    raise VSphereFaultError(action, fault_name(fault), words_of(fault))
                case _:
                    wait(_POLL_SECONDS)

    def _shake_hands(self) -> None:
        """Meet the server once before pyVmomi does, which has no time-out there and one exception for every mishap."""
        try:
            with (
                socket.create_connection((self.host, self.port), _CONNECT_SECONDS) as raw,
                self.tls_context.wrap_socket(raw, server_hostname=self.host),
            ):
                pass
        except ssl.SSLCertVerificationError as error:
            shown = tls.shown_thumbprint(self.host, self.port, _CONNECT_SECONDS)
            words = error.verify_message if hasattr(error, "verify_message") else str(error)
            raise TlsNotVerifiedError(self.server, words, tls.colons(shown) if shown else None) from error
        except OSError as error:
            raise CannotConnectError(self.server, str(error)) from error
