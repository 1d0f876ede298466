"""Programs on the real Pulumi engine, against a sandbox of their own."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation

from pulumi_vmimport.sandbox import Sandbox, SandboxClock, toolchain
from pulumi_vmimport.sandbox.environment import CLEARED

Program = Callable[[], None]
REGION = "eu-west-1"


@pytest.fixture(scope="session", autouse=True)
def no_account_of_the_caller() -> None:
    """Nothing that a test starts may see the credentials and stacks of whoever runs it."""
    for name in [name for name in os.environ if name.startswith(CLEARED)]:
        del os.environ[name]


@pytest.fixture(scope="session")
def pulumi_command(tmp_path_factory: pytest.TempPathFactory) -> automation.PulumiCommand:
    """The engine, where the Automation API looks for one."""
    root = tmp_path_factory.mktemp("engine")
    (root / "bin").mkdir()
    (root / "bin" / "pulumi").symlink_to(toolchain.engine().path)
    return automation.PulumiCommand(str(root))


@dataclass
class Stack:
    """A stack of an inline program; what its commands printed is kept in `output`."""

    sandbox: Sandbox
    directory: Path
    command: automation.PulumiCommand
    program: Program
    name: str = "dev"
    project: str = "web"
    config: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    output: list[str] = field(default_factory=list)

    def up(self, **options: Any) -> dict[str, int]:
        """Deploy; returns how many resources were created, updated, same ..."""
        result = self._stack().up(on_output=self.output.append, suppress_outputs=False, **options)
        return result.summary.resource_changes or {}

    def preview(self, **options: Any) -> dict[str, int]:
        result = self._stack().preview(on_output=self.output.append, **options)
        return {str(getattr(kind, "value", kind)): count for kind, count in result.change_summary.items()}

    def destroy(self, **options: Any) -> None:
        self._stack().destroy(on_output=self.output.append, **options)

    def outputs(self) -> dict[str, Any]:
        return {name: output.value for name, output in self._stack().outputs().items()}

    def state(self) -> dict[str, Any]:
        """The deployment as `pulumi stack export` gives it."""
        deployment: dict[str, Any] = self._stack().export_stack().deployment
        return deployment

    def resource(self, type_end: str) -> dict[str, Any]:
        """The one resource in the state whose type ends so."""
        (found,) = [r for r in self.state().get("resources", []) if r["type"].endswith(type_end)]
        return dict(found)

    def fails(self, command: Callable[[], Any]) -> str:
        """What a command that must fail prints."""
        before = len(self.output)
        with pytest.raises(automation.CommandError):
            command()
        return "\n".join(self.output[before:])

    def processes(self, *words: str) -> list[int]:
        """The processes of this stack's commands whose command line has all the words."""
        home = f"PULUMI_HOME={self.sandbox.environment['PULUMI_HOME']}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if home in (entry / "environ").read_bytes().split(b"\0") and all(word in line for word in words):
                    found.append(int(entry.name))
            except (OSError, ValueError):
                continue  # no process, or one that has just ended
        return found

    def kill(self, *words: str) -> None:
        """kill -9 of those processes."""
        for pid in self.processes(*words):
            os.kill(pid, signal.SIGKILL)

    def _stack(self) -> automation.Stack:
        stack = automation.create_or_select_stack(
            self.name,
            self.project,
            program=self.program,
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(self.directory),
                env_vars={**self.sandbox.environment, **self.environment},
                pulumi_command=self.command,
            ),
        )
        for key, value in self.config.items():
            stack.set_config(key, automation.ConfigValue(value, secret="assword" in key))
        return stack


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """AWS alone; an import takes three seconds."""
    with Sandbox(tmp_path / "sandbox", vsphere=False, clock=SandboxClock.fast(600)) as running:
        yield running


@pytest.fixture
def new_stack(
    sandbox: Sandbox, tmp_path: Path, pulumi_command: automation.PulumiCommand
) -> Callable[[Program], Stack]:
    """Makes a stack in the sandbox."""

    def make(program: Program, **options: Any) -> Stack:
        directory = tmp_path / options.get("name", "dev")
        directory.mkdir(exist_ok=True)
        return Stack(sandbox, directory, pulumi_command, program, **options)

    return make
