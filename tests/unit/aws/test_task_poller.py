from collections.abc import Callable
from contextlib import ExitStack
from typing import cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.task_poller import EXPIRED_GRACE_SECONDS, TaskPoller


class FakeConnection:
    renewed = 0

    def renew(self) -> None:
        self.renewed += 1


class Service:
    """Answers Describe calls on a clock of its own; `errors` are raised first."""

    def __init__(self, pace: Callable[[str], float] | None = None) -> None:
        self.now = 1000.0
        self.calls: list[list[str]] = []
        self.errors: list[Exception] = []
        self.tasks: dict[str, str] = {}
        self.connection = FakeConnection()
        self.poller = TaskPoller(
            cast("AwsConnection", self.connection), self._describe, period_seconds=15, now=lambda: self.now, pace=pace
        )

    def _describe(self, _: AwsConnection, ids: list[str]) -> dict[str, str]:
        self.calls.append(ids)
        if self.errors:
            raise self.errors.pop(0)
        return {id: self.tasks[id] for id in ids if id in self.tasks}


def client_error(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Describe")  # type: ignore[typeddict-item]


def test_one_call_a_period_serves_all_that_wait() -> None:
    service = Service()
    service.tasks = {f"t{i}": "active" for i in range(20)}
    with ExitStack() as stack:
        for id in service.tasks:
            stack.enter_context(service.poller.watching(id))
        for _ in range(4):
            assert {service.poller.look(id) for id in service.tasks} == {(True, "active")}
            service.now += 15
    assert [len(ids) for ids in service.calls] == [20] * 4


def test_the_task_that_is_nearest_to_its_end_sets_the_pace() -> None:
    service = Service(pace={"begun": 2.0, "booting": 0.5}.__getitem__)
    service.tasks = {"a": "begun", "b": "begun"}
    with service.poller.watching("a"), service.poller.watching("b"):
        service.poller.look("a")
        assert service.poller.pause_seconds == 30
        service.tasks["b"] = "booting"
        service.now += 30
        assert service.poller.pause_seconds == 0
        service.poller.look("a")
        assert service.poller.pause_seconds == 7.5


def test_an_id_that_is_new_waits_for_the_next_call() -> None:
    service = Service()
    service.tasks = {"a": "active", "b": "active"}
    with service.poller.watching("a"), service.poller.watching("b"):
        service.poller.look("a")
        with service.poller.watching("c"):
            assert service.poller.look("c") == (False, None)
    assert len(service.calls) == 1


def test_an_id_the_service_does_not_know_is_answered_with_none() -> None:
    service = Service()
    with service.poller.watching("gone"):
        assert service.poller.look("gone") == (True, None)


@pytest.mark.parametrize(
    "error",
    [
        client_error("RequestLimitExceeded", 503),
        client_error("InternalError", 500),
        EndpointConnectionError(endpoint_url="http://aws"),
    ],
    ids=["throttled", "server-error", "connection-broken"],
)
def test_a_passing_error_backs_off_and_keeps_the_last_answer(error: Exception) -> None:
    service = Service()
    service.tasks = {"a": "active"}
    with service.poller.watching("a"):
        service.poller.look("a")
        service.now += 15
        service.errors = [error]
        assert service.poller.look("a") == (True, "active")
        assert service.poller.trouble
        service.now += 15  # the pause is at least 0.75 * 30 s
        service.poller.look("a")
        assert len(service.calls) == 2
        service.now += 30
        assert service.poller.look("a") == (True, "active")
        assert service.poller.trouble is None


def test_fails_at_once_when_permission_is_missing() -> None:
    service = Service()
    service.errors = [client_error("UnauthorizedOperation", 403)]
    with service.poller.watching("a"), pytest.raises(ClientError, match="UnauthorizedOperation"):
        service.poller.look("a")


def test_expired_credentials_are_renewed_and_waited_for() -> None:
    service = Service()
    service.tasks = {"a": "active"}
    service.errors = [client_error("RequestExpired")] * 3
    with service.poller.watching("a"):
        for _ in range(3):
            assert service.poller.look("a") == (False, None)
            service.now += 160
        assert service.poller.look("a") == (True, "active")
    assert service.connection.renewed == 3


def test_fails_when_credentials_stay_expired_past_the_grace() -> None:
    service = Service()
    service.errors = [client_error("ExpiredToken")] * 99
    with service.poller.watching("a"), pytest.raises(ClientError, match="ExpiredToken"):  # noqa: PT012 - it is the loop that ends so
        while service.now < 1000 + 2 * EXPIRED_GRACE_SECONDS:
            service.poller.look("a")
            service.now += 10
    assert service.now >= 1000 + EXPIRED_GRACE_SECONDS
