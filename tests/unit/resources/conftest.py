"""A run of a lifecycle against the sandbox's AWS, on a clock that a wait moves."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest

from pulumi_vmimport.aws import iam_documents
from pulumi_vmimport.aws.connection import AwsConnection, AwsSettings
from pulumi_vmimport.lifecycle.contract import Stopped
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.sandbox import SandboxClock
from pulumi_vmimport.sandbox.aws.server import AwsSandbox
from pulumi_vmimport.vsphere.session import VSphereSession

REGION = "eu-west-1"
BUCKET = "images-of-web"
KEY = "web.ova"
SERVICES = ("ec2", "iam", "s3", "sts", "workspaces")


@dataclass
class FakeRun:
    """Lends what a host lends; a wait takes a minute of the sandbox's time and none of ours."""

    sandbox: AwsSandbox
    aws: AwsConnection
    identity: Identity = field(default_factory=lambda: Identity("urn:pulumi:dev::shop::vmimport:index:Thing::web"))
    poll_seconds: float = 0.0
    promises: tuple[str, ...] = ()
    stop_after_waits: int | None = None
    kept: tuple[str, Any] | None = None
    texts: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    waits: int = 0

    def vsphere(self) -> AbstractContextManager[VSphereSession]:
        raise AssertionError("this resource has nothing to do with vSphere")

    def status(self, text: str) -> None:
        self.texts.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def wait(self, seconds: float) -> None:
        if self.stop_after_waits is not None and self.waits >= self.stop_after_waits:
            raise Stopped("cancelled")
        self.waits += 1
        self.sandbox.clock.advance(60)

    def keep(self, id: str, state: Any) -> None:
        self.kept = (id, state)

    def promised(self, path: str) -> bool:
        return path in self.promises


@pytest.fixture(scope="module")
def running_aws() -> Iterator[AwsSandbox]:
    with AwsSandbox(clock=SandboxClock.stepped(), region=REGION) as sandbox:
        yield sandbox


@pytest.fixture
def aws(running_aws: AwsSandbox) -> AwsSandbox:
    """The AWS of the module, empty."""
    running_aws.reset()
    return running_aws


@pytest.fixture
def new_run(aws: AwsSandbox) -> Callable[..., FakeRun]:
    """Makes a run, as a new process would: with clients of its own."""

    def make(**values: Any) -> FakeRun:
        settings = AwsSettings(
            region=REGION,
            access_key=aws.access_key,
            secret_key=aws.secret_key,
            endpoints=tuple((service, aws.endpoint) for service in SERVICES),
        )
        return FakeRun(aws, AwsConnection(settings), **values)

    return make


@pytest.fixture
def run(new_run: Callable[..., FakeRun]) -> FakeRun:
    return new_run()


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
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore's own retries without the seconds between them."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0)
