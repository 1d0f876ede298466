"""A stack of an inline program on the real Pulumi engine.

An engine command takes a second of CPU time. What has no engine command here reads or writes the files of the backend.
"""

import asyncio
import gc
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation

from pulumi_vmimport_sandbox import Sandbox

Program = Callable[[], None]
_SECRET_WORDS = ("assword", "ecret", "accessKey")
# The signature of a secret in a state:
# https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/deployment-schema.html
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
# What `pulumi stack init` writes for the passphrase of the sandbox.
_SALT = "v1:RPjLa8KVjk8=:v1:A/LUqxTRfdpUPcHH:AhXatTODTgtKGgy+BtntSDNOlIThow=="
# The engine runs for seconds: to collect its garbage takes a tenth of its CPU time.
_ENGINE_MEMORY = {"GOGC": "off", "GOMEMLIMIT": "1GiB"}


@dataclass
class Stack:
    """A stack of an inline program. `output` contains the output of its commands."""

    sandbox: Sandbox
    directory: Path
    command: automation.PulumiCommand
    program: Program
    name: str = "dev"
    project: str = "web"
    config: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    host: str = "dynamic"
    """The provider of the custom resources: `dynamic` or `native`"""
    python: Path = Path(sys.executable)
    """What starts that provider"""
    output: list[str] = field(default_factory=list)
    _selected: automation.Stack | None = field(default=None, init=False)
    _configured: dict[str, str] = field(default_factory=dict, init=False)
    _loops: list[asyncio.AbstractEventLoop] = field(default_factory=list, init=False)

    def up(self, **options: Any) -> dict[str, int]:
        """Deploy; returns the number of resources by operation: create, update, same ..."""
        return self._run("up", suppress_outputs=False, **options)

    @property
    def settings_providers(self) -> int:
        """How many providers the program declares for the settings of pulumi-aws in the stack's configuration."""
        return int(self.host == "native" and any(key.startswith(("aws:", "vsphere:")) for key in self.config))

    @property
    def provider_command(self) -> str:
        """What is in the command line of the provider's process."""
        return "pulumi_vmimport.plugin" if self.host == "native" else "pulumi.dynamic"

    def preview(self, **options: Any) -> dict[str, int]:
        return self._run("preview", **options)

    def refresh(self, **options: Any) -> dict[str, int]:
        return self._run("refresh", **options)

    def destroy(self, **options: Any) -> None:
        self._run("destroy", **options)

    def cancel(self) -> None:
        """`pulumi cancel`: remove the lock of a killed engine."""
        self._stack().cancel()

    def import_resource(self, type_: str, name: str, id: str) -> str:
        """`pulumi import`; returns what it prints. The sandbox's language host generates no programs."""
        arguments = ["import", type_, name, id, "--yes", "--protect=false", "--generate-code=false"]
        return self.command.run([*arguments, "--stack", self.name], str(self.directory), self._variables()).stdout

    def outputs(self) -> dict[str, Any]:
        stacks = [r for r in self.state().get("resources", []) if r["type"] == "pulumi:pulumi:Stack"]
        outputs: dict[str, Any] = stacks[0].get("outputs", {}) if stacks else {}
        if _SECRET in json.dumps(outputs):
            return self._json("stack", "output", "--json", "--show-secrets")
        return outputs

    def state(self) -> dict[str, Any]:
        """The deployment. `pulumi stack export` prints the same, and takes an engine start of a third of a second."""
        deployment: dict[str, Any] = json.loads(self._checkpoint.read_text())["checkpoint"].get("latest") or {}
        return deployment

    def load(self, deployment: dict[str, Any]) -> None:
        """`pulumi stack import`."""
        self._stack().import_stack(automation.Deployment(version=3, deployment=deployment))

    def resource(self, type_end: str) -> dict[str, Any]:
        """The only resource in the state whose type has this suffix."""
        (found,) = [r for r in self.state().get("resources", []) if r["type"].endswith(type_end)]
        return dict(found)

    def fails(self, command: Callable[[], Any]) -> str:
        """The output of a command, which must fail."""
        before = len(self.output)
        with pytest.raises(automation.CommandError):
            command()
        return "\n".join(self.output[before:])

    def remaining_resources(self) -> list[str]:
        """The resources in EC2 and WorkSpaces."""
        return [line for line in self.sandbox.aws.remaining_resources() if line.startswith(("ec2 ", "workspaces "))]

    def processes(self, *words: str) -> list[int]:
        """The processes of this stack's commands whose command lines contain all the words."""
        home = f"PULUMI_HOME={self.sandbox.environment['PULUMI_HOME']}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if home in (entry / "environ").read_bytes().split(b"\0") and all(word in line for word in words):
                    found.append(int(entry.name))
            except (OSError, ValueError):
                continue  # not a process, or a process that has just exited
        return found

    def kill(self, *words: str, by: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to these processes; SIGKILL by default."""
        for pid in self.processes(*words):
            os.kill(pid, by)

    def end_programs(self, within_seconds: float = 10) -> None:
        """End the programs, which run in this process, of killed engines. They would wait indefinitely.

        Each holds a connection to a port that a later engine may use; the program of that engine would fail.
        """
        if self._end_loops(within_seconds):
            # Python reports the failure of each abandoned coroutine when it collects it. Formatting that report parses
            # source code, and CPython 3.11 fails when that happens while other code is being parsed (gh-106905).
            gc.collect()

    def _end_loops(self, within_seconds: float) -> bool:
        """Cancel what the programs' event loops still run. Returns whether there was anything."""
        running = [loop for loop in self._loops if loop.is_running()]
        for loop in running:
            loop.call_soon_threadsafe(_cancel_tasks, loop)
        end = time.monotonic() + within_seconds
        while any(loop.is_running() for loop in running) and time.monotonic() < end:
            time.sleep(0.01)
        self._loops.clear()
        return bool(running)

    def is_over(self, within_seconds: float = 10) -> bool:
        """Whether all processes of the stack's commands exit within a time."""
        end = time.monotonic() + within_seconds
        while self.processes() and time.monotonic() < end:
            time.sleep(0.1)
        return not self.processes()

    def _run(
        self, command: str, *, on_event: Callable[[automation.EngineEvent], object] | None = None, **options: Any
    ) -> dict[str, int]:
        self.end_programs()
        changes: dict[Any, int] = {}

        def record(event: automation.EngineEvent) -> None:
            if event.summary_event:
                changes.update(event.summary_event.resource_changes)
            if on_event is not None:
                on_event(event)

        output = self.output.append
        getattr(self._stack(), command)(on_output=output, on_error=output, on_event=record, **options)
        return {str(getattr(operation, "value", operation)): count for operation, count in changes.items()}

    def _configure(self, stack: automation.Stack, values: dict[str, str]) -> None:
        """Set configuration values; the engine encrypts secrets."""
        secret = {name: any(word in name for word in _SECRET_WORDS) for name in values}
        if any(secret.values()):
            stack.set_all_config({name: automation.ConfigValue(v, secret[name]) for name, v in values.items()})
            return
        named = {name if ":" in name else f"{self.project}:{name}": value for name, value in self.config.items()}
        self._write_settings(*(f"  {name}: {json.dumps(value)}" for name, value in named.items()))

    @property
    def _checkpoint(self) -> Path:
        """The file of the backend with the state."""
        backend = Path(self._variables()["PULUMI_BACKEND_URL"].removeprefix("file://"))
        return backend / ".pulumi" / "stacks" / self.project / f"{self.name}.json"

    def _create(self) -> None:
        """Write what `pulumi stack init` writes, unless the stack exists; saves an engine start in every test."""
        if not self._checkpoint.exists():
            self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
            empty = {"version": 3, "checkpoint": {"stack": f"organization/{self.project}/{self.name}"}}
            self._checkpoint.write_text(json.dumps(empty))
            self._write_settings()

    def _write_settings(self, *configuration: str) -> None:
        """Write the file with the stack's configuration."""
        lines = [f"encryptionsalt: {_SALT}", *(["config:", *configuration] if configuration else [])]
        (self.directory / f"Pulumi.{self.name}.yaml").write_text("\n".join(lines) + "\n")

    def _json(self, *arguments: str) -> dict[str, Any]:
        """The output of a command. The Automation API would run some commands twice, with and without secrets."""
        completed = self.command.run([*arguments, "--stack", self.name], str(self.directory), self._variables())
        printed: dict[str, Any] = json.loads(completed.stdout)
        return printed

    def _stack(self) -> automation.Stack:
        self._choose_host()
        if self._selected is None:
            workspace = automation.LocalWorkspace(
                work_dir=str(self.directory),
                program=self._program,
                env_vars=self._variables(),
                pulumi_command=self.command,
            )
            vars(workspace).update(create_stack=lambda _: self._create())
            self._selected = automation.Stack.create(self.name, workspace)
            # After each command the Automation API would run `pulumi stack output` twice and `pulumi stack history`,
            # which takes a second of CPU. The tests get the changes from the events of the engine instead.
            vars(self._selected).update(outputs=dict, info=lambda *_: object())
        self._selected.workspace.env_vars = self._variables()
        if changed := dict(self.config.items() - self._configured.items()):
            self._configure(self._selected, changed)
        self._configured = dict(self.config)
        return self._selected

    def _choose_host(self) -> None:
        """An inline program runs in this process, whose environment chooses the host."""
        os.environ["PULUMI_VMIMPORT_HOST"] = self.host
        plugin = [{"name": "vmimport", "path": str(native_plugin(self.directory.parent, self.python))}]
        project = {"name": self.project, "runtime": "python", "plugins": {"providers": plugin}}
        (self.directory / "Pulumi.yaml").write_text(json.dumps(project))

    def _program(self) -> None:
        self._loops.append(asyncio.get_running_loop())
        self.program()

    def _variables(self) -> dict[str, str]:
        python = {"PULUMI_PYTHON_CMD": str(self.python)}  # of the dynamic provider
        return {**self.sandbox.environment, **_ENGINE_MEMORY, **python, **self.environment}


def native_plugin(directory: Path, python: Path = Path(sys.executable)) -> Path:
    """A folder with the executable of the native provider, as `plugins.providers.path` of a project names it."""
    folder = directory / "plugin"
    folder.mkdir(exist_ok=True)
    command = folder / "pulumi-resource-vmimport"
    if not command.exists():
        command.write_text(f'#!/bin/sh\nexec "{python}" -m pulumi_vmimport.plugin "$@"\n')
        command.chmod(0o755)
    return folder


def _cancel_tasks(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()
