"""examples/fleet.py: one stack a machine, in waves, with a failure, Ctrl-C, kill -9 and runs that do only what is left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.engine.conftest import BUCKET, KEY, raw_disk
from tests.engine.foreign_objects import make_machine, make_role, put_object

from pulumi_vmimport_sandbox import Sandbox, SandboxClock

FLEET = Path(__file__).parents[2] / "examples" / "fleet.py"
HEAD = "name,virtual_machine,bucket,key,platform,license_type,wave"
WAVES = {"mail": 0, "shop": 1, "wiki": 1, "build": 2}
REFUSED = "ClientError: Unsupported kernel version 6.99"
SECONDS = 120


class Fleet:
    """Runs of the example with one list, each in a process group of its own."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self._folder = sandbox, folder
        self._started: list[subprocess.Popen[str]] = []
        self.list([f"{name},,{BUCKET},{KEY},Windows,BYOL,{wave}" for name, wave in WAVES.items()])

    def list(self, rows: Iterable[str]) -> None:
        (self._folder / "machines.csv").write_text("\n".join([HEAD, *rows]))

    def start(self, *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(FLEET), "machines.csv", *options]
        environment = {**self.sandbox.environment, "VMIMPORT_POLL_SECONDS": "0.2"}
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        started = subprocess.Popen(command, cwd=self._folder, env=environment, start_new_session=True, **pipes)
        self._started.append(started)
        return started

    def run(self, *options: str) -> tuple[int, dict[str, str], str]:
        """The exit status, the status of each machine, and the whole output."""
        return self.ended(self.start(*options))

    def ended(self, running: subprocess.Popen[str], *, advancing: bool = True) -> tuple[int, dict[str, str], str]:
        end = time.monotonic() + SECONDS
        while advancing and running.poll() is None and time.monotonic() < end:
            self.sandbox.clock.advance(300)
            time.sleep(0.1)
        shown, _ = running.communicate(timeout=SECONDS)
        return running.returncode, statuses(shown), shown

    def wait_for_tasks(self, count: int) -> None:
        end = time.monotonic() + SECONDS
        while len(self.sandbox.aws.import_tasks) < count:
            assert time.monotonic() < end, f"expected {count} import tasks"
            time.sleep(0.1)

    def end(self) -> None:
        for started in self._started:
            if started.poll() is None:
                os.killpg(started.pid, signal.SIGKILL)
                started.wait()


def statuses(shown: str) -> dict[str, str]:
    """The status of each machine in the summary."""
    rows = [line.split(maxsplit=2) for line in shown.splitlines() if line[:4].strip().isdigit()]
    words = ("imported", "unchanged", "failed", "interrupted", "not started", "locked")
    return {name: next(word for word in words if rest.startswith(word)) for _, name, rest in rows}


@pytest.fixture
def clock() -> SandboxClock:
    """No import ends before a test advances the clock."""
    return SandboxClock.stepped()


@pytest.fixture
def fleet(sandbox: Sandbox, image_args: dict[str, Any], tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(sandbox, tmp_path)
    yield made
    made.end()


def test_a_failure_stops_the_later_waves_and_the_next_run_does_only_what_is_left(fleet: Fleet) -> None:
    fleet.sandbox.aws.faults.fail_import(REFUSED)
    status, first, shown = fleet.run()
    assert (status, first) == (
        1,
        {"mail": "failed", "shop": "not started", "wiki": "not started", "build": "not started"},
    )
    assert REFUSED in shown
    status, second, shown = fleet.run()
    assert (status, second) == (0, dict.fromkeys(WAVES, "imported"))
    assert shown.index("wave 0: mail") < shown.index("wave 1: ") < shown.index("wave 2: build")
    tasks = len(fleet.sandbox.aws.import_tasks)
    assert fleet.run()[:2] == (0, dict.fromkeys(WAVES, "unchanged"))
    assert len(fleet.sandbox.aws.import_tasks) == tasks == 1 + len(WAVES)


def test_ctrl_c_ends_the_running_stacks_and_the_next_run_resumes_their_imports(fleet: Fleet) -> None:
    running = fleet.start("--parallel", "2")
    fleet.wait_for_tasks(1)
    os.killpg(running.pid, signal.SIGINT)
    status, first, shown = fleet.ended(running, advancing=False)
    assert (status, first["mail"], first["build"]) == (130, "interrupted", "not started"), shown
    assert "waiting for the running stacks to save their states" in shown
    assert fleet.run("--parallel", "2")[:2] == (0, dict.fromkeys(WAVES, "imported"))
    assert len(fleet.sandbox.aws.import_tasks) == len(WAVES)


def test_after_kill_9_the_locks_are_released_and_no_import_starts_twice(fleet: Fleet) -> None:
    running = fleet.start()
    fleet.wait_for_tasks(1)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert fleet.run()[1]["mail"] == "locked"
    assert fleet.run("--release-locks")[:2] == (0, dict.fromkeys(WAVES, "imported"))
    assert len(fleet.sandbox.aws.import_tasks) == len(WAVES)


@pytest.fixture
def vsphere_fleet(vsphere_sandbox: Sandbox, disk: Path, tmp_path: Path) -> Iterator[Fleet]:
    """A fleet of two virtual machines, and the bucket and the role that they need."""
    names = ("mail", "shop")
    for name in names:
        make_machine(vsphere_sandbox, name, disk)
    put_object(vsphere_sandbox, BUCKET, KEY, raw_disk())
    make_role(vsphere_sandbox, [BUCKET])
    made = Fleet(vsphere_sandbox, tmp_path)
    made.list(f"{name},DC0/vm/{name},{BUCKET},{name}.ova,Windows,BYOL,{wave}" for wave, name in enumerate(names))
    yield made
    made.end()


def test_virtual_machines_are_exported_and_imported(vsphere_fleet: Fleet) -> None:
    status, machines, shown = vsphere_fleet.run()
    assert (status, machines) == (0, {"mail": "imported", "shop": "imported"}), shown
    assert vsphere_fleet.run()[1] == {"mail": "unchanged", "shop": "unchanged"}
