"""Features that Pulumi's dynamic provider runtime lacks, added through its private names.

No other module uses those names. A hook has no effect where the name that it needs is missing; the resource then
behaves as any dynamic resource: four operations at a time, a traceback for an error, no live status, and Ctrl-C waits
for the operation. PULUMI_VMIMPORT_HOOKS=off disables all hooks. Measured with pulumi 3.272.0.
"""

import os
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any, cast

import grpc
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2

from pulumi_vmimport.lifecycle.engine import THREADS, Call, end_with_engine

_shown = threading.local()


def enabled() -> bool:
    """Whether the hooks are enabled."""
    return os.environ.get("PULUMI_VMIMPORT_HOOKS", "").lower() not in {"off", "0", "false"}


def install() -> None:
    """Add threads, handle Cancel, detail diffs, and end this process with the engine."""
    if enabled():
        _widen_thread_pool()
        _handle_cancel()
        _detail_diffs()
        end_with_engine()


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


def show_changes(kinds: Mapping[str, str]) -> None:
    """Make the diff that this thread computes show these properties only, each with its `PropertyDiff.Kind`.

    Without it the engine compares the inputs itself.
    """
    _shown.kinds = dict(kinds)


def _widen_thread_pool() -> None:
    # The pool that runs this thread is a local variable of its first frame. A search in gc.get_objects() would break
    # tuples that other threads are building: https://github.com/python/cpython/issues/59313
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - no public access to the pool
    while frame is not None:
        reference = frame.f_locals.get("executor_reference")
        pool = reference() if callable(reference) else None
        if isinstance(pool, ThreadPoolExecutor) and getattr(pool, "_max_workers", THREADS) < THREADS:
            pool._max_workers = THREADS  # noqa: SLF001 - no public method changes it
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

    importlib.import_module("pulumi_vmimport.lifecycle.engine").cancelled.set()
    return importlib.import_module("google.protobuf.empty_pb2").Empty()
