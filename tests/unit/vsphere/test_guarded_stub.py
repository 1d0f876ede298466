import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from types import SimpleNamespace
from typing import Any
from xml.parsers.expat import ExpatError

import pytest
from tests.unit.test_call_guard import Run

from pulumi_vmimport import call_guard
from pulumi_vmimport.call_guard import guarded_by
from pulumi_vmimport.lifecycle.contract import RunInterruptedError
from pulumi_vmimport.vsphere.guarded_stub import guard_stub
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.settings import VSphereSettings

READ, WRITE = SimpleNamespace(wsdlName="RetrieveProperties"), SimpleNamespace(wsdlName="PowerOffVM_Task")
FOREIGN = [ExpatError("no element found"), TypeError("NoneType"), ConnectionResetError("reset")]


class Stub:
    """Answers one call after the other; the last answer stays."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls = 0
        guard_stub(self)

    def InvokeMethod(self, target: Any, info: Any, args: Any, outer: Any = None) -> Any:  # noqa: N802 - pyVmomi's name
        self.calls += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer


@pytest.mark.parametrize("error", FOREIGN, ids=repr)
def test_a_read_is_repeated_after_a_foreign_response(error: Exception) -> None:
    run, stub = Run(), Stub(error, error, "found")
    with guarded_by(run.guard()):
        assert stub.InvokeMethod(None, READ, ()) == "found"
    assert stub.calls == 3
    assert "RetrieveProperties of vSphere" in run.texts[0]


@pytest.mark.parametrize("error", FOREIGN, ids=repr)
def test_a_read_is_not_repeated_forever(error: Exception) -> None:
    run, stub = Run(), Stub(error)
    with guarded_by(run.guard(patience_seconds=60)), pytest.raises((HTTPException, ConnectionResetError)):
        stub.InvokeMethod(None, READ, ())
    assert 60 <= sum(run.waits) < 70


@pytest.mark.parametrize("info", [WRITE, READ], ids=["write", "read-without-a-run"])
def test_fails_with_the_cause_where_a_call_is_not_repeated(info: Any) -> None:
    run, stub = Run(), Stub(ExpatError("no element found"))
    if info is WRITE:
        with guarded_by(run.guard()), pytest.raises(HTTPException, match="no element found"):
            stub.InvokeMethod(None, info, ())
    else:
        with pytest.raises(HTTPException, match="proxies"):
            stub.InvokeMethod(None, info, ())
    assert (stub.calls, run.waits) == (1, [])


def test_an_interrupted_run_does_not_wait_for_a_silent_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_guard, "_GRACE_SECONDS", 0.05)
    stub, started = Stub(lambda: threading.Event().wait(60)), time.monotonic()
    with guarded_by(Run(is_over=True).guard()), pytest.raises(RunInterruptedError, match="PowerOffVM_Task of vSphere"):
        stub.InvokeMethod(None, WRITE, ())
    assert time.monotonic() - started < 5


@pytest.fixture
def silent_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_an_interrupted_run_does_not_wait_for_a_silent_login(silent_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_guard, "_GRACE_SECONDS", 0.05)
    settings = VSphereSettings(server=f"127.0.0.1:{silent_port}", user="user", password="password")
    started = time.monotonic()
    with (
        guarded_by(Run(is_over=True).guard()),
        pytest.raises(RunInterruptedError, match=r"waiting for vSphere at 127\.0\.0\.1"),
        VSphereSession(settings),
    ):
        pass
    assert time.monotonic() - started < 5


def test_a_session_guards_its_calls(settings: VSphereSettings) -> None:
    with VSphereSession(settings) as session:
        invoke: Callable[..., Any] = session.stub.InvokeMethod
        assert invoke.__module__ == guard_stub.__module__
