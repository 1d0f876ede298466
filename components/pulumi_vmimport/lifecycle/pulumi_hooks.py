"""What Pulumi's dynamic provider runtime lacks, reached through its private names; nothing else touches those.

Each hook does nothing where the name it needs is not there, and the resource then behaves as any dynamic resource:
four at a time, a traceback for an error, no live status, Ctrl-C that waits. PULUMI_VMIMPORT_HOOKS=off turns all of
them off. Measured with pulumi 3.272.0 (design.md, section 3).
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from types import FrameType
from typing import Any, cast

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    status_pb2,
)

# The engine asks for at most 4 x CPUs operations at once unless --parallel says more; threads are made when needed.
_THREADS = 1024
_ENGINE_CHECK_SECONDS = 2.0
_STATUS_DETAILS = "grpc-status-details-bin"

cancelled = threading.Event()
"""Set when the engine asks its plugins to stop (Ctrl-C)."""


@dataclass(frozen=True)
class Call:
    """The call of the engine that this thread answers."""

    request: Any
    context: Any

    @property
    def timeout_seconds(self) -> float:
        """The resource's `customTimeouts` for this operation; 0 where none is set."""
        return float(getattr(self.request, "timeout", 0.0) or 0.0)

    @property
    def alive(self) -> bool:
        """Whether somebody still waits for the answer."""
        return bool(self.context.is_active())


def enabled() -> bool:
    """Whether the hooks are to be used at all."""
    return os.environ.get("PULUMI_VMIMPORT_HOOKS", "").lower() not in {"off", "0", "false"}


def install() -> None:
    """Make this process a better dynamic provider: many threads, cancel, an end with the engine."""
    if enabled():
        _widen_thread_pool()
        _hear_cancel()
        _end_with_engine()


def current_call() -> Call | None:
    """The call being served: its request and context are local variables of the runtime's frame."""
    if not enabled():
        return None
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the only way to the request
    while frame is not None:
        context = frame.f_locals.get("context")
        if isinstance(context, grpc.ServicerContext):
            return Call(frame.f_locals.get("request"), context)
        frame = frame.f_back
    return None


def log(urn: str, text: str, *, severity: str = "INFO", ephemeral: bool = False) -> None:
    """Show a text beside a resource; an ephemeral one is replaced by the next."""
    engine = _engine() if enabled() else None
    if engine is None:
        return
    request = engine_pb2.LogRequest(severity=getattr(engine_pb2, severity), message=text, urn=urn, ephemeral=ephemeral)
    try:
        engine.Log(request, timeout=5)
    except grpc.RpcError:
        return  # a status text is not worth failing for: the engine may be gone already


def one_line_error(
    call: Call | None, message: str, id: str | None = None, properties: Mapping[str, Any] | None = None
) -> None:
    """Make the exception that the caller raises next reach the user as message alone.

    With an id and properties Pulumi also records them as a resource that is there but not finished: the next `up`
    calls update.
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
    # The pool that runs this thread is a local variable of its first frame. (To search gc.get_objects() for it would
    # break tuples that other threads are just building: https://github.com/python/cpython/issues/59313)
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the only way to the pool
    while frame is not None:
        reference = frame.f_locals.get("executor_reference")
        pool = reference() if callable(reference) else None
        if isinstance(pool, ThreadPoolExecutor) and getattr(pool, "_max_workers", _THREADS) < _THREADS:
            pool._max_workers = _THREADS  # noqa: SLF001 - it has no public way to grow
            _serve_waiting(pool)
        frame = frame.f_back


def _serve_waiting(pool: ThreadPoolExecutor) -> None:
    """Give a thread to each call that came before the pool was widened, and to each that comes later."""
    queue: Any = getattr(pool, "_work_queue", None)
    threads = getattr(pool, "_threads", None)
    if not hasattr(queue, "qsize") or not isinstance(threads, set) or not hasattr(pool, "_idle_semaphore"):
        return
    waiting = queue.qsize()
    pool._idle_semaphore = cast(threading.Semaphore, _Idle(threads, waiting))  # noqa: SLF001 - see there
    for _ in range(waiting):  # a pool makes a thread only when work comes in
        pool.submit(int)


class _Idle:
    """Whether a pool has an idle thread, exactly or on the safe side.

    Python 3.11's own count takes a thread for idle after each call, whether or not the next is waiting for it: after
    more calls than threads (a destroy begins with all its deletes) later ones, Cancel too, would wait for the first.
    """

    def __init__(self, threads: set[Any], waiting: int) -> None:
        self._lock = threading.Lock()
        self._threads = threads
        self._open = len(threads) + waiting

    def acquire(self, timeout: float = 0) -> bool:
        """Called for each piece of work that comes in: whether a thread is free for it."""
        del timeout
        with self._lock:
            self._open += 1
            return self._open <= len(self._threads)

    def release(self) -> None:
        """Called for each piece of work that is done; by later Pythons less often, which makes some threads more."""
        with self._lock:
            self._open -= 1


def _hear_cancel() -> None:
    servicer = getattr(sys.modules.get("__main__"), "DynamicResourceProviderServicer", None)
    cancel = getattr(servicer, "Cancel", None)
    if cancel is None or not hasattr(cancel, "__code__"):
        return
    # The server holds the bound method, so a new attribute on the class would not be seen; its code would. The
    # replacement may use no global name of this module: it runs with those of the runtime's module.
    cancel.__code__ = _cancel.__code__


def _cancel(self: Any, request: Any, context: Any) -> Any:  # noqa: ARG001 - the signature of the method it replaces
    import importlib  # noqa: PLC0415 - see _hear_cancel

    importlib.import_module("pulumi_vmimport.lifecycle.pulumi_hooks").cancelled.set()
    return importlib.import_module("google.protobuf.empty_pb2").Empty()


def _end_with_engine() -> None:
    """A killed engine leaves its plugins behind, waiting for ever: end when nobody listens at its address any more."""
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
                continue  # slow or out of descriptors is not gone

    threading.Thread(target=watch, name="end-with-engine", daemon=True).start()
