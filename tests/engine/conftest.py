"""Programs on the real Pulumi engine, against a sandbox of their own."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import demo_disk
import pulumi
import pytest
from pulumi import automation

from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImage
from pulumi_vmimport_sandbox import Sandbox, SandboxClock, toolchain
from pulumi_vmimport_sandbox.environment import CALLER_VARIABLES

Program = Callable[[], None]
REGION = "eu-west-1"
BUCKET, KEY = "images-of-web", "web.raw"
# Less than the sandbox's usual, which is nine seconds of each test that makes one.
WORKSPACES_SECONDS = 20 * 60
_SECRET_WORDS = ("assword", "ecret", "accessKey")


@pytest.fixture(scope="session", autouse=True)
def no_account_of_the_caller() -> None:
    """Nothing that a test starts may see the credentials and stacks of whoever runs it."""
    for name in [name for name in os.environ if name.startswith(CALLER_VARIABLES)]:
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
    _selected: automation.Stack | None = field(default=None, init=False)
    _configured: dict[str, str] = field(default_factory=dict, init=False)
    _loops: list[asyncio.AbstractEventLoop] = field(default_factory=list, init=False)

    def up(self, **options: Any) -> dict[str, int]:
        """Deploy; returns how many resources were created, updated, same ..."""
        result = self._stack().up(**self._heard(options), suppress_outputs=False)
        return _counts(result.summary.resource_changes)

    def preview(self, **options: Any) -> dict[str, int]:
        result = self._stack().preview(**self._heard(options))
        return _counts(result.change_summary)

    def refresh(self, **options: Any) -> dict[str, int]:
        result = self._stack().refresh(**self._heard(options))
        return _counts(result.summary.resource_changes if result.summary else None)

    def destroy(self, **options: Any) -> None:
        self._stack().destroy(**self._heard(options))

    def cancel(self) -> None:
        """`pulumi cancel`: take away the lock that a killed engine leaves behind."""
        self._stack().cancel()

    def outputs(self) -> dict[str, Any]:
        return {name: output.value for name, output in self._stack().outputs().items()}

    def state(self) -> dict[str, Any]:
        """The deployment as `pulumi stack export` gives it."""
        export = ["stack", "export", "--stack", self.name]  # the Automation API would add --show-secrets
        printed = self.command.run(export, str(self.directory), self._variables()).stdout
        deployment: dict[str, Any] = json.loads(printed)["deployment"]
        return deployment

    def load(self, deployment: dict[str, Any]) -> None:
        """`pulumi stack import`."""
        self._stack().import_stack(automation.Deployment(version=3, deployment=deployment))

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

    def remaining_resources(self) -> list[str]:
        """What is in EC2 and WorkSpaces."""
        return [line for line in self.sandbox.aws.remaining_resources() if line.startswith(("ec2 ", "workspaces "))]

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

    def kill(self, *words: str, by: signal.Signals = signal.SIGKILL) -> None:
        """Send those processes a signal, kill -9 if no other is named."""
        for pid in self.processes(*words):
            os.kill(pid, by)

    def end_programs(self, within_seconds: float = 10) -> None:
        """End the programs, run in this process, whose engine was killed: by themselves they would wait for ever.

        Each would hold a connection to a port that the next engine may be given, and fail that one's program.
        """
        for loop in self._loops:
            if loop.is_running():
                loop.call_soon_threadsafe(_cancel_tasks, loop)
        end = time.monotonic() + within_seconds
        while any(loop.is_running() for loop in self._loops) and time.monotonic() < end:
            time.sleep(0.01)
        self._loops.clear()

    def is_over(self, within_seconds: float = 10) -> bool:
        """Whether all processes of the stack's commands have ended, or do so within a time."""
        end = time.monotonic() + within_seconds
        while self.processes() and time.monotonic() < end:
            time.sleep(0.1)
        return not self.processes()

    def _heard(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"on_output": self.output.append, "on_error": self.output.append, **options}

    def _stack(self) -> automation.Stack:
        if self._selected is None:
            options = automation.LocalWorkspaceOptions(
                work_dir=str(self.directory), env_vars=self._variables(), pulumi_command=self.command
            )
            self._selected = automation.create_or_select_stack(
                self.name, self.project, program=self._program, opts=options
            )
        self._selected.workspace.env_vars = self._variables()
        for key, value in self.config.items():
            if self._configured.get(key) != value:
                secret = any(word in key for word in _SECRET_WORDS)
                self._selected.set_config(key, automation.ConfigValue(value, secret=secret))
        self._configured = dict(self.config)
        return self._selected

    def _program(self) -> None:
        self._loops.append(asyncio.get_running_loop())
        self.program()

    def _variables(self) -> dict[str, str]:
        return {**self.sandbox.environment, **self.environment}


def _cancel_tasks(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()


def _counts(changes: Mapping[Any, int] | None) -> dict[str, int]:
    return {str(getattr(kind, "value", kind)): count for kind, count in (changes or {}).items()}


@pytest.fixture
def clock() -> SandboxClock:
    """The sandbox's clock: an import takes three seconds."""
    return SandboxClock.fast(600)


@pytest.fixture
def sandbox(tmp_path: Path, clock: SandboxClock) -> Iterator[Sandbox]:
    """AWS alone."""
    with Sandbox(tmp_path / "sandbox", vsphere=False, clock=clock) as running:
        running.aws.settings.import_workspace_image_seconds = WORKSPACES_SECONDS
        yield running


@pytest.fixture
def new_stack(
    sandbox: Sandbox, tmp_path: Path, pulumi_command: automation.PulumiCommand
) -> Iterator[Callable[[Program], Stack]]:
    """Makes a stack in the sandbox; its processes end with the test."""
    made: list[Stack] = []

    def make(program: Program, **options: Any) -> Stack:
        directory = tmp_path / options.get("name", "dev")
        directory.mkdir(exist_ok=True)
        made.append(Stack(sandbox, directory, pulumi_command, program, **options))
        return made[-1]

    yield make
    for stack in made:
        stack.kill()
        stack.end_programs()


@pytest.fixture
def end_imports(sandbox: Sandbox) -> Callable[..., None]:
    """Lets time pass until every import and every WorkSpaces image is done, whatever call it is called back for."""

    def advance(*_: Any) -> None:
        sandbox.clock.advance(2 * 3600)

    return advance


@pytest.fixture
def image_args(sandbox: Sandbox) -> dict[str, Any]:
    """The arguments of an image import whose bucket, object and role are there; a test may edit them."""
    s3, iam = sandbox.aws.observer("s3", REGION), sandbox.aws.observer("iam")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=raw_disk())
    iam.create_role(RoleName="vmimport", AssumeRolePolicyDocument=json.dumps(iam_documents.trust_policy()))
    policy = json.dumps(iam_documents.role_policy(import_buckets=[BUCKET]))
    iam.put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=policy)
    sandbox.clock.advance(3600)  # IAM has spread the role by then
    return {
        "disk_containers": [{"format": "raw", "user_bucket": {"s3_bucket": BUCKET, "s3_key": KEY}}],
        "license_type": "BYOL",
        "platform": "Windows",
        "tags": {"cost_center": "blue"},
    }


@pytest.fixture
def image_stack(new_stack: Callable[[Program], Stack], image_args: dict[str, Any]) -> Stack:
    """A stack of one image import."""

    def program() -> None:
        image = ImportImage("web", **image_args)
        pulumi.export("imageId", image.image_id)

    return new_stack(program)


def raw_disk() -> bytes:
    """A disk of one megabyte with an MBR and one active NTFS partition."""
    disk = bytearray(1 << 20)
    disk[446:462] = bytes.fromhex("80000200 07feffff 01000000 ff070000")
    disk[510:512] = b"\x55\xaa"
    return bytes(disk)


@pytest.fixture(scope="session")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A partitioned disk, made by tools that nobody here wrote."""
    return demo_disk.make_disk(tmp_path_factory.mktemp("disk") / "windows.vmdk", capacity_gib=70)


@pytest.fixture
def vsphere_sandbox(tmp_path: Path, disk: Path) -> Iterator[Sandbox]:
    """AWS and a vCenter, where an installation from an ISO image leads to the disk."""
    with Sandbox(tmp_path / "sandbox", clock=SandboxClock.fast(600), guest_disk=disk) as running:
        running.aws.settings.import_workspace_image_seconds = WORKSPACES_SECONDS
        yield running
