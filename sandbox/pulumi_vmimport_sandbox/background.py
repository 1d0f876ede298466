"""Run a sandbox in its own process: `serve` in the foreground, `start` in the background; `stop` stops it.

A sandbox is running in a directory if and only if its lock is held. A recorded process id is not used for that.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from pulumi_vmimport_sandbox import plugins
from pulumi_vmimport_sandbox.clock import SandboxClock
from pulumi_vmimport_sandbox.environment import as_shell, without_caller_variables
from pulumi_vmimport_sandbox.lock import hold, holder

READY_FILE, ENV_FILE, LOG_FILE = "sandbox.json", "env", "sandbox.log"
_POLL_SECONDS = 0.1
_STOP_SECONDS = 30.0


def serve(directory: Path, clock_factor: float, guest_disk: Path | None, *, installs_guests: bool = False) -> None:
    """Run a sandbox until SIGTERM or SIGINT. Writes sandbox.json and env to the directory when it is ready.

    Raises:
        AlreadyRunning: A sandbox is already running in the directory.
    """
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    real = plugins.user_plugin_folder()
    for name in os.environ.keys() - without_caller_variables(os.environ).keys():
        del os.environ[name]
    from pulumi_vmimport_sandbox.sandbox import Sandbox  # noqa: PLC0415 - moto reads the AWS profile when imported

    ready, shell = directory / READY_FILE, directory / ENV_FILE
    clock = SandboxClock.fast(clock_factor)
    with Sandbox(
        directory, clock=clock, guest_disk=guest_disk, installs_guests=installs_guests, real_plugins=real
    ) as sandbox:
        _write(shell, as_shell(sandbox.environment_overrides))
        facts = {"pid": os.getpid(), "description": sandbox.description, "environment": sandbox.environment}
        _write(ready, json.dumps(facts, indent=2))
        print(f"{sandbox.description}\nready: . {shell}", flush=True)  # noqa: T201 - a command's output
        try:
            stopped.wait()
        finally:
            ready.unlink()
            shell.unlink()


def start(directory: Path, arguments: list[str], seconds: float) -> str:
    """Start a sandbox in the background and wait until it is ready.

    Returns:
        The description of the sandbox.

    Raises:
        AlreadyRunning: A sandbox is already running in the directory.
        RuntimeError: The sandbox exited or was not ready in time; the message contains its output.
    """
    directory.mkdir(parents=True, exist_ok=True)
    hold(directory).close()  # fails if a sandbox is running there
    (directory / READY_FILE).unlink(missing_ok=True)  # of a killed sandbox
    log = directory / LOG_FILE
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pulumi_vmimport_sandbox", "serve", str(directory), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if (directory / READY_FILE).exists():
            return str(json.loads((directory / READY_FILE).read_text())["description"])
        time.sleep(_POLL_SECONDS)
    process.terminate()
    raise RuntimeError(f"the sandbox in {directory} did not become ready: {log.read_text().strip() or 'no output'}")


def stop(directory: Path) -> str:
    """Stop the sandbox of a directory and wait until it has exited.

    Returns:
        A message for the user.

    Raises:
        RuntimeError: The sandbox does not exit.
    """
    process = holder(directory)
    if process is None:
        return f"no sandbox is running in {directory}"
    ready = directory / READY_FILE
    if not ready.exists() or json.loads(ready.read_text())["pid"] != process:
        raise RuntimeError(
            f"cannot stop the sandbox in {directory}: process {process} holds it and does not serve it; "
            "stop that process"
        )
    os.kill(process, signal.SIGTERM)
    end = time.monotonic() + _STOP_SECONDS
    while holder(directory) == process:
        if time.monotonic() > end:
            raise RuntimeError(f"the sandbox in {directory} (process {process}) is still running")
        time.sleep(_POLL_SECONDS)
    return (
        f"stopped the sandbox in {directory}; its AWS and vCenter resources existed only in memory, "
        "so the next sandbox in this directory starts without resources and stacks"
    )


def _write(file: Path, text: str) -> None:
    """Write a file atomically. Only its owner can read it because it contains the sandbox's passwords."""
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        output.write(text)
    part.replace(file)
