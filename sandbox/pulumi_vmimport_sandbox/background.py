"""A sandbox in a process of its own: `serve` runs one, `start` has one served in the background, `stop` ends it.

Whether one runs in a directory is told by the lock it holds there and never by a process id that was written down.
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


def serve(directory: Path, clock_factor: float, guest_disk: Path | None) -> None:
    """Run a sandbox until SIGTERM or SIGINT. When it is ready, sandbox.json and env are in the directory.

    Raises:
        AlreadyRunning: one runs there already.
    """
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    real = plugins.installed()
    for name in os.environ.keys() - without_caller_variables(os.environ).keys():
        del os.environ[name]
    from pulumi_vmimport_sandbox.sandbox import Sandbox  # noqa: PLC0415 - moto reads the AWS profile when imported

    ready, shell = directory / READY_FILE, directory / ENV_FILE
    clock = SandboxClock.fast(clock_factor)
    with Sandbox(directory, clock=clock, guest_disk=guest_disk, real_plugins=real) as sandbox:
        _write(shell, as_shell(sandbox.environment_overrides))
        facts = {"pid": os.getpid(), "description": sandbox.description, "environment": sandbox.environment}
        _write(ready, json.dumps(facts, indent=2))
        print(f"{sandbox.description}\nready: . {shell}", flush=True)  # noqa: T201 - a command's output
        try:
            ended.wait()
        finally:
            ready.unlink()
            shell.unlink()


def start(directory: Path, arguments: list[str], seconds: float) -> str:
    """Have a sandbox served by a process that outlives this one, and wait until it is ready.

    Returns:
        The description of the sandbox.

    Raises:
        AlreadyRunning: one runs there already.
        RuntimeError: it ended, or was not ready in time; the message has its last words.
    """
    directory.mkdir(parents=True, exist_ok=True)
    hold(directory).close()  # says at once that one runs there
    (directory / READY_FILE).unlink(missing_ok=True)  # of one that was killed
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
    raise RuntimeError(f"the sandbox in {directory} did not become ready: {log.read_text().strip() or 'no word'}")


def stop(directory: Path) -> str:
    """End the sandbox of a directory and wait until it is gone.

    Returns:
        What there is to know then.

    Raises:
        RuntimeError: it does not end.
    """
    process = holder(directory)
    if process is None:
        return f"no sandbox runs in {directory}"
    ready = directory / READY_FILE
    if not ready.exists() or json.loads(ready.read_text())["pid"] != process:
        raise RuntimeError(f"process {process} has the sandbox in {directory}, but does not serve it (yet): end that")
    os.kill(process, signal.SIGTERM)
    end = time.monotonic() + _STOP_SECONDS
    while holder(directory) == process:
        if time.monotonic() > end:
            raise RuntimeError(f"the sandbox in {directory} (process {process}) did not end in {_STOP_SECONDS} s")
        time.sleep(_POLL_SECONDS)
    return (
        f"the sandbox in {directory} has stopped. Its AWS and vCenter were in memory and are gone, so the stacks "
        "recorded there are void: the next sandbox in this directory starts without them"
    )


def _write(file: Path, text: str) -> None:
    """Write a file that appears whole and for its owner alone: it has the passwords of the sandbox."""
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        output.write(text)
    part.replace(file)
