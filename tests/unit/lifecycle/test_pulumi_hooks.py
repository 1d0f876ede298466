"""Each hook with the private name it needs, and with that name missing."""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2

from pulumi_vmimport.lifecycle import engine, pulumi_hooks
from pulumi_vmimport.lifecycle.engine import Call


class Context(grpc.ServicerContext):  # type: ignore[misc] # grpc has no types
    """What the runtime's frames hold while they serve a call."""

    def is_active(self) -> bool:
        return True


for _name in Context.__abstractmethods__:
    setattr(Context, _name, lambda self, *_: None)
Context.__abstractmethods__ = frozenset()


@pytest.fixture(autouse=True)
def hooks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hooks are on, the engine's address is not known, and nothing is cancelled."""
    monkeypatch.delenv("PULUMI_VMIMPORT_HOOKS", raising=False)
    monkeypatch.setattr(sys, "argv", ["pulumi.dynamic"])
    engine._engine.cache_clear()
    yield
    engine.cancelled.clear()
    engine._engine.cache_clear()


def in_pool(function: Callable[[], Any]) -> int:
    """How many threads a pool of four may have after one of them has run the function."""
    with ThreadPoolExecutor(4) as pool:
        pool.submit(function).result()
        return getattr(pool, "_max_workers", 0)


def test_the_pool_that_serves_the_call_gets_more_threads() -> None:
    assert in_pool(pulumi_hooks._widen_thread_pool) > 100


def test_each_call_gets_its_own_thread_whether_it_arrives_before_or_after_the_pool_is_widened() -> None:
    all_run = threading.Barrier(40, timeout=10)
    started, release = threading.Event(), threading.Event()

    def serve() -> None:
        pulumi_hooks._widen_thread_pool()
        all_run.wait()

    def first() -> None:
        started.set()
        release.wait()
        pulumi_hooks._widen_thread_pool()

    with ThreadPoolExecutor(1) as pool:
        made: list[Any] = [pool.submit(first)]
        started.wait()
        made += [pool.submit(int) for _ in range(10)]
        made += [pool.submit(serve) for _ in range(20)]
        release.set()
        made[10].result()
        made += [pool.submit(serve) for _ in range(20)]
        for one in made:
            one.result()


def test_idle_threads_are_reused() -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(pulumi_hooks._widen_thread_pool).result()
        for _ in range(50):
            pool.submit(int).result()
        assert len(pool._threads) < 10


def test_a_pool_of_another_class_is_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        _max_workers = 4

    other = Other()
    executor_reference = lambda: other  # noqa: E731, F841 - a local variable, as in the pool's own frame
    pulumi_hooks._widen_thread_pool()
    assert other._max_workers == 4


def test_without_a_pool_nothing_happens() -> None:
    thread = threading.Thread(target=pulumi_hooks._widen_thread_pool)
    thread.start()
    thread.join()
    pulumi_hooks._widen_thread_pool()


def runtime(**names: Any) -> ModuleType:
    """A module as `python -m pulumi.dynamic` is."""
    module = ModuleType("__main__")
    vars(module).update(names)
    return module


def test_cancel_is_handled_even_by_a_method_that_was_bound_before(monkeypatch: pytest.MonkeyPatch) -> None:
    class DynamicResourceProviderServicer:
        def Cancel(self, request: Any, context: Any) -> None:  # noqa: N802 - gRPC's name
            """Does nothing, as the runtime's."""

    bound = DynamicResourceProviderServicer().Cancel
    monkeypatch.setitem(
        sys.modules, "__main__", runtime(DynamicResourceProviderServicer=DynamicResourceProviderServicer)
    )
    pulumi_hooks._handle_cancel()
    bound(None, None)
    assert engine.cancelled.is_set()


def runtime_of_diff(changes: dict[str, str]) -> Any:
    """A servicer as in the runtime, whose Diff is wrapped, with what a host shows meanwhile."""

    def wrapped(method: Any) -> Any:
        def wrapper(self: Any, request: Any, context: Any) -> Any:
            return method(self, request, context)

        return wrapper

    class DynamicResourceProviderServicer:
        @wrapped
        def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
            if changes:
                pulumi_hooks.show_changes(changes)
            return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_SOME, replaces=["size"])

    return DynamicResourceProviderServicer


def test_a_diff_names_the_changes_even_from_a_method_that_was_bound_before(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = {"size": "UPDATE_REPLACE", "name": "ADD"}
    servicer = runtime_of_diff(changes)
    bound = servicer().Diff
    monkeypatch.setitem(sys.modules, "__main__", runtime(DynamicResourceProviderServicer=servicer))
    pulumi_hooks._detail_diffs()
    pulumi_hooks._detail_diffs()  # each kind of resource installs the hooks
    response = bound(None, None)
    assert (response.hasDetailedDiff, list(response.diffs), list(response.replaces)) == (True, [*changes], ["size"])
    kinds = {name: provider_pb2.PropertyDiff.Kind.Name(diff.kind) for name, diff in response.detailedDiff.items()}
    assert kinds == changes
    changes.clear()
    assert not bound(None, None).hasDetailedDiff, "the changes of an earlier call are not shown"


def test_without_the_wrapped_method_the_engine_compares_the_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    class DynamicResourceProviderServicer:
        def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
            return provider_pb2.DiffResponse()

    monkeypatch.setitem(
        sys.modules, "__main__", runtime(DynamicResourceProviderServicer=DynamicResourceProviderServicer)
    )
    pulumi_hooks._detail_diffs()
    assert not DynamicResourceProviderServicer().Diff(None, None).hasDetailedDiff


class WithoutCancel:
    pass


class WithForeignCancel:
    Cancel = len  # a method that is not written in Python


@pytest.mark.parametrize(
    "names",
    [
        pytest.param({}, id="no-servicer"),
        pytest.param({"DynamicResourceProviderServicer": WithoutCancel}, id="no-cancel"),
        pytest.param({"DynamicResourceProviderServicer": WithForeignCancel}, id="cancel-without-code"),
    ],
)
def test_without_the_servicer_cancel_is_not_handled(monkeypatch: pytest.MonkeyPatch, names: dict[str, Any]) -> None:
    monkeypatch.setitem(sys.modules, "__main__", runtime(**names))
    pulumi_hooks._handle_cancel()
    assert not engine.cancelled.is_set()


def test_the_call_is_found_in_a_frame_of_the_runtime() -> None:
    def served(request: Any, context: Any) -> Call | None:
        return pulumi_hooks.current_call()

    request = provider_pb2.CreateRequest(timeout=5)
    call = served(request, Context())
    assert call is not None
    assert (call.request, call.timeout_seconds, call.alive) == (request, 5, True)


def test_without_a_context_there_is_no_call() -> None:
    def served(request: Any, context: Any) -> Call | None:
        return pulumi_hooks.current_call()

    assert served(provider_pb2.CreateRequest(), "another kind of context") is None


@pytest.mark.parametrize(("value", "on"), [(None, True), ("on", True), ("off", False), ("OFF", False), ("0", False)])
def test_an_environment_variable_disables_all_hooks(
    monkeypatch: pytest.MonkeyPatch, value: str | None, on: bool
) -> None:
    if value is not None:
        monkeypatch.setenv("PULUMI_VMIMPORT_HOOKS", value)
    assert pulumi_hooks.enabled() is on
    assert (in_pool(pulumi_hooks.install) > 4) is on
