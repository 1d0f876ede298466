import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, EndpointConnectionError
from tests.unit.test_call_guard import Run

from pulumi_vmimport import call_guard
from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.configuration.client_settings import ClientSettings
from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.response_validation import ForeignResponseError
from pulumi_vmimport.aws.task_poller import TaskPoller
from pulumi_vmimport.call_guard import guarded_by
from pulumi_vmimport.lifecycle.contract import RunInterruptedError

HEADERS = {"x-amzn-RequestId": "8f3a", "Content-Type": "text/xml"}
TAGGED = (200, HEADERS, "<CreateTagsResponse><requestId>1</requestId><return>true</return></CreateTagsResponse>")
PAGE = (200, {"Content-Type": "text/html"}, "<html>Sign in</html>")


def error(code: str, status: int) -> tuple[int, dict[str, str], str]:
    body = f"<Response><Errors><Error><Code>{code}</Code><Message>Rate exceeded</Message></Error></Errors></Response>"
    return status, HEADERS, body


THROTTLED = error("RequestLimitExceeded", 503)
BROKEN = error("InternalError", 500)


class Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body


class Service:
    """Answers one request after the other; the last response stays. An exception breaks the connection."""

    def __init__(self, *, without_retries: bool = False) -> None:
        keys = {"region": "eu-west-1", "access_key": "AKIAEXAMPLE", "secret_key": "secret"}
        aws = AwsConnection(AwsSettings(**keys))  # type: ignore[arg-type]
        self.client: Any = aws.client_without_retries("ec2") if without_retries else aws.client("ec2")
        self.client.meta.events.register("before-send", self._answer)
        self.responses: list[Any] = []
        self.requests = 0

    def _answer(self, request: Any, **_: Any) -> Any:
        self.requests += 1
        response = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        if isinstance(response, Exception):
            raise response
        status, headers, body = response
        return AWSResponse(request.url, status, dict(headers), Raw(body.encode()))  # type: ignore[arg-type]

    def tag(self) -> Any:
        return self.client.create_tags(Resources=["ami-1"], Tags=[{"Key": "a", "Value": "b"}])


@pytest.fixture(scope="module")
def module_service() -> Service:
    return Service()


@pytest.fixture
def service(module_service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """EC2, which has answered before. botocore's own retries take no time."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0)
    monkeypatch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda self, amount: True)
    module_service.responses = [TAGGED]
    module_service.tag()
    module_service.requests = 0
    return module_service


@pytest.mark.parametrize("calls", [9, 100])
def test_a_throttled_write_waits_until_aws_accepts_it(service: Service, calls: int) -> None:
    run = Run()
    service.responses = [THROTTLED] * calls + [TAGGED]
    with guarded_by(run.guard(patience_seconds=60)):
        service.tag()
    assert service.requests == calls + 1
    assert len(run.waits) == calls // 8  # botocore makes eight attempts before each wait
    assert max(run.waits) <= 1.25 * 30
    assert all("CreateTags" in text and "RequestLimitExceeded: Rate exceeded" in text for text in run.texts)


def test_a_throttled_call_of_a_preview_fails_when_its_time_is_over(service: Service) -> None:
    run = Run()
    service.responses = [THROTTLED]
    with guarded_by(run.guard(patience_seconds=60, may_outlast=False)), pytest.raises(ClientError, match="Rate"):
        service.tag()
    assert 60 <= sum(run.waits) < 60 + 1.25 * 30


@pytest.mark.parametrize(
    "broken", [BROKEN, PAGE, EndpointConnectionError(endpoint_url="http://ec2")], ids=["5xx", "page", "no-connection"]
)
def test_an_outage_is_waited_out_for_some_minutes_only(service: Service, broken: Any) -> None:
    run = Run()
    service.responses = [broken] * 8 + [TAGGED]
    with guarded_by(run.guard(patience_seconds=600)):
        service.tag()
    assert run.waits
    service.responses = [broken]
    with (
        guarded_by(run.guard(patience_seconds=600)),
        pytest.raises((ClientError, EndpointConnectionError, ForeignResponseError)),
    ):
        service.tag()
    assert 600 <= sum(run.waits) < 800


def test_fails_at_once_where_no_service_has_ever_answered(service: Service) -> None:
    new, run = Service(), Run()
    new.responses = [EndpointConnectionError(endpoint_url="http://ec2")]
    with guarded_by(run.guard()), pytest.raises(EndpointConnectionError):
        new.tag()
    assert run.waits == []
    new.responses = [PAGE]
    with guarded_by(run.guard()), pytest.raises(ForeignResponseError):
        new.tag()
    assert len(run.waits) == 3


def test_fails_at_once_for_an_error_that_stays(service: Service) -> None:
    run = Run()
    service.responses = [error("UnauthorizedOperation", 403)]
    with guarded_by(run.guard()), pytest.raises(ClientError, match="UnauthorizedOperation"):
        service.tag()
    assert (service.requests, run.waits) == (1, [])


@pytest.mark.parametrize("response", [THROTTLED, PAGE], ids=["throttled", "page"])
def test_a_call_that_must_be_made_once_is_made_once(service: Service, response: Any) -> None:
    once, run = Service(without_retries=True), Run()
    once.responses = [response]
    with guarded_by(run.guard()), pytest.raises((ClientError, ForeignResponseError)):
        once.tag()
    assert (once.requests, run.waits) == (1, [])


@pytest.mark.parametrize("response", [BROKEN, PAGE, THROTTLED], ids=["5xx", "page", "throttled"])
def test_a_poller_waits_for_its_next_period_itself(service: Service, response: Any) -> None:
    run = Run()
    service.responses = [response]
    poller: TaskPoller[str] = TaskPoller(AwsConnection(AwsSettings()), lambda _, ids: service.tag(), 15)
    with guarded_by(run.guard()), poller.watching("a"):
        assert poller.poll("a") == (False, None)
    assert poller.last_error
    assert run.waits == []


def test_the_deadline_of_a_throttled_run_ends_it_with_the_words_of_aws(service: Service) -> None:
    run = Run()
    service.responses = [THROTTLED]

    def wait(seconds: float) -> None:
        raise RunInterruptedError("timed out after 60 minutes")

    run.wait = wait  # type: ignore[method-assign]
    with guarded_by(run.guard()), pytest.raises(RunInterruptedError, match=r"60 minutes; .*CreateTags.*Rate exceeded"):
        service.tag()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("service_name", ["ec2", "s3", "workspaces", "iam", "sts", "ebs", "kms"])
def test_an_interrupted_run_does_not_wait_for_a_silent_service(
    service_name: Any, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_guard, "_GRACE_SECONDS", 0.05)
    endpoint = f"http://127.0.0.1:{silent_port}"
    client = ClientSettings(endpoints=((service_name, endpoint),))
    aws = AwsConnection(AwsSettings("eu-west-1", access_key="AKIA", secret_key="s", client=client))
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "ec2": ("describe_images", {}),
        "s3": ("head_object", {"Bucket": "web", "Key": "web.ova"}),
        "workspaces": ("describe_workspace_images", {}),
        "iam": ("get_role", {"RoleName": "vmimport"}),
        "sts": ("get_caller_identity", {}),
        "ebs": ("start_snapshot", {"VolumeSize": 1}),
        "kms": ("describe_key", {"KeyId": "alias/web"}),
    }
    method, members = calls[service_name]
    call = getattr(aws.client(service_name), method)
    run = Run(is_over=True)
    started = time.monotonic()
    with guarded_by(run.guard()), pytest.raises(RunInterruptedError, match="waiting for the response to"):
        call(**members)
    assert time.monotonic() - started < 5


def test_threads_share_a_poller_while_one_of_them_waits_for_a_silent_service() -> None:
    called, released = threading.Event(), threading.Event()

    def describe(_: Any, ids: list[str]) -> dict[str, str]:
        called.set()
        released.wait(60)
        return dict.fromkeys(ids, "active")

    poller: TaskPoller[str] = TaskPoller(AwsConnection(AwsSettings()), describe, 15)
    with poller.watching("a"):
        first = threading.Thread(target=lambda: poller.poll("a"))
        first.start()
        assert called.wait(30)
        assert poller.poll("a") == (False, None)
        assert poller.seconds_until_next_call > 0
        released.set()
        first.join(30)
        assert poller.poll("a") == (True, "active")
