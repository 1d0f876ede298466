from collections.abc import Callable
from contextlib import ExitStack
from typing import cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.task_poller import EXPIRED_GRACE_SECONDS, Pollers, TaskPoller, batches


class FakeConnection:
    refreshed = 0

    def refresh_credentials(self) -> None:
        self.refreshed += 1


class Service:
    """Answers Describe calls on a clock of its own; `errors` are raised first."""

    def __init__(self, interval: Callable[[str], float] | None = None, period_seconds: float = 15) -> None:
        self.now = 1000.0
        self.calls: list[list[str]] = []
        self.errors: list[Exception] = []
        self.tasks: dict[str, str] = {}
        self.connection = FakeConnection()
        self.poller = TaskPoller(
            cast("AwsConnection", self.connection),
            self._describe,
            period_seconds=period_seconds,
            now=lambda: self.now,
            interval=interval,
        )

    def _describe(self, connection: AwsConnection, ids: list[str]) -> dict[str, str]:
        assert connection is cast("AwsConnection", self.connection)
        self.calls.append(ids)
        if self.errors:
            raise self.errors.pop(0)
        return {id: self.tasks[id] for id in ids if id in self.tasks}


@pytest.fixture
def no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: (low + high) / 2)


def client_error(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Describe")  # type: ignore[typeddict-item]


def test_one_call_per_period_serves_all_watchers() -> None:
    service = Service()
    service.tasks = {f"t{i}": "active" for i in range(20)}
    with ExitStack() as stack:
        for id in service.tasks:
            stack.enter_context(service.poller.watching(id))
        for _ in range(4):
            assert {service.poller.poll(id) for id in service.tasks} == {(True, "active")}
            service.now += 15
    assert [len(ids) for ids in service.calls] == [20] * 4


def test_the_shortest_interval_applies_to_all_tasks() -> None:
    service = Service(interval={"started": 2.0, "booting": 0.5}.__getitem__)
    service.tasks = {"a": "started", "b": "started"}
    with service.poller.watching("a"), service.poller.watching("b"):
        service.poller.poll("a")
        assert service.poller.seconds_until_next_call == 30
        service.tasks["b"] = "booting"
        service.now += 30
        assert service.poller.seconds_until_next_call == 0
        service.poller.poll("a")
        assert service.poller.seconds_until_next_call == 7.5


def test_without_an_interval_a_call_is_made_every_period() -> None:
    service = Service()
    with service.poller.watching("a"):
        service.poller.poll("a")
        assert service.poller.seconds_until_next_call == 15
        service.now += 20
        assert service.poller.seconds_until_next_call == 0


def test_an_interval_of_no_tasks_is_one_period() -> None:
    service = Service(interval=lambda task: 0.5)
    with service.poller.watching("gone"):
        service.poller.poll("gone")
    assert service.poller.seconds_until_next_call == 15


def test_a_new_id_waits_for_the_next_call() -> None:
    service = Service()
    service.tasks = {"a": "active", "b": "active"}
    with service.poller.watching("a"), service.poller.watching("b"):
        service.poller.poll("a")
        with service.poller.watching("c"):
            assert service.poller.poll("c") == (False, None)
    assert len(service.calls) == 1


def test_the_answer_for_an_unknown_id_is_none() -> None:
    service = Service()
    with service.poller.watching("gone"):
        assert service.poller.poll("gone") == (True, None)


def test_an_id_is_watched_until_its_last_watcher_ends() -> None:
    service = Service()
    service.tasks = {"a": "active", "b": "active"}
    with service.poller.watching("b"):
        with service.poller.watching("a"):
            with service.poller.watching("a"):
                service.poller.poll("a")
            service.now += 15
            assert service.poller.poll("a") == (True, "active")
        assert service.poller.poll("a") == (False, None)
        service.now += 15
        service.poller.poll("b")
    assert service.calls == [["a", "b"], ["a", "b"], ["b"]]


@pytest.mark.parametrize(
    "error",
    [
        client_error("RequestLimitExceeded", 503),
        client_error("InternalError", 500),
        EndpointConnectionError(endpoint_url="http://aws"),
    ],
    ids=["throttled", "server-error", "connection-broken"],
)
def test_a_transient_error_backs_off_and_keeps_the_last_answer(error: Exception) -> None:
    service = Service()
    service.tasks = {"a": "active"}
    with service.poller.watching("a"):
        service.poller.poll("a")
        service.now += 15
        service.errors = [error]
        assert service.poller.poll("a") == (True, "active")
        assert service.poller.last_error
        service.now += 15  # the back-off is at least 0.75 * 30 s
        service.poller.poll("a")
        assert len(service.calls) == 2
        service.now += 30
        assert service.poller.poll("a") == (True, "active")
        assert service.poller.last_error is None


@pytest.mark.parametrize(
    ("period", "backoffs"),
    [
        pytest.param(15, [30, 60, 120, 120, 120], id="at-most-two-minutes"),
        pytest.param(300, [300, 300], id="never-below-a-longer-period"),
    ],
)
@pytest.mark.usefixtures("no_jitter")
def test_the_back_off_doubles_up_to_a_maximum(period: float, backoffs: list[float]) -> None:
    service = Service(period_seconds=period)
    service.errors = [client_error("Throttling") for _ in backoffs]
    seen = []
    with service.poller.watching("a"):
        for _ in backoffs:
            service.poller.poll("a")
            seen.append(service.poller.seconds_until_next_call)
            service.now += service.poller.seconds_until_next_call
        assert seen == backoffs
        service.poller.poll("a")
        assert service.poller.seconds_until_next_call == period
        service.errors = [client_error("Throttling")]
        service.now += period
        service.poller.poll("a")
        assert service.poller.seconds_until_next_call == backoffs[0]  # a success starts the back-off again


def test_fails_at_once_when_permission_is_missing_and_calls_again_on_the_next_poll() -> None:
    service = Service()
    service.tasks = {"a": "active"}
    service.errors = [client_error("UnauthorizedOperation", 403)]
    with service.poller.watching("a"):
        with pytest.raises(ClientError, match="UnauthorizedOperation"):
            service.poller.poll("a")
        assert service.poller.poll("a") == (True, "active")


@pytest.mark.usefixtures("no_jitter")
def test_the_back_off_starts_again_after_a_failure() -> None:
    service = Service()
    service.errors = [client_error(code) for code in ("Throttling", "Throttling", "AccessDenied", "Throttling")]
    with service.poller.watching("a"):
        for backoff in (30, 60):
            service.poller.poll("a")
            assert service.poller.seconds_until_next_call == backoff
            service.now += backoff
        with pytest.raises(ClientError, match="AccessDenied"):
            service.poller.poll("a")
        assert service.poller.seconds_until_next_call == 0
        service.poller.poll("a")
        assert service.poller.seconds_until_next_call == 30


def test_expired_credentials_are_refreshed_and_tolerated() -> None:
    service = Service()
    service.tasks = {"a": "active"}
    service.errors = [client_error("RequestExpired")] * 3
    with service.poller.watching("a"):
        for _ in range(3):
            assert service.poller.poll("a") == (False, None)
            service.now += 160
        assert service.poller.poll("a") == (True, "active")
    assert service.connection.refreshed == 3


def test_fails_when_credentials_stay_expired_for_ten_minutes() -> None:
    service = Service()
    service.errors = [client_error("ExpiredToken")] * 99
    with service.poller.watching("a"), pytest.raises(ClientError, match="ExpiredToken"):  # noqa: PT012 - the loop ends with the error
        while service.now < 1000 + 2 * EXPIRED_GRACE_SECONDS:
            service.poller.poll("a")
            service.now += 10
    assert service.now >= 1000 + EXPIRED_GRACE_SECONDS
    assert EXPIRED_GRACE_SECONDS == 600


def test_the_grace_for_expired_credentials_starts_again_after_a_success() -> None:
    service = Service()
    service.tasks = {"a": "active"}
    with service.poller.watching("a"):
        for _ in range(3):
            service.errors = [client_error("ExpiredToken")]
            service.poller.poll("a")
            service.now += 400
            assert service.poller.poll("a") == (True, "active")
            service.now += 15


def test_a_connection_has_one_poller_with_the_period_of_the_first_caller() -> None:
    pollers = Pollers[str](lambda _, ids: {}, lambda task: 1.0)
    first, second = cast("AwsConnection", FakeConnection()), cast("AwsConnection", FakeConnection())
    poller = pollers.for_connection(first, 15)
    assert pollers.for_connection(first, 60) is poller
    assert pollers.for_connection(second, 15) is not poller
    with poller.watching("a"):
        poller.poll("a")
        assert 14 < poller.seconds_until_next_call <= 15


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])], ids=str)
def test_batches_have_at_most_the_given_size_and_every_id_once(count: int, sizes: list[int]) -> None:
    ids = [f"t{number}" for number in range(count)]
    found = list(batches(ids, 3))
    assert [len(batch) for batch in found] == sizes
    assert [id for batch in found for id in batch] == ids
