"""kill -9 in every phase of an unattended installation."""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from tests.engine.installed_machine import GUEST_ARGS, MACHINE_ARGS, put_windows_iso

from pulumi_vmimport import GuestInstallation, SourceVirtualMachine
from pulumi_vmimport_sandbox import Sandbox, SandboxClock

VSPHERE = "pulumi_vmimport.vsphere"
# Python imports a module of this name at its start: that of the provider kills all processes of the command, once.
SITECUSTOMIZE = """
import importlib.machinery, os, signal, sys
from pathlib import Path

NAME, OWNER, METHOD, NTH, WHEN, ARMED = {values!r}


def kill():
    try:
        os.rename(ARMED, ARMED + ".done")
    except FileNotFoundError:
        return
    home = ("PULUMI_HOME=" + os.environ["PULUMI_HOME"]).encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int(entry.name) != os.getpid() and home in (entry / "environ").read_bytes().split(bytes(1)):
                os.kill(int(entry.name), signal.SIGKILL)
        except OSError:
            pass
    os.kill(os.getpid(), signal.SIGKILL)


class Finder:
    def find_spec(self, name, path=None, target=None):
        if name != NAME:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            owner, calls = getattr(module, OWNER), []
            original = getattr(owner, METHOD)

            def called(*args, **kwargs):
                calls.append(1)
                if len(calls) == NTH and WHEN == "before":
                    kill()
                result = original(*args, **kwargs)
                if len(calls) == NTH:
                    kill()
                return result

            setattr(owner, METHOD, called)

        spec.loader.exec_module = exec_module
        return spec


if os.path.exists(ARMED):
    sys.meta_path.insert(0, Finder())
"""


pytestmark = pytest.mark.cold_provider  # what the tests interrupt is what users run


@pytest.fixture(autouse=True)
def programs_end_here(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The program of a killed engine stays in this process; its warnings must appear within its own test."""
    yield
    caplog.get_records("call").clear()  # the errors logged by gRPC refer to it
    gc.collect()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "sandbox", clock=SandboxClock.fast(600), installs_guests=True) as running:
        put_windows_iso(running)
        yield running


def program() -> None:
    machine: Any = MACHINE_ARGS
    windows = SourceVirtualMachine("windows", machine)
    arguments: Any = {**GUEST_ARGS, "uuid": windows.uuid}
    pulumi.export("passes", GuestInstallation("windows", arguments).passes)


# Module, class, method, number of the call, and whether the run ends before or after it.
PHASES = {
    "before-the-upload": ("datastore_folder", "DatastoreFolder", "write", 1, "before"),
    "after-the-upload": ("datastore_folder", "DatastoreFolder", "write", 2, "after"),
    "after-attaching": ("installation_devices", "InstallationDevices", "attach", 1, "after"),
    "after-the-start": ("installation_devices", "InstallationDevices", "power_on", 1, "after"),
    "while-it-waits": ("datastore_folder", "DatastoreFolder", "read", 3, "after"),
    "before-detaching": ("installation_devices", "InstallationDevices", "detach", 2, "before"),
    "after-detaching": ("installation_devices", "InstallationDevices", "detach", 2, "after"),
    "before-the-iso-is-deleted": ("datastore_folder", "DatastoreFolder", "delete", 2, "before"),
    "after-the-iso-is-deleted": ("datastore_folder", "DatastoreFolder", "delete", 2, "after"),
    "after-the-log-is-deleted": ("datastore_folder", "DatastoreFolder", "delete", 3, "after"),
}


@pytest.fixture
def killed_in(new_stack: Callable[..., Any], tmp_path: Path) -> Callable[[str], Any]:
    """The stack, whose first `up` was killed in a phase."""

    def kill(phase: str) -> Any:
        module, *call = PHASES[phase]
        armed = tmp_path / "armed"
        armed.touch()
        hook = tmp_path / "hook"
        hook.mkdir()
        values = (f"{VSPHERE}.{module}", *call, str(armed))
        (hook / "sitecustomize.py").write_text(SITECUSTOMIZE.replace("{values!r}", repr(values)))
        paths = [str(hook), *filter(None, [os.environ.get("PYTHONPATH")])]
        stack = new_stack(program, environment={"PYTHONPATH": os.pathsep.join(paths)})
        stack.fails(stack.up)
        assert not armed.exists()
        stack.cancel()
        return stack

    return kill


def test_an_answer_iso_that_kill_9_and_destroy_left_is_an_orphan(
    killed_in: Callable[[str], Any], sandbox: Sandbox
) -> None:
    stack = killed_in("after-the-upload")
    stack.destroy()
    assert [file.rpartition(".")[2] for file in sandbox.remaining_resources()] == ["iso", "json"]
    export = json.dumps({"version": 3, "deployment": stack.state()})
    options = ["--stack-export", "-", "--stack", f"{stack.project}/{stack.name}", "--remove", "--yes"]
    command = [sys.executable, "-m", "pulumi_vmimport.cli", "orphans", *options]
    done = subprocess.run(command, input=export, env=sandbox.environment, capture_output=True, text=True, check=False)
    assert "deleted: answer ISO" in done.stdout, done.stdout + done.stderr
    assert (done.returncode, sandbox.remaining_resources()) == (0, [])


@pytest.mark.parametrize("phase", PHASES)
def test_after_kill_9_the_next_up_converges_and_destroy_leaves_nothing(
    killed_in: Callable[[str], Any], sandbox: Sandbox, phase: str
) -> None:
    stack = killed_in(phase)
    stack.up()
    assert stack.outputs().get("passes") == (None if phase == "after-the-log-is-deleted" else 2)
    assert [file for file in sandbox.remaining_resources() if "pulumi-vmimport" in file] == []
    (machine,) = sandbox.vcenter.virtual_machines()
    assert machine.runtime.powerState == "poweredOff"
    assert set(stack.up()) == {"same"}
    stack.destroy()
    assert sandbox.remaining_resources() == []
