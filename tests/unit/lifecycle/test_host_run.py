from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.lifecycle import engine, host_run
from pulumi_vmimport.lifecycle.contract import RunInterruptedError
from pulumi_vmimport.lifecycle.host_run import HostRun, HostSettings
from pulumi_vmimport.lifecycle.identity import Identity

STARTED = 1000.0


class Clock:
    """Time that passes where the run waits for a cancel."""

    def __init__(self) -> None:
        self.now = STARTED
        self.is_cancelled = False

    def monotonic(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def is_set(self) -> bool:
        return self.is_cancelled


@dataclass
class FakeCall:
    timeout_seconds: float = 0.0
    alive: bool = True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(host_run, "time", SimpleNamespace(monotonic=clock.monotonic))
    monkeypatch.setattr(engine, "cancelled", clock)
    return clock


def new_run(call: Any = None, minutes: float = 90) -> HostRun:
    run = HostRun(
        identity=Identity("urn:pulumi:dev::shop::Thing::web"),
        aws=cast(AwsConnection, None),
        settings=HostSettings.read({}, {}),
        call=call,
        timeout_seconds=minutes * 60,
    )
    run.started = STARTED
    return run


def test_wait_returns_until_the_deadline_passes(clock: Clock) -> None:
    run = new_run()
    run.wait(89 * 60)
    assert clock.now == pytest.approx(STARTED + 89 * 60)
    with pytest.raises(
        RunInterruptedError, match=r"timed out after 90 minutes \(timeout_minutes\); .*next `pulumi up` resumes"
    ):
        run.wait(120)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (5, r"5 seconds \(custom_timeouts\)"),
        (90, "90 seconds"),
        (600, "10 minutes"),
        (9000, r"90 minutes \(timeout_min"),
    ],
    ids=["seconds", "more-than-a-minute", "minutes", "the-shorter-of-both"],
)
def test_custom_timeouts_end_a_run(clock: Clock, seconds: float, words: str) -> None:
    with pytest.raises(RunInterruptedError, match=f"timed out after {words}"):
        new_run(FakeCall(seconds)).wait(10_000)


def test_cancel_ends_a_run_within_a_second(clock: Clock) -> None:
    run = new_run()
    run.wait(10)
    clock.is_cancelled = True
    with pytest.raises(RunInterruptedError, match="cancelled"):
        run.wait(60)
    assert clock.now <= STARTED + 11


def test_a_run_ends_when_its_engine_has_exited(clock: Clock) -> None:
    with pytest.raises(RunInterruptedError, match="engine has exited"):
        new_run(FakeCall(alive=False)).wait(60)


@pytest.mark.parametrize(
    ("config", "environment", "region"),
    [
        pytest.param({"aws:region": "eu-west-1"}, {"AWS_REGION": "us-east-1"}, "eu-west-1", id="the-stack-says-it"),
        pytest.param({}, {"AWS_REGION": "us-east-1"}, "us-east-1", id="only-the-environment-says-it"),
        pytest.param({}, {}, None, id="boto3-is-asked"),
    ],
)
def test_the_region_is_that_of_the_stack_or_else_of_the_environment(
    config: dict[str, str], environment: dict[str, str], region: str | None
) -> None:
    assert HostSettings.read(config, environment).aws.region == region


@pytest.mark.parametrize("value", ["abc", "-3", "nan", "inf", "0"])
def test_a_polling_interval_that_is_no_time_is_a_problem_that_names_where_it_is_set(value: str) -> None:
    found = HostSettings.read({}, {"VMIMPORT_POLL_SECONDS": value})
    assert found.problems == (f"VMIMPORT_POLL_SECONDS: expected a number of seconds above 0, got '{value}'",)
    assert HostSettings.read({"vmimport:pollSeconds": "2"}, {"VMIMPORT_POLL_SECONDS": value}).problems == ()


@pytest.mark.parametrize(
    ("supplied", "path", "expected"),
    [
        (("diskContainers",), "diskContainers[0].url", True),
        (("userBucket",), "userBucket.s3Key", True),
        (("roleName",), "roleName", True),
        (("roleName",), "diskContainers[0].url", False),
        (("*",), "anything.at[1].all", True),
        ((), "roleName", False),
    ],
)
def test_a_path_is_supplied_with_the_input_that_contains_it(
    supplied: tuple[str, ...], path: str, expected: bool
) -> None:
    run = new_run()
    run.supplied_inputs = supplied
    assert run.supplied_by_resource(path) is expected
