"""A run of a lifecycle against the sandbox's AWS, on a clock that a wait moves."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.api_calls import ActionRecorder
from tests.uncalled_actions import CALLED_ACTION
from tests.unit.in_process_calls import calls_in_process
from tests.unit.resources.lifecycle_recorder import calls_of, recorded_lifecycles, undeclared

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.configuration.client_settings import ClientSettings
from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2.import_options import DiskFormat, LicenseType, Platform
from pulumi_vmimport.aws.ec2.import_request import ImageDiskContainer, UserBucket
from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.aws.s3.export_grantees import ACL_PERMISSIONS, CANONICAL_USER_IDS
from pulumi_vmimport.lifecycle.contract import Progress, RunInterruptedError
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import VirtualMachineExportInputs
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport_sandbox import SandboxClock
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION = "eu-west-1"
BUCKET = "images-of-web"
KEY = "win10.raw"
SERVICES = ("ebs", "ec2", "iam", "imagebuilder", "kms", "organizations", "s3", "ssm", "sts", "workspaces")
STEP_SECONDS = 300


@dataclass
class FakeRun:
    """Lends what a host lends; a wait takes five minutes of the sandbox's time and none of ours."""

    sandbox: AwsSandbox
    aws: AwsConnection
    identity: Identity = field(default_factory=lambda: Identity("urn:pulumi:dev::shop::vmimport:index:Thing::web"))
    poll_seconds: float = 0.0
    supplied: tuple[str, ...] = ()
    stop_after_waits: int | None = None
    is_over: bool = False
    recorded: tuple[str, Any] | None = None
    texts: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    waits: int = 0
    then: Callable[[], None] = lambda: None
    """Runs in each wait."""
    vsphere_settings: VSphereSettings | None = None

    def vsphere(self) -> AbstractContextManager[VSphereSession]:
        assert self.vsphere_settings is not None, "this resource has nothing to do with vSphere"
        return VSphereSession(self.vsphere_settings)

    def status(self, status: str | Progress) -> None:
        self.texts.append(status.text(0) if isinstance(status, Progress) else status)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def wait(self, seconds: float) -> None:
        if self.stop_after_waits is not None and self.waits >= self.stop_after_waits:
            raise RunInterruptedError("cancelled")
        self.waits += 1
        self.then()
        self.sandbox.clock.advance(STEP_SECONDS)

    def raise_if_over(self) -> None:
        if self.is_over:
            raise RunInterruptedError("cancelled")

    def record(self, id: str, state: Any) -> None:
        self.recorded = (id, state)

    def supplied_by_resource(self, path: str) -> bool:
        return path in self.supplied


@pytest.fixture(autouse=True, scope="module")
def declared_actions() -> Iterator[ActionRecorder]:
    """Fails when a lifecycle makes a call whose IAM action its row in the catalog does not declare."""
    with recorded_lifecycles() as recorder:
        yield recorder
    assert undeclared(recorder) == {}, "add the actions to resources/catalog.py and run `make docs`"


@pytest.fixture(autouse=True)
def called_actions(
    declared_actions: ActionRecorder | None, record_property: Callable[[str, object], None]
) -> Iterator[None]:
    """Adds the actions that the lifecycles of a test needed to its report, for the summary in tests/conftest.py."""
    before = calls_of(declared_actions)
    yield
    for call in sorted(calls_of(declared_actions) - before):
        record_property(CALLED_ACTION, call)


@pytest.fixture(scope="module")
def running_aws() -> Iterator[AwsSandbox]:
    with AwsSandbox(clock=SandboxClock.stepped(), region=REGION) as sandbox, calls_in_process(sandbox):
        yield sandbox


@pytest.fixture(scope="module")
def connection(running_aws: AwsSandbox) -> AwsConnection:
    """The connection of all runs of the module: reading EC2's service model alone takes longer than most tests."""
    settings = AwsSettings(
        region=REGION,
        access_key=running_aws.access_key,
        secret_key=running_aws.secret_key,
        client=ClientSettings(endpoints=tuple((service, running_aws.endpoint) for service in SERVICES)),
    )
    return AwsConnection(settings)


@pytest.fixture
def aws(running_aws: AwsSandbox) -> AwsSandbox:
    """The AWS of the module, empty."""
    running_aws.reset()
    return running_aws


@pytest.fixture
def new_run(aws: AwsSandbox, connection: AwsConnection) -> Callable[..., FakeRun]:
    """Makes a run, that of the next `pulumi up`."""

    def make(**values: Any) -> FakeRun:
        return FakeRun(aws, connection, **values)

    return make


@pytest.fixture
def run(new_run: Callable[..., FakeRun]) -> FakeRun:
    return new_run()


@pytest.fixture
def new_export_run(new_run: Callable[..., FakeRun], settings: VSphereSettings) -> Callable[..., FakeRun]:
    """Makes a run that reaches the simulated vCenter too."""
    return lambda **values: new_run(**{"vsphere_settings": settings, **values})


@pytest.fixture
def disk(stream_optimized: Callable[[int, bytes], bytes]) -> bytes:
    """The disk of `machine` as vSphere exports it."""
    return stream_optimized(1 << 30, b"the only disk " * 20_000)


@pytest.fixture
def machine(machines: Any, disk: bytes) -> VSphereMachine:
    """A machine that is off."""
    made: VSphereMachine = machines.make("web", disk)
    return made


@pytest.fixture
def export_inputs(machine: VSphereMachine, bucket: str) -> VirtualMachineExportInputs:
    """An export of `machine` that nothing is wrong with."""
    return VirtualMachineExportInputs(region=REGION, bucket=bucket, key="ova/web.ova", uuid=machine.facts().uuid)


@pytest.fixture
def bucket(aws: AwsSandbox) -> str:
    """A bucket in the Region of the import, empty."""
    location = {"LocationConstraint": REGION}
    aws.observer("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
    return BUCKET


@pytest.fixture
def role(aws: AwsSandbox, bucket: str) -> str:
    """The role vmimport, long enough there to be known everywhere."""
    iam = aws.observer("iam")
    iam.create_role(RoleName="vmimport", AssumeRolePolicyDocument=json.dumps(iam_documents.trust_policy()))
    policy = json.dumps(iam_documents.role_policy(import_buckets=[bucket]))
    iam.put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=policy)
    aws.clock.advance(3600)
    return "vmimport"


@pytest.fixture
def raw_disk(aws: AwsSandbox, bucket: str) -> UserBucket:
    """An object: a disk of one megabyte with an MBR and one active NTFS partition."""
    disk = bytearray(1 << 20)
    disk[446:462] = bytes.fromhex("80000200 07feffff 01000000 ff070000")
    disk[510:512] = b"\x55\xaa"
    aws.observer("s3").put_object(Bucket=bucket, Key="disks/web.raw", Body=bytes(disk))
    return UserBucket(bucket, "disks/web.raw")


@pytest.fixture
def image_inputs(raw_disk: UserBucket, role: str) -> ImportImageInputs:
    """An image import that nothing is wrong with."""
    return ImportImageInputs(
        region=REGION,
        disk_containers=(ImageDiskContainer(format=DiskFormat.RAW, user_bucket=raw_disk),),
        license_type=LicenseType.BYOL,
        platform=Platform.WINDOWS,
        tags={"team": "blue"},
        description="web server",
    )


@pytest.fixture
def byol_ami(aws: AwsSandbox, bucket: str, role: str) -> str:
    """An AMI of a Windows that brings its license, imported a moment ago."""
    aws.observer("s3").put_object(Bucket=bucket, Key=KEY, Body=bytes(510) + b"\x55\xaa")
    ec2, container = aws.observer("ec2"), {"Format": "RAW", "UserBucket": {"S3Bucket": bucket, "S3Key": KEY}}
    task = ec2.import_image(DiskContainers=[container], LicenseType="BYOL", Platform="Windows")["ImportTaskId"]
    aws.clock.advance(aws.settings.import_seconds)
    return str(ec2.describe_import_image_tasks(ImportTaskIds=[task])["ImportImageTasks"][0]["ImageId"])


@pytest.fixture
def export_bucket(aws: AwsSandbox) -> str:
    """A bucket as ExportBucket makes one."""
    s3, name = aws.observer("s3"), "exports-of-web"
    location = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=location, ObjectOwnership="BucketOwnerPreferred")
    owner = s3.get_bucket_acl(Bucket=name)["Owner"]["ID"]
    given = [(owner, "FULL_CONTROL"), *((CANONICAL_USER_IDS[REGION], permission) for permission in ACL_PERMISSIONS)]
    grants = [{"Grantee": {"Type": "CanonicalUser", "ID": id}, "Permission": p} for id, p in given]
    s3.put_bucket_acl(Bucket=name, AccessControlPolicy={"Owner": {"ID": owner}, "Grants": grants})
    return name


@pytest.fixture
def export_role(aws: AwsSandbox, role: str, bucket: str, export_bucket: str) -> str:
    """The role vmimport, which may write to the export bucket too."""
    policy = json.dumps(iam_documents.role_policy(import_buckets=[bucket], export_buckets=[export_bucket]))
    aws.observer("iam").put_role_policy(RoleName=role, PolicyName="vmimport", PolicyDocument=policy)
    aws.clock.advance(3600)
    return role


@pytest.fixture
def exportable_instance(aws: AwsSandbox, byol_ami: str) -> str:
    """An instance of the imported AMI that is stopped."""
    ec2 = aws.observer("ec2")
    launched = ec2.run_instances(ImageId=byol_ami, MinCount=1, MaxCount=1, InstanceType="t3.micro")
    id = str(launched["Instances"][0]["InstanceId"])
    ec2.stop_instances(InstanceIds=[id])
    return id


@pytest.fixture
def checked() -> Callable[..., list[tuple[str, str]]]:
    """What a lifecycle finds wrong with the inputs in a bag: paths and reasons, in order."""

    def check(lifecycle: Any, bag: dict[str, Any]) -> list[tuple[str, str]]:
        inputs, problems = read_bag(lifecycle.inputs_type, bag)
        return [(p.path, p.reason) for p in [*problems, *lifecycle.check(inputs)]]

    return check


@pytest.fixture
def looked_up() -> Callable[..., dict[str, str]]:
    """The reasons of what a lifecycle's preflight finds wrong with inputs, by path."""
    return lambda lifecycle, run, inputs: {p.path: p.reason for p in lifecycle.preflight(run, inputs)}


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore's own retries without the seconds between them."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0)
