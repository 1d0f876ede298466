"""Run programs on the real Pulumi engine, each against its own sandbox."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import demo_disk
import grpc
import pulumi
import pytest
from pulumi import automation
from tests.engine.stack import Program, Stack
from tests.engine.warm_providers import warm_providers

from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImage
from pulumi_vmimport_sandbox import Sandbox, SandboxClock, toolchain
from pulumi_vmimport_sandbox.environment import CALLER_VARIABLES

REGION = "eu-west-1"
BUCKET, KEY = "images-of-web", "web.raw"
# An import of half an hour takes a second of real time, four polls.
FACTOR = 1800
# Shorter than the sandbox's default, which takes three seconds of real time.
WORKSPACES_SECONDS = 20 * 60


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


@pytest.fixture
def clock() -> SandboxClock:
    """The sandbox's clock."""
    return SandboxClock.fast(FACTOR)


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


@pytest.fixture(scope="session")
def warm_python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Starts providers without their imports."""
    with warm_providers(tmp_path_factory.mktemp("warm")) as python:
        yield python


@pytest.fixture
def provider_python(request: pytest.FixtureRequest) -> Path:
    """What starts the provider of the custom resources; with the mark `cold_provider`, as Pulumi does."""
    if request.node.get_closest_marker("cold_provider"):
        return Path(sys.executable)
    python: Path = request.getfixturevalue("warm_python")
    return python


@pytest.fixture
def new_stack(
    sandbox: Sandbox, tmp_path: Path, pulumi_command: automation.PulumiCommand, host: str, provider_python: Path
) -> Iterator[Callable[[Program], Stack]]:
    """Creates a stack in the sandbox. Its processes end with the test."""
    made: list[Stack] = []

    def make(program: Program, **options: Any) -> Stack:
        directory = tmp_path / options.get("name", "dev")
        directory.mkdir(exist_ok=True)
        of = {"host": host, "python": provider_python, **options}
        made.append(Stack(sandbox, directory, pulumi_command, program, **of))
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
    with Sandbox(tmp_path / "sandbox", clock=SandboxClock.fast(FACTOR), guest_disk=disk) as running:
        running.aws.settings.import_workspace_image_seconds = WORKSPACES_SECONDS
        yield running
