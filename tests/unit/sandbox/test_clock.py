import threading
import time

import pytest

from pulumi_vmimport_sandbox.clock import SandboxClock


def test_a_stepped_clock_moves_only_by_advance() -> None:
    clock = SandboxClock.stepped()
    before = clock.now()
    assert clock.now() == before
    assert clock.advance(seconds=60) == before + 60 == clock.now()


@pytest.mark.parametrize(
    ("clock", "factor"), [(SandboxClock.real(), 1), (SandboxClock.fast(600), 600)], ids=["real", "fast"]
)
def test_a_clock_runs_faster_by_its_factor(clock: SandboxClock, factor: float) -> None:
    wall, before = time.monotonic(), clock.now()
    while time.monotonic() < wall + 0.02:
        pass
    passed = clock.now() - before
    assert 0.02 * factor <= passed <= (time.monotonic() - wall) * factor + 0.001
    assert clock.factor == factor


def test_a_running_clock_can_be_advanced() -> None:
    clock = SandboxClock.real()
    before = clock.now()
    clock.advance(7 * 86400)
    assert clock.now() >= before + 7 * 86400


def test_the_clock_starts_at_the_current_time() -> None:
    assert abs(SandboxClock.stepped().now() - time.time()) < 5


def test_advances_of_several_threads_add_up() -> None:
    clock = SandboxClock.stepped()
    before = clock.now()
    threads = [threading.Thread(target=lambda: [clock.advance(1) for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.now() == before + 4000


def test_fails_to_move_back() -> None:
    with pytest.raises(ValueError, match="expected 0 or more, got -1"):
        SandboxClock.stepped().advance(-1)


@pytest.mark.parametrize("factor", [0, -2])
def test_fails_on_a_factor_that_is_not_positive(factor: float) -> None:
    with pytest.raises(ValueError, match="expected more than 0"):
        SandboxClock.fast(factor)
