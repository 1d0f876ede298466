"""Hold chosen resources in the middle of a chosen call and interrupt the command when all are held."""

import contextlib
import gc
import itertools
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pulumi import automation

from pulumi_vmimport_sandbox import Sandbox
from pulumi_vmimport_sandbox.aws.core.access_keys import account_of
from pulumi_vmimport_sandbox.aws.core.call_log import IncomingCall
from pulumi_vmimport_sandbox.aws.core.fault_injection import ConnectionLost

# The end of the name of a fault that the resources of the native provider meet.
_NATIVE = ", native"
ENGINE = "bin/pulumi --"
PARALLEL = 200
IMAGE_POLL = "DescribeImages (poll)"
DRY_RUN = " (dry run)"
# Consecutive calls of these operations count as one: their number depends only on time and threads.
REPEATED = {
    IMAGE_POLL,
    "DescribeCustomWorkspaceImageImport", "DescribeExportImageTasks", "DescribeExportTasks", "DescribeFastLaunchImages",
    "DescribeImportImageTasks", "DescribeImportSnapshotTasks", "DescribeSnapshots", "DescribeWorkspaceBundles",
    "DescribeWorkspaceImages", "GetImage", "GetLifecycleExecution",
    "GetObject", "PutSnapshotBlock", "UploadPart",
}  # fmt: skip
LONGEST_HOLD_SECONDS = 200  # on a busy machine; otherwise some seconds


class At(NamedTuple):
    """One call of an instance: its number among the calls of a command and among those of its operation."""

    number: int
    operation: str
    nth: int


FIRST_WRITE = At(0, "", 0)


@dataclass
class Watch:
    """Records the calls of each instance by its access key and holds instances at a call until all have reached it.

    A write is held after it is processed and before it is answered; a read is held before it is processed.
    """

    credentials: Path
    accounts: dict[str, str] = field(default_factory=dict)
    """The instances that have an account of their own, by its id"""
    calls: dict[str, list[str]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    _names: dict[str, str] = field(default_factory=dict)
    _holds: Mapping[str, At] = field(default_factory=dict)
    _inject: Callable[[], None] = lambda: None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _injected: threading.Event = field(default_factory=threading.Event)

    def start(self, names: Sequence[str]) -> None:
        """Write a profile with its own access key for each instance."""
        self._names = {f"AKIAMATRIX{number:010}": name for number, name in enumerate(names)}
        keys = [
            f"[{name}]\naws_access_key_id = {key}\naws_secret_access_key = x\n" for key, name in self._names.items()
        ]
        self.credentials.write_text("".join(keys))
        self.hold({}, lambda: None)

    def hold(self, holds: Mapping[str, At], inject: Callable[[], None]) -> None:
        """Discard the recorded calls, hold each instance at its call, and inject the fault when all are held."""
        with self._lock:
            self.calls, self.held, self._injected = (
                {name: [] for name in self._names.values()},
                set(),
                threading.Event(),
            )
            self._holds, self._inject = holds, inject

    @staticmethod
    def _operation(incoming: IncomingCall) -> str:
        """The operation; the polls of a copied AMI differ from the look-ups before and after them by their filter."""
        if incoming.parameters.get("Filter.1.Name") == "image-id":
            return IMAGE_POLL
        return incoming.call.operation + (DRY_RUN if incoming.call.is_dry_run else "")

    def _named_in(self, incoming: IncomingCall) -> str | None:
        """The instance whose resource the call is about; the resources of components share one provider."""
        if in_account := self.accounts.get(account_of(incoming.access_key)):
            return in_account if in_account in self.calls else None
        names = (incoming.parameters.get("RoleName"), incoming.parameters.get("PolicyName"), incoming.body.get("name"))
        what = next(filter(None, names), None) or incoming.call.path.split("/")[1]
        return next((name for name in self._names.values() if f"{what}-".startswith(f"{name}-")), None)

    def __call__(self, incoming: IncomingCall, when: str) -> None:
        name = self._names.get(incoming.access_key) or self._named_in(incoming)
        if name is None:
            return
        call, operation, injected = incoming.call, self._operation(incoming), self._injected
        is_component = incoming.access_key not in self._names
        if is_component and name in self.held:
            return  # other resources of the component, whose provider has few threads
        if when == "before" and name in self.held and not injected.is_set():
            # Another thread of the same instance, or a retry by botocore, which times out after a minute.
            injected.wait(LONGEST_HOLD_SECONDS)
            raise ConnectionLost
        with self._lock:
            calls, at = self.calls[name], self._holds.get(name)
            row = itertools.takewhile(REPEATED.__contains__, reversed(calls))
            if when == "before" and (operation not in REPEATED or operation not in row):
                calls.append(operation)
            if at is None or name in self.held or (when == "after") != call.is_write:
                return
            reached = at[1:] == (operation, calls.count(operation))
            if not reached and not (at == FIRST_WRITE and call.is_write):
                return
            self.held.add(name)
            is_last = len(self.held) == len(self._holds)
        # If one instance does not reach its call, the others stop waiting; the test then names it.
        if is_last or not injected.wait(LONGEST_HOLD_SECONDS):
            self._inject()
            injected.set()


@dataclass
class Matrix:
    """Stacks of many instances, each with its own access key, and the fault that interrupts them."""

    watch: Watch
    fault: str
    new_stack: Callable[..., Any]
    _stacks: Iterator[int] = field(default_factory=itertools.count)

    def stack(self, instances: Mapping[str, tuple[Callable[..., Any], Callable[[str], dict[str, Any]]]]) -> Any:
        """A stack of the instances in the mapping at deployment: each a class and a function for its arguments."""
        args = {name: {"profile": name, **make(name)} for name, (_, make) in instances.items()}

        def program() -> None:
            for name, (resource, _) in instances.items():
                resource(name, args[name])

        self.watch.start(list(instances))
        variables = {"AWS_SHARED_CREDENTIALS_FILE": str(self.watch.credentials), "VMIMPORT_POLL_SECONDS": "0.1"}
        return self.new_stack(program, name=f"dev{next(self._stacks)}", environment=variables)

    def components(self, instances: Mapping[str, Callable[[str], Any]]) -> Any:
        """A stack of these components; the calls of each are recognized by the name of its resource."""

        def program() -> None:
            for name, declare in instances.items():
                declare(name)

        self.watch.start(list(instances))
        return self.new_stack(program, name=f"dev{next(self._stacks)}", environment={"VMIMPORT_POLL_SECONDS": "0.1"})

    def calls_of(self, command: Callable[..., Any]) -> dict[str, list[At]]:
        """The calls of each instance during a command."""
        self.watch.hold({}, lambda: None)
        command(parallel=PARALLEL)
        return {
            name: [At(number, call, calls[:number].count(call)) for number, call in enumerate(calls, 1)]
            for name, calls in self.watch.calls.items()
        }

    def stop_unfinished(self, stack: Any) -> None:
        """Interrupt an `up` with Ctrl-C after the first write of every instance, while they wait for AWS."""
        self.interrupt(stack, stack.up, dict.fromkeys(self.watch.calls, FIRST_WRITE), "Ctrl-C")

    def interrupt(self, stack: Any, command: Callable[..., Any], holds: Mapping[str, At], fault: str = "") -> None:
        """Run a command and interrupt it when every instance is in the middle of its call."""
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
        with contextlib.suppress(automation.CommandError):  # a deletion may complete despite Ctrl-C
            command(parallel=PARALLEL)
        missing = {name: (at, self.watch.calls[name]) for name, at in holds.items() if name not in self.watch.held}
        assert not missing, "\n".join(stack.output[printed_before:])
        assert stack.is_over()
        if (fault or self.fault) == "kill -9":
            repair_backend(stack)
            stack.cancel()  # a killed engine leaves its lock on the stack, which `pulumi cancel` removes
        else:
            assert "Traceback" not in "\n".join(stack.output[printed_before:])


def repair_backend(stack: Any) -> None:
    """Run the command of docs/troubleshooting.md: a kill can leave an attribute file of the backend empty."""
    page = (Path(__file__).parents[3] / "docs" / "troubleshooting.md").read_text()
    command = page.partition("<!-- repair of the file backend -->")[2].split("```")[1].removeprefix("bash\n")
    assert ".attrs" in command
    backend = stack.sandbox.environment["PULUMI_BACKEND_URL"].removeprefix("file://")
    subprocess.run(["sh", "-c", command], env={"BACKEND": backend, "PATH": os.environ["PATH"]}, check=True)


@pytest.fixture(autouse=True)
def collect_programs(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Collect the programs of killed engines, which run in this process, before the next test."""
    yield
    caplog.get_records("call").clear()  # logged gRPC errors refer to the program
    gc.collect()


@pytest.fixture
def host(request: pytest.FixtureRequest) -> str:
    """The provider of the custom resources: the native one where the name of the fault says so."""
    fault = request.node.callspec.params.get("matrix", "")
    return "native" if fault.endswith(_NATIVE) else "dynamic"


@pytest.fixture(params=["kill -9", "Ctrl-C"])
def matrix(request: pytest.FixtureRequest, sandbox: Sandbox, new_stack: Callable[..., Any], tmp_path: Path) -> Matrix:
    watch = Watch(tmp_path / "credentials")
    sandbox.aws.faults.watch(watch)
    return Matrix(watch, request.param.removesuffix(_NATIVE), new_stack)


@pytest.fixture
def row(matrix: Matrix, record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Adds a row to the table that tests/conftest.py prints at the end of the run."""

    def write(instance: str, phase: str, at: At, result: str) -> None:
        kind = instance.partition("-")[0]
        record_property("fault matrix", (kind, phase, at.number, at.operation, matrix.fault, result))

    return write
