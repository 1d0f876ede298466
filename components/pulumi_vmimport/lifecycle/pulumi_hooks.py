"""Features that Pulumi's dynamic provider runtime lacks, added through its private names.

No other module uses those names. A hook has no effect where the name that it needs is missing; the resource then
behaves as any dynamic resource: four operations at a time, a traceback for an error, no live status, and Ctrl-C waits
for the operation. PULUMI_VMIMPORT_HOOKS=off disables all hooks. Measured with pulumi 3.272.0.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from types import FrameType
from typing import Any, cast

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    status_pb2,
)

from pulumi_vmimport.aws.redacted_urls import redact_urls

# The engine runs 4 operations per CPU at a time unless --parallel sets another number; threads are created on demand.
_THREADS = 1024
_ENGINE_CHECK_SECONDS = 2.0
_STATUS_DETAILS = "grpc-status-details-bin"

cancelled = threading.Event()
"""Set when the engine asks its plugins to stop (Ctrl-C)."""
_shown = threading.local()


@dataclass(frozen=True)
class Call:
    """The call of the engine that this thread serves."""

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


def enabled() -> bool:
    """Whether the hooks are enabled."""
    return os.environ.get("PULUMI_VMIMPORT_HOOKS", "").lower() not in {"off", "0", "false"}


def install() -> None:
    """Add threads, handle Cancel, detail diffs, and end this process with the engine."""
    if enabled():
        _widen_thread_pool()
        _handle_cancel()
        _detail_diffs()
        _end_with_engine()


def current_call() -> Call | None:
    """The call that this thread serves; its request and context are local variables of a frame of the runtime."""
    if not enabled():
        return None
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - no public access to the request
    while frame is not None:
        context = frame.f_locals.get("context")
        if isinstance(context, grpc.ServicerContext):
            return Call(frame.f_locals.get("request"), context)
        frame = frame.f_back
    return None


def recorded_inputs(call: Call | None) -> Mapping[str, Any]:
    """The inputs that the state records, in a call that reads or deletes a resource; empty where they are missing."""
    request = call.request if call else None
    inputs = getattr(request, "old_inputs", None) or getattr(request, "inputs", None)
    return rpc.deserialize_properties(inputs, keep_unknowns=True) or {} if inputs is not None else {}


def log(urn: str, text: str, *, severity: str = "INFO", ephemeral: bool = False) -> None:
    """Show text beside a resource; the next text replaces an ephemeral one."""
    engine = _engine() if enabled() else None
    if engine is None:
        return
    level, words = getattr(engine_pb2, severity), redact_urls(text)
    request = engine_pb2.LogRequest(severity=level, message=words, urn=urn, ephemeral=ephemeral)
    try:
        engine.Log(request, timeout=5)
    except grpc.RpcError:
        return  # the engine may have exited; a status does not fail the operation


def show_changes(kinds: Mapping[str, str]) -> None:
    """Make the diff that this thread computes show these properties only, each with its `PropertyDiff.Kind`.

    Without it the engine compares the inputs itself.
    """
    _shown.kinds = dict(kinds)


def one_line_error(
    call: Call | None, message: str, id: str | None = None, properties: Mapping[str, Any] | None = None
) -> None:
    """Make Pulumi show only the message for the exception that the caller raises next.

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


def _engine_address() -> str | None:
    return next((a for a in sys.argv[1:] if ":" in a and not a.startswith("-")), None)


@cache
def _engine() -> Any:
    address = _engine_address()
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address)) if address else None


def _widen_thread_pool() -> None:
    # The pool that runs this thread is a local variable of its first frame. A search in gc.get_objects() would break
    # tuples that other threads are building: https://github.com/python/cpython/issues/59313
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - no public access to the pool
    while frame is not None:
        reference = frame.f_locals.get("executor_reference")
        pool = reference() if callable(reference) else None
        if isinstance(pool, ThreadPoolExecutor) and getattr(pool, "_max_workers", _THREADS) < _THREADS:
            pool._max_workers = _THREADS  # noqa: SLF001 - no public method changes it
            _serve_waiting(pool)
        frame = frame.f_back


def _serve_waiting(pool: ThreadPoolExecutor) -> None:
    """Start a thread for each call that arrived before the pool was widened, and for each later one."""
    queue: Any = getattr(pool, "_work_queue", None)
    threads = getattr(pool, "_threads", None)
    if not hasattr(queue, "qsize") or not isinstance(threads, set) or not hasattr(pool, "_idle_semaphore"):
        return
    waiting = queue.qsize()
    pool._idle_semaphore = cast(threading.Semaphore, _Idle(threads, waiting))  # noqa: SLF001 - see there
    for _ in range(waiting):  # a pool starts a thread only when work is submitted
        pool.submit(int)


class _Idle:
    """Counts the idle threads of a pool, never too many.

    Python 3.11 counts a thread as idle after each call, even if another call waits for it. After more calls than
    threads (a destroy starts with all its deletes), later calls, including Cancel, would wait for the first ones.
    """

    def __init__(self, threads: set[Any], waiting: int) -> None:
        self._lock = threading.Lock()
        self._threads = threads
        self._open = len(threads) + waiting

    def acquire(self, timeout: float = 0) -> bool:
        """Called when work is submitted; returns whether a thread is idle."""
        del timeout
        with self._lock:
            self._open += 1
            return self._open <= len(self._threads)

    def release(self) -> None:
        """Called when work is done; later Python versions call it less often, which starts some more threads."""
        with self._lock:
            self._open -= 1


def _runtime_method(name: str) -> Any:
    servicer = getattr(sys.modules.get("__main__"), "DynamicResourceProviderServicer", None)
    return getattr(servicer, name, None)


def _detail_diffs() -> None:
    """Add the changes of `show_changes` to the responses of Diff, which the runtime's DiffResult has no fields for."""
    # The server holds the bound method, which is a wrapper. The method that it wraps is in its closure.
    for cell in getattr(_runtime_method("Diff"), "__closure__", None) or ():
        if getattr(cell.cell_contents, "__name__", "") == "Diff":
            cell.cell_contents = _with_details(cell.cell_contents)


def _with_details(diff: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    def detailed_diff(self: Any, request: Any, context: Any) -> Any:
        show_changes({})
        response = diff(self, request, context)
        for name, kind in _shown.kinds.items():
            response.diffs.append(name)
            response.detailedDiff[name].kind = provider_pb2.PropertyDiff.Kind.Value(kind)
        response.hasDetailedDiff = bool(_shown.kinds)
        return response

    return detailed_diff


def _handle_cancel() -> None:
    cancel = _runtime_method("Cancel")
    if cancel is None or not hasattr(cancel, "__code__"):
        return
    # The server holds the bound method and would not see a new attribute of the class, but it runs the new code. The
    # replacement runs with the global names of the runtime's module and cannot use those of this one.
    cancel.__code__ = _cancel.__code__


def _cancel(self: Any, request: Any, context: Any) -> Any:  # noqa: ARG001 - the signature of the method it replaces
    import importlib  # noqa: PLC0415 - see _handle_cancel

    importlib.import_module("pulumi_vmimport.lifecycle.pulumi_hooks").cancelled.set()
    return importlib.import_module("google.protobuf.empty_pb2").Empty()


def _end_with_engine() -> None:
    """End this process when nothing listens at the engine's address: a killed engine does not stop its plugins."""
    address = _engine_address()
    if address is None:
        return
    host, _, port = address.rpartition(":")

    def watch() -> None:
        while True:
            time.sleep(_ENGINE_CHECK_SECONDS)
            try:
                socket.create_connection((host, int(port)), timeout=_ENGINE_CHECK_SECONDS).close()
            except ConnectionRefusedError:
                os._exit(1)
            except OSError:
                continue  # a slow host, or no free file descriptor: the engine may be running

    threading.Thread(target=watch, name="end-with-engine", daemon=True).start()
