import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from pulumi_vmimport import call_guard
from pulumi_vmimport.call_guard import CallGuard, current_guard, guarded_by, held, run_abandonable
from pulumi_vmimport.lifecycle.contract import RunInterruptedError

DAY = 86400.0


@dataclass
class Run:
    """A run whose waits take no time."""

    is_over: bool = False
    texts: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def raise_if_over(self) -> None:
        if self.is_over:
            raise RunInterruptedError("cancelled")

    def wait(self, seconds: float) -> None:
        self.raise_if_over()
        self.waits.append(seconds)

    def guard(self, *, patience_seconds: float = DAY, may_outlast: bool = True) -> CallGuard:
        return CallGuard(
            raise_if_over=self.raise_if_over,
            wait=self.wait,
            status=self.texts.append,
            patience_seconds=patience_seconds,
            may_outlast=may_outlast,
        )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call has a twentieth of a second once the run is over, and is shown at once."""
    monkeypatch.setattr(call_guard, "_GRACE_SECONDS", 0.05)
    monkeypatch.setattr(call_guard, "_SLICE_SECONDS", 0.01)
    monkeypatch.setattr(call_guard, "_SHOWN_AFTER_SECONDS", 0.0)


@pytest.fixture
def silence() -> Callable[[], str]:
    """A call without an answer."""
    released = threading.Event()
    return lambda: "released" if released.wait(60) else "silent"


def described() -> str:
    return "waiting for the response to DescribeImages"


def test_the_grace_is_shorter_than_the_five_seconds_of_an_interruption() -> None:
    assert call_guard._GRACE_SECONDS + 2 * call_guard._SLICE_SECONDS < 5


@pytest.mark.usefixtures("quick")
def test_a_call_without_an_answer_ends_with_its_run(silence: Callable[[], str]) -> None:
    run = Run()
    threading.Timer(0.1, lambda: setattr(run, "is_over", True)).start()
    started = time.monotonic()
    with guarded_by(run.guard()), pytest.raises(RunInterruptedError, match=r"cancelled; waiting for .* DescribeImages"):
        run_abandonable(silence, described)
    assert time.monotonic() - started < 5
    assert described() in run.texts


@pytest.mark.usefixtures("quick")
def test_after_an_abandoned_call_the_next_one_has_no_grace(
    silence: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(is_over=True)
    with guarded_by(run.guard()):
        with pytest.raises(RunInterruptedError):
            run_abandonable(silence, described)
        monkeypatch.setattr(call_guard, "_GRACE_SECONDS", 60.0)
        started = time.monotonic()
        with pytest.raises(RunInterruptedError):
            run_abandonable(silence, described)
        assert time.monotonic() - started < 5


def test_a_cancelled_run_may_undo_its_work() -> None:
    with guarded_by(Run(is_over=True).guard()):
        assert [run_abandonable(lambda: 7, described) for _ in range(3)] == [7, 7, 7]


def test_a_guarded_call_has_its_result_and_its_error() -> None:
    error = ValueError("no")

    def fail() -> None:
        raise error

    with guarded_by(Run().guard()) as _:
        assert run_abandonable(lambda: 7, described) == 7
        with pytest.raises(ValueError, match="no") as caught:
            run_abandonable(fail, described)
    assert caught.value is error


def test_a_guarded_call_runs_for_the_same_run_in_another_thread() -> None:
    guard = Run().guard()
    with guarded_by(guard):
        seen = run_abandonable(lambda: (current_guard(), threading.current_thread().daemon), described)
    assert seen == (guard, True)
    assert current_guard() is None


def test_without_a_run_a_call_runs_in_its_own_thread() -> None:
    assert run_abandonable(threading.current_thread, described) is threading.current_thread()


def test_a_pause_that_ends_with_the_run_has_its_reason() -> None:
    run = Run(is_over=True)
    with pytest.raises(RunInterruptedError, match="cancelled; throttled"):
        run.guard().pause(5, "throttled")
    assert run.texts == ["throttled"]


@pytest.mark.usefixtures("quick")
def test_a_run_that_is_over_does_not_wait_for_the_call_of_another_one() -> None:
    lock = threading.Lock()
    lock.acquire()
    with (
        guarded_by(Run(is_over=True).guard()),
        pytest.raises(RunInterruptedError, match="cancelled; waiting for the role"),
        held(lock, "waiting for the role"),
    ):
        pass
    lock.release()
    with guarded_by(Run().guard()), held(lock, "waiting for the role"):
        assert lock.locked()
    assert not lock.locked()
    with held(lock, "waiting for the role"):
        assert lock.locked()
