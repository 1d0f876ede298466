"""Run programs on the real Pulumi engine, each against its own sandbox."""

import asyncio
import gc
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import demo_disk
import grpc
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
# Shorter than the sandbox's default, which takes nine seconds of real time.
WORKSPACES_SECONDS = 20 * 60
_SECRET_WORDS = ("assword", "ecret", "accessKey")


@pytest.fixture(scope="session", autouse=True)
def no_account_of_the_user() -> None:
    """Hide the user's credentials and stacks from everything that a test starts."""
    for name in [name for name in os.environ if name.startswith(CALLER_VARIABLES)]:
        del os.environ[name]


@pytest.fixture(scope="session", autouse=True)
def connections_of_their_own() -> Iterator[None]:
    """Give each gRPC channel a connection of its own, as it has in a process for each program.

    The programs of all stacks run in this process, and an engine may listen where one that has exited did. A new channel
    would share the failed connection to the old one, and the program would report that the engine has exited.
    """
    shared = grpc.insecure_channel

    def own(target: str, options: Any = None, compression: Any = None) -> Any:
        return shared(target, [*(options or ()), ("grpc.use_local_subchannel_pool", 1)], compression)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grpc, "insecure_channel", own)
        yield


@pytest.fixture(scope="session")
def pulumi_command(tmp_path_factory: pytest.TempPathFactory) -> automation.PulumiCommand:
    """The engine in the folder layout that the Automation API expects."""
    root = tmp_path_factory.mktemp("engine")
    (root / "bin").mkdir()
    (root / "bin" / "pulumi").symlink_to(toolchain.engine().path)
    return automation.PulumiCommand(str(root))


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
        return self._json("stack", "output", "--json", "--show-secrets")

    def state(self) -> dict[str, Any]:
        """The deployment of `pulumi stack export`."""
        deployment: dict[str, Any] = self._json("stack", "export")["deployment"]
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

    def _json(self, *arguments: str) -> dict[str, Any]:
        """The output of a command. The Automation API would run some commands twice, with and without secrets."""
        completed = self.command.run([*arguments, "--stack", self.name], str(self.directory), self._variables())
        printed: dict[str, Any] = json.loads(completed.stdout)
        return printed

    def _stack(self) -> automation.Stack:
        self._choose_host()
        if self._selected is None:
            options = automation.LocalWorkspaceOptions(
                work_dir=str(self.directory), env_vars=self._variables(), pulumi_command=self.command
            )
            of: dict[str, Any] = {"project_name": self.project, "program": self._program, "opts": options}
            try:  # a new stack, as almost always: to select it first takes an engine start of a third of a second
                self._selected = automation.create_stack(self.name, **of)
            except automation.StackAlreadyExistsError:
                self._selected = automation.select_stack(self.name, **of)
            # After each command the Automation API would run `pulumi stack output` twice and `pulumi stack history`,
            # which takes a second of CPU. The tests get the changes from the events of the engine instead.
            vars(self._selected).update(outputs=dict, info=lambda *_: object())
        self._selected.workspace.env_vars = self._variables()
        if changed := dict(self.config.items() - self._configured.items()):
            values = {
                k: automation.ConfigValue(v, secret=any(word in k for word in _SECRET_WORDS))
                for k, v in changed.items()
            }
            self._selected.set_all_config(values)
        self._configured = dict(self.config)
        return self._selected

    def _choose_host(self) -> None:
        """An inline program runs in this process, whose environment chooses the host."""
        os.environ["PULUMI_VMIMPORT_HOST"] = self.host
        plugin = [{"name": "vmimport", "path": str(native_plugin(self.directory.parent))}]
        project = {"name": self.project, "runtime": "python", "plugins": {"providers": plugin}}
        (self.directory / "Pulumi.yaml").write_text(json.dumps(project))

    def _program(self) -> None:
        self._loops.append(asyncio.get_running_loop())
        self.program()

    def _variables(self) -> dict[str, str]:
        return {**self.sandbox.environment, **self.environment}


def native_plugin(directory: Path) -> Path:
    """A folder with the executable of the native provider, as `plugins.providers.path` of a project names it."""
    folder = directory / "plugin"
    folder.mkdir(exist_ok=True)
    command = folder / "pulumi-resource-vmimport"
    if not command.exists():
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pulumi_vmimport.plugin "$@"\n')
        command.chmod(0o755)
    return folder


def _cancel_tasks(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()


@pytest.fixture
def clock() -> SandboxClock:
    """The sandbox's clock. An import takes three seconds of real time."""
    return SandboxClock.fast(600)


@pytest.fixture
def sandbox(tmp_path: Path, clock: SandboxClock) -> Iterator[Sandbox]:
    """A sandbox without a vCenter."""
    with Sandbox(tmp_path / "sandbox", vsphere=False, clock=clock) as running:
        running.aws.settings.import_workspace_image_seconds = WORKSPACES_SECONDS
        yield running


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with the mark `both_hosts` on the dynamic and on the native provider."""
    if metafunc.definition.get_closest_marker("both_hosts"):
        metafunc.parametrize("host", ["dynamic", "native"], indirect=True)


@pytest.fixture
def host(request: pytest.FixtureRequest) -> str:
    """The provider of the custom resources in the stacks of a test."""
    return str(getattr(request, "param", "dynamic"))


@pytest.fixture
def new_stack(
    sandbox: Sandbox, tmp_path: Path, pulumi_command: automation.PulumiCommand, host: str
) -> Iterator[Callable[[Program], Stack]]:
    """Creates a stack in the sandbox. Its processes end with the test."""
    made: list[Stack] = []

    def make(program: Program, **options: Any) -> Stack:
        directory = tmp_path / options.get("name", "dev")
        directory.mkdir(exist_ok=True)
        made.append(Stack(sandbox, directory, pulumi_command, program, **{"host": host, **options}))
        return made[-1]

    yield make
    for stack in made:
        stack.kill()
        stack.end_programs()


@pytest.fixture
def end_imports(sandbox: Sandbox) -> Callable[..., None]:
    """A callback that advances the clock until every import and every WorkSpaces image is complete."""

    def advance(*_: Any) -> None:
        sandbox.clock.advance(2 * 3600)

    return advance


@pytest.fixture
def image_args(sandbox: Sandbox) -> dict[str, Any]:
    """The arguments of an image import whose bucket, object and role exist. A test may change them."""
    s3, iam = sandbox.aws.observer("s3", REGION), sandbox.aws.observer("iam")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=raw_disk())
    iam.create_role(RoleName="vmimport", AssumeRolePolicyDocument=json.dumps(iam_documents.trust_policy()))
    policy = json.dumps(iam_documents.role_policy(import_buckets=[BUCKET]))
    iam.put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=policy)
    sandbox.clock.advance(3600)  # the role has propagated
    return {
        "disk_containers": [{"format": "raw", "user_bucket": {"s3_bucket": BUCKET, "s3_key": KEY}}],
        "license_type": "BYOL",
        "platform": "Windows",
        "tags": {"cost_center": "blue"},
    }


@pytest.fixture
def image_id(sandbox: Sandbox, image_args: dict[str, Any]) -> str:
    """An AMI that was imported earlier."""
    disk = image_args["disk_containers"][0]["user_bucket"]
    source = {"S3Bucket": disk["s3_bucket"], "S3Key": disk["s3_key"]}
    ec2 = sandbox.aws.observer("ec2", REGION)
    imported = ec2.import_image(DiskContainers=[{"Format": "RAW", "UserBucket": source}], LicenseType="BYOL")
    sandbox.clock.advance(3600)
    (task,) = ec2.describe_import_image_tasks(ImportTaskIds=[imported["ImportTaskId"]])["ImportImageTasks"]
    return str(task["ImageId"])


@pytest.fixture
def instance_id(sandbox: Sandbox, image_id: str) -> str:
    """A stopped instance of it."""
    ec2 = sandbox.aws.observer("ec2", REGION)
    launched = ec2.run_instances(ImageId=image_id, MinCount=1, MaxCount=1, InstanceType="t3.micro")
    id = str(launched["Instances"][0]["InstanceId"])
    ec2.stop_instances(InstanceIds=[id])
    return id


@pytest.fixture
def image_stack(new_stack: Callable[[Program], Stack], image_args: dict[str, Any]) -> Stack:
    """A stack with one image import."""

    def program() -> None:
        image = ImportImage("web", **image_args)
        pulumi.export("imageId", image.image_id)

    return new_stack(program)


def raw_disk() -> bytes:
    """A disk of 1 MiB with an MBR and one active NTFS partition."""
    disk = bytearray(1 << 20)
    disk[446:462] = bytes.fromhex("80000200 07feffff 01000000 ff070000")
    disk[510:512] = b"\x55\xaa"
    return bytes(disk)


@pytest.fixture(scope="session")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A partitioned disk, created with standard tools."""
    return demo_disk.make_disk(tmp_path_factory.mktemp("disk") / "windows.vmdk", capacity_gib=70)


@pytest.fixture
def vsphere_sandbox(tmp_path: Path, disk: Path) -> Iterator[Sandbox]:
    """A sandbox with a vCenter, in which an installation from an ISO image produces the disk."""
    with Sandbox(tmp_path / "sandbox", clock=SandboxClock.fast(600), guest_disk=disk) as running:
        running.aws.settings.import_workspace_image_seconds = WORKSPACES_SECONDS
        yield running
