"""A watch that holds chosen resources in the middle of a chosen call, and what cuts off the command then."""

import contextlib
import gc
import itertools
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pulumi import automation

from pulumi_vmimport_sandbox import Sandbox
from pulumi_vmimport_sandbox.aws.core.call_log import IncomingCall
from pulumi_vmimport_sandbox.aws.core.fault_injection import ConnectionLost

ENGINE = "bin/pulumi --"
PARALLEL = 200
# Where these follow each other, each is one call of the table: how often they come depends on time and threads alone.
REPEATED = {
    "DescribeCustomWorkspaceImageImport", "DescribeExportImageTasks", "DescribeExportTasks", "DescribeImportImageTasks",
    "DescribeImportSnapshotTasks", "DescribeSnapshots", "DescribeWorkspaceBundles", "DescribeWorkspaceImages",
    "GetObject", "PutSnapshotBlock", "UploadPart",
}  # fmt: skip
LONGEST_HOLD_SECONDS = 200  # on a machine that does much else; some seconds where it does not


class At(NamedTuple):
    """One call of a copy: its place among the calls of a command, and the how many-th of its operation it is."""

    number: int
    operation: str
    nth: int


FIRST_WRITE = At(0, "", 0)


@dataclass
class Watch:
    """Sees the calls of each copy by its access key, and holds copies at a call until all of them are there.

    A call that changes something is held once it is done and before it is answered, another one before it is done.
    """

    credentials: Path
    calls: dict[str, list[str]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    _names: dict[str, str] = field(default_factory=dict)
    _holds: Mapping[str, At] = field(default_factory=dict)
    _strike: Callable[[], None] = lambda: None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _struck: threading.Event = field(default_factory=threading.Event)

    def begin(self, names: Sequence[str]) -> None:
        """Give each copy credentials of its own: a profile of its name."""
        self._names = {f"AKIAMATRIX{number:010}": name for number, name in enumerate(names)}
        keys = [
            f"[{name}]\naws_access_key_id = {key}\naws_secret_access_key = x\n" for key, name in self._names.items()
        ]
        self.credentials.write_text("".join(keys))
        self.hold({}, lambda: None)

    def hold(self, holds: Mapping[str, At], inject: Callable[[], None]) -> None:
        """Forget the calls so far; hold each copy at its call, and strike once all are held."""
        with self._lock:
            self.calls, self.held, self._struck = {name: [] for name in self._names.values()}, set(), threading.Event()
            self._holds, self._strike = holds, inject

    def __call__(self, arrived: IncomingCall, when: str) -> None:
        name = self._names.get(arrived.access_key)
        if name is None:
            return
        call, struck = arrived.call, self._struck
        if when == "before" and name in self.held and not struck.is_set():
            # Another thread of the same copy, or botocore, which takes an answer for lost after a minute.
            struck.wait(LONGEST_HOLD_SECONDS)
            raise ConnectionLost
        with self._lock:
            calls, at = self.calls[name], self._holds.get(name)
            row = itertools.takewhile(REPEATED.__contains__, reversed(calls))
            if when == "before" and (call.operation not in REPEATED or call.operation not in row):
                calls.append(call.operation)
            if at is None or name in self.held or (when == "after") != call.is_write:
                return
            is_there = at[1:] == (call.operation, calls.count(call.operation))
            if not is_there and not (at == FIRST_WRITE and call.is_write):
                return
            self.held.add(name)
            is_last = len(self.held) == len(self._holds)
        # Where one does not come to its call, the others are not to wait for ever: the test tells which.
        if is_last or not struck.wait(LONGEST_HOLD_SECONDS):
            self._strike()
            struck.set()


@dataclass
class Matrix:
    """Stacks of many copies, each with an access key of its own, and the fault that strikes them."""

    watch: Watch
    fault: str
    new_stack: Callable[..., Any]
    _stacks: Iterator[int] = field(default_factory=itertools.count)

    def stack(self, copies: Mapping[str, tuple[Callable[..., Any], Callable[[str], dict[str, Any]]]]) -> Any:
        """A stack of the copies that are there when it is deployed: each a class, and its arguments by its name."""
        args = {name: {"profile": name, **make(name)} for name, (_, make) in copies.items()}

        def program() -> None:
            for name, (resource, _) in copies.items():
                resource(name, args[name])

        self.watch.begin(list(copies))
        variables = {"AWS_SHARED_CREDENTIALS_FILE": str(self.watch.credentials), "VMIMPORT_POLL_SECONDS": "0.1"}
        return self.new_stack(program, name=f"dev{next(self._stacks)}", environment=variables)

    def calls_of(self, command: Callable[..., Any]) -> dict[str, list[At]]:
        """What each copy calls while a command runs."""
        self.watch.hold({}, lambda: None)
        command(parallel=PARALLEL)
        return {
            name: [At(number, call, calls[:number].count(call)) for number, call in enumerate(calls, 1)]
            for name, calls in self.watch.calls.items()
        }

    def stop_unfinished(self, stack: Any) -> None:
        """Ctrl-C an `up` when AWS has begun to make all copies: it then ends where they wait for AWS."""
        self.cut_off(stack, stack.up, dict.fromkeys(self.watch.calls, FIRST_WRITE), "Ctrl-C")

    def cut_off(self, stack: Any, command: Callable[..., Any], holds: Mapping[str, At], fault: str = "") -> None:
        """Run a command that is cut off when each copy is in the middle of its call."""
        printed_before = len(stack.output)

        def inject() -> None:
            if (fault or self.fault) == "kill -9":
                stack.kill()
                return
            stack.kill(ENGINE, by=signal.SIGINT)
            end = time.monotonic() + LONGEST_HOLD_SECONDS
            while not any("^C received" in line for line in stack.output[printed_before:]) and time.monotonic() < end:
                time.sleep(0.02)

        self.watch.hold(holds, inject)
        with contextlib.suppress(automation.CommandError):  # a deletion may be complete in spite of Ctrl-C
            command(parallel=PARALLEL)
        missing = {name: (at, self.watch.calls[name]) for name, at in holds.items() if name not in self.watch.held}
        assert not missing, "\n".join(stack.output[printed_before:])
        assert stack.is_over()
        stack.end_programs()
        if (fault or self.fault) == "kill -9":
            stack.cancel()  # a killed engine leaves its lock on the stack; `up` says to run `pulumi cancel`
        else:
            assert "Traceback" not in "\n".join(stack.output[printed_before:])


@pytest.fixture(autouse=True)
def programs_end_here(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A killed engine leaves its program in this process, which complains when it goes: last of all in its test."""
    yield
    caplog.get_records("call").clear()  # the errors that gRPC logged hold it
    gc.collect()


@pytest.fixture(params=["kill -9", "Ctrl-C"])
def matrix(request: pytest.FixtureRequest, sandbox: Sandbox, new_stack: Callable[..., Any], tmp_path: Path) -> Matrix:
    watch = Watch(tmp_path / "credentials")
    sandbox.aws.faults.watch(watch)
    return Matrix(watch, request.param, new_stack)


@pytest.fixture
def row(matrix: Matrix, record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Writes a row of the table that the run prints at its end (tests/conftest.py)."""

    def write(copy: str, phase: str, at: At, result: str) -> None:
        kind = copy.partition("-")[0]
        record_property("fault matrix", (kind, phase, at.number, at.operation, matrix.fault, result))

    return write
