"""The engine that runs this provider process: the call that it makes, its log, and its end.

All of this is Pulumi's public provider protocol, so it serves the dynamic and the native provider.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, status_pb2

from pulumi_vmimport.aws.redacted_urls import redact_urls

# The engine runs 4 operations per CPU at a time unless --parallel sets another number; threads are created on demand.
THREADS = 1024
_CHECK_SECONDS = 2.0
_STATUS_DETAILS = "grpc-status-details-bin"

cancelled = threading.Event()
"""Set when the engine asks its plugins to stop (Ctrl-C)."""


@dataclass(frozen=True)
class Call:
    """A call of the engine."""

    request: Any
    context: Any

    @property
    def timeout_seconds(self) -> float:
        """The resource's `customTimeouts` for this operation; 0 where none is set."""
        return float(getattr(self.request, "timeout", 0.0) or 0.0)

    @property
    def alive(self) -> bool:
        """Whether the engine still waits for the response."""
        return bool(self.context.is_active())


def log(urn: str, text: str, *, severity: str = "INFO", ephemeral: bool = False) -> None:
    """Show text beside a resource; the next text replaces an ephemeral one."""
    engine = _engine()
    if engine is None:
        return
    level, words = getattr(engine_pb2, severity), redact_urls(text)
    request = engine_pb2.LogRequest(severity=level, message=words, urn=urn, ephemeral=ephemeral)
    try:
        engine.Log(request, timeout=5)
    except grpc.RpcError:
        return  # the engine may have exited; a status does not fail the operation


def one_line_error(
    call: Call | None, message: str, id: str | None = None, properties: Mapping[str, Any] | None = None
) -> None:
    """Make Pulumi show only the message for the exception that ends this call.

    With an id and properties, Pulumi records a resource that is not fully initialized, and the next `up` calls update.
    """
    if call is None or not hasattr(call.context, "set_trailing_metadata"):
        return
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message)
    if id is not None and properties is not None:
        state = struct_pb2.Struct()
        state.update(properties)
        inputs = getattr(call.request, "properties", None) or getattr(call.request, "news", None)
        status.details.add().Pack(
            provider_pb2.ErrorResourceInitFailed(id=id, properties=state, inputs=inputs, reasons=[message])
        )
    call.context.set_trailing_metadata(((_STATUS_DETAILS, status.SerializeToString()),))


def end_with_engine() -> None:
    """End this process when nothing listens at the engine's address: a killed engine does not stop its plugins."""
    at = address()
    if at is None:
        return
    host, _, port = at.rpartition(":")

    def watch() -> None:
        while True:
            time.sleep(_CHECK_SECONDS)
            try:
                socket.create_connection((host, int(port)), timeout=_CHECK_SECONDS).close()
            except ConnectionRefusedError:
                os._exit(1)
            except OSError:
                continue  # a slow host, or no free file descriptor: the engine may be running

    threading.Thread(target=watch, name="end-with-engine", daemon=True).start()


def address() -> str | None:
    """The address of the engine's own server, which is the first argument of every plugin; None in another process."""
    return next((a for a in sys.argv[1:] if ":" in a and not a.startswith("-")), None)


@cache
def _engine() -> Any:
    at = address()
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(at)) if at else None
