"""A part, block or range whose answer never arrives is shown within 30 s and requested again on a new connection."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from tests.unit.resources.conftest import FakeRun

from pulumi_vmimport.aws import connection
from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.configuration.client_settings import ClientSettings
from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import ebs_direct
from pulumi_vmimport.lifecycle.contract import RunInterruptedError
from pulumi_vmimport.resources import data_requests
from pulumi_vmimport.resources.data_requests import RunRequests
from pulumi_vmimport.transfer.multipart_upload import MultipartUpload
from pulumi_vmimport.transfer.s3_ranges import get_range

PART_ANSWER = b'HTTP/1.1 200 OK\r\nx-amz-request-id: 1\r\nETag: "one"\r\nContent-Length: 0\r\n\r\n'
RANGE_ANSWER = (
    b"HTTP/1.1 206 Partial Content\r\nx-amz-request-id: 1\r\n"
    b'ETag: "one"\r\nContent-Range: bytes 0-3/4\r\nContent-Length: 4\r\n\r\ndata'
)
BLOCK_ANSWER = b"HTTP/1.1 201 Created\r\nx-amzn-requestid: 1\r\nx-amz-Checksum: c\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class BlackHole:
    """A server that reads requests and answers only from the nth connection on."""

    answers_from: int = 10**9
    answer: bytes = b""
    start: bytes = b""
    """Sent on the connections without an answer"""
    connections: list[socket.socket] = field(default_factory=list)
    port: int = 0

    def serve(self, server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._answer, args=(connection, len(self.connections)), daemon=True).start()

    def _answer(self, connection: socket.socket, number: int) -> None:
        with suppress(OSError):
            connection.recv(1 << 20)
            connection.sendall(self.answer if number >= self.answers_from else self.start)


@pytest.fixture
def hole() -> Iterator[BlackHole]:
    hole = BlackHole()
    with socket.create_server(("127.0.0.1", 0)) as server:
        hole.port = server.getsockname()[1]
        thread = threading.Thread(target=hole.serve, args=(server,), daemon=True)
        thread.start()
        yield hole
        server.shutdown(socket.SHUT_RDWR)
    for each in hole.connections:
        each.close()


@pytest.fixture
def run(hole: BlackHole, monkeypatch: pytest.MonkeyPatch, aws: Any) -> FakeRun:
    assert connection._DATA_READ_SECONDS < 30
    monkeypatch.setattr(connection, "_DATA_READ_SECONDS", 0.2)
    url = f"http://127.0.0.1:{hole.port}"
    client = ClientSettings(endpoints=(("ebs", url), ("s3", url)))
    settings = AwsSettings(region="eu-west-1", access_key="AKIA", secret_key="secret", client=client)
    return FakeRun(aws, AwsConnection(settings))


def put_block(run: FakeRun) -> Any:
    return RunRequests(run).ebs(
        "block 7", lambda client: ebs_direct.put_block(client, "snap-1", 7, bytes(512), b"x" * 32, percent=1)
    )


def send_part(run: FakeRun) -> Any:
    upload = MultipartUpload(run.aws.client("s3"), "images", "web.ova", "upload", requests=RunRequests(run))
    return upload.send(1, b"part")


def read_range(run: FakeRun) -> Any:
    return get_range(RunRequests(run), "images", "web.ova", 0, 3).data


MOVES = [
    pytest.param(put_block, BLOCK_ANSWER, b"", id="block"),
    pytest.param(send_part, PART_ANSWER, b"", id="part"),
    pytest.param(read_range, RANGE_ANSWER, b"", id="range"),
    pytest.param(read_range, RANGE_ANSWER, RANGE_ANSWER[:-2], id="body-of-a-range"),
]


@pytest.mark.parametrize(("move", "answer", "start"), MOVES)
def test_a_request_without_an_answer_is_shown_and_made_again_on_a_new_connection(
    run: FakeRun, hole: BlackHole, move: Callable[[FakeRun], Any], answer: bytes, start: bytes
) -> None:
    hole.answers_from, hole.answer, hole.start = 3, answer, start
    move(run)
    assert len(hole.connections) == 3
    assert [text.partition("(attempt ")[2].partition(")")[0] for text in run.texts] == ["2 of 10", "3 of 10"]
    (warning,) = run.warnings
    assert "Read timeout" in warning
    assert "new connection" in warning


@pytest.mark.parametrize(("move", "answer", "start"), MOVES[:3])
def test_fails_after_ten_attempts_without_an_answer(
    run: FakeRun, hole: BlackHole, move: Callable[[FakeRun], Any], answer: bytes, start: bytes
) -> None:
    with pytest.raises(ReadTimeoutError):
        move(run)
    assert len(hole.connections) == 10
    assert run.waits == 9


def test_a_cancelled_run_ends_the_retries(run: FakeRun, hole: BlackHole) -> None:
    run.stop_after_waits = 1
    with pytest.raises(RunInterruptedError):
        put_block(run)
    assert len(hole.connections) == 2


def throttled(_: Any) -> None:
    response: Any = {"Error": {"Code": "SlowDown"}, "ResponseMetadata": {"HTTPStatusCode": 503}}
    raise ClientError(response, "UploadPart")


def test_throttled_requests_are_made_again_until_the_run_ends(run: FakeRun) -> None:
    run.stop_after_waits = 50
    with pytest.raises(RunInterruptedError):
        RunRequests(run)("part 1", throttled)
    assert run.waits == 50
    assert run.warnings == []


def test_a_rejected_request_is_not_made_again(run: FakeRun) -> None:
    calls: list[int] = []

    def deny(_: Any) -> None:
        calls.append(1)
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "UploadPart")

    with pytest.raises(ClientError):
        RunRequests(run)("part 1", deny)
    assert len(calls) == 1


def test_expired_credentials_are_read_again_for_the_next_attempt(run: FakeRun) -> None:
    clients: list[Any] = []

    def expire_once(client: Any) -> str:
        clients.append(client)
        if len(clients) == 1:
            raise ClientError({"Error": {"Code": "ExpiredToken"}}, "UploadPart")
        return "sent"

    assert RunRequests(run)("part 1", expire_once) == "sent"
    assert clients[0] is not clients[1]


def test_the_pauses_between_attempts_last_minutes_in_all() -> None:
    assert 120 <= sum(data_requests._PAUSES) <= 300
