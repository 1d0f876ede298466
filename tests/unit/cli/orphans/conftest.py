"""The command as a user runs it, against the simulated AWS."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.unit.cli.conftest import REGION

from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.cli.group import vmimport
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG, INPUTS_TAG, RESOURCE_TAG, STACK_TAG, Identity
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

BUCKET, KEY = "images-of-web", "web.raw"
PROVIDER = "pulumi-python:dynamic/vmimport"


@pytest.fixture
def aws(running_aws: AwsSandbox) -> AwsSandbox:
    """The AWS of the module, empty except for a bucket with an image and the role vmimport."""
    running_aws.reset()
    s3, iam = running_aws.observer("s3"), running_aws.observer("iam")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=bytes(510) + b"\x55\xaa")
    iam.create_role(RoleName="vmimport", AssumeRolePolicyDocument=json.dumps(iam_documents.trust_policy()))
    policy = json.dumps(iam_documents.role_policy(import_buckets=[BUCKET], export_buckets=[BUCKET]))
    iam.put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=policy)
    running_aws.clock.advance(3600)
    return running_aws


@pytest.fixture
def ec2(aws: AwsSandbox) -> Any:
    return aws.observer("ec2")


@pytest.fixture
def run(aws: AwsSandbox) -> Callable[..., Result]:
    """Runs `vmimport orphans` with options; an export, given as `export=`, comes through stdin."""

    def invoke(*options: str, export: Any = None, stdin: str | None = None) -> Result:
        if export is not None:
            options, stdin = (*options, "--stack-export", "-"), json.dumps(export)
        result = CliRunner().invoke(vmimport, ["orphans", *options], input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return invoke


@pytest.fixture
def owners(run: Callable[..., Result]) -> Callable[..., dict[str, str]]:
    """The owner that the command reports for each resource, by id."""

    def look(*options: str, export: Any = None) -> dict[str, str]:
        shown = json.loads(run(*options, "--json", export=export).stdout)
        return {thing["id"]: thing["owner"] for thing in shown["things"]}

    return look


def tags_of(resource: str = "ImportImage::web", stack: str = "shop/dev") -> list[dict[str, str]]:
    """The library's tags of a resource of a stack."""
    tags = {IDENTITY_TAG: Identity(urn(resource, stack)).key, INPUTS_TAG: "0" * 32}
    tags |= {STACK_TAG: stack, RESOURCE_TAG: resource}
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def urn(resource: str = "ImportImage::web", stack: str = "shop/dev") -> str:
    project, name = stack.split("/")
    return f"urn:pulumi:{name}::{project}::{PROVIDER}:{resource}"


@pytest.fixture
def begin_import(ec2: Any) -> Callable[..., str]:
    """Starts an image import with the tags of a resource of a stack; returns its id."""

    def begin(resource: str = "ImportImage::web", stack: str = "shop/dev", tags: Any = None) -> str:
        answer = ec2.import_image(
            DiskContainers=[{"Format": "RAW", "UserBucket": {"S3Bucket": BUCKET, "S3Key": KEY}}],
            LicenseType="BYOL",
            Platform="Windows",
            TagSpecifications=[
                {"ResourceType": "import-image-task", "Tags": tags_of(resource, stack) if tags is None else tags}
            ],
        )
        return str(answer["ImportTaskId"])

    return begin


@pytest.fixture
def end_imports(aws: AwsSandbox, ec2: Any) -> Callable[[str], tuple[str, str]]:
    """Completes the imports; returns the AMI and the snapshot of one of them."""

    def end(task_id: str) -> tuple[str, str]:
        aws.clock.advance(aws.settings.import_seconds)
        (task,) = ec2.describe_import_image_tasks(ImportTaskIds=[task_id])["ImportImageTasks"]
        return task["ImageId"], task["SnapshotDetails"][0]["SnapshotId"]

    return end


@pytest.fixture
def export() -> Callable[..., dict[str, Any]]:
    """Builds the output of `pulumi stack export` for the stack shop/dev."""

    def make(*resources: Any, creating: Any = (), written: str = "2100-01-01T00:00:00Z") -> dict[str, Any]:
        stack = {"urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "type": "pulumi:pulumi:Stack"}
        operations = [{"type": "creating", "resource": resource} for resource in creating]
        deployment = {
            "manifest": {"time": written},
            "resources": [stack, *resources],
            "pending_operations": operations,
        }
        return {"version": 3, "deployment": deployment}

    return make


@pytest.fixture
def in_state() -> Callable[..., dict[str, Any]]:
    """Builds a resource as it is in a state."""

    def make(id: str | None = None, resource: str = "ImportImage::web", **outputs: Any) -> dict[str, Any]:
        inputs = {"identity": urn(resource), "platform": "Windows"}
        made = {"urn": urn(resource), "custom": True, "inputs": inputs}
        return made | ({"id": id, "outputs": {**inputs, **outputs}} if id else {})

    return make


@pytest.fixture
def own_tags() -> Callable[..., list[dict[str, str]]]:
    return tags_of
