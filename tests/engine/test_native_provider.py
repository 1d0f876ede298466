"""The native provider: what it alone can do, and stacks that move to it."""

import json
import runpy
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import invoke
from tests.engine.conftest import BUCKET, KEY, raw_disk

from pulumi_vmimport import ImportBucket, Provider
from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport_sandbox import Sandbox

REGION = "eu-west-1"
EXAMPLES = Path(__file__).parents[2] / "examples"
NATIVE, DYNAMIC = "vmimport:index:ImportImage", "pulumi-python:dynamic/vmimport:ImportImage"


pytestmark = pytest.mark.cold_provider  # what the tests interrupt is what users run


@pytest.fixture
def stack(image_stack: Any) -> Any:
    image_stack.host = "native"
    return image_stack


def tasks(sandbox: Sandbox) -> list[Any]:
    found = sandbox.aws.observer("ec2", REGION).describe_import_image_tasks()["ImportImageTasks"]
    return [task["ImportTaskId"] for task in found]


def test_the_state_has_the_properties_of_the_resource_alone(stack: Any) -> None:
    stack.up()
    resource = stack.resource(":ImportImage")
    assert resource["type"] == NATIVE
    shown = {name for name in resource["outputs"] if not name.startswith("__")}
    assert shown.isdisjoint({"identity", "fromResources", "awsProvider"})
    assert resource["outputs"]["awsAccountId"]


def test_a_stack_moves_from_the_dynamic_provider_with_everything_unchanged(stack: Any, sandbox: Sandbox) -> None:
    stack.host = "dynamic"
    stack.up()
    assert stack.resource(":ImportImage")["type"] == DYNAMIC
    before = sandbox.aws.calls.writes()
    stack.host = "native"
    assert stack.preview() == {"same": 2}
    assert stack.up() == {"same": 2}
    assert stack.resource(":ImportImage")["type"] == NATIVE
    assert stack.refresh() == {"same": 2}
    assert sandbox.aws.calls.writes() == before
    stack.destroy()
    assert stack.remaining_resources() == []


def test_an_import_that_was_interrupted_before_the_move_is_resumed_after_it(stack: Any, sandbox: Sandbox) -> None:
    stack.host = "dynamic"
    sandbox.aws.faults.on("ImportImage", lambda _: stack.kill(), when="after")
    stack.fails(stack.up)
    assert stack.is_over()
    stack.cancel()
    (task,) = tasks(sandbox)
    stack.host = "native"
    stack.up()
    assert tasks(sandbox) == [task]
    assert stack.resource(":ImportImage")["id"] == task
    stack.destroy()
    assert stack.remaining_resources() == []


def test_an_unfinished_import_of_the_dynamic_provider_is_completed(stack: Any, sandbox: Sandbox) -> None:
    stack.host = "dynamic"
    sandbox.aws.faults.on("DescribeImportImageTasks", lambda _: stack.kill("bin/pulumi --", by=signal.SIGINT), nth=4)
    stack.fails(stack.up)
    assert stack.is_over()
    stack.host = "native"
    stack.up()
    assert len(tasks(sandbox)) == 1
    assert stack.preview() == {"same": 2}


def test_an_ami_is_imported_by_its_id_and_the_program_then_changes_nothing(
    stack: Any, sandbox: Sandbox, image_args: dict[str, Any], image_id: str
) -> None:
    (task,) = tasks(sandbox)
    image_args.pop("tags")
    image_args["platform"] = "Linux"  # as EC2 reports the AMI of the raw disk
    stack.program, program = (lambda: None), stack.program
    stack.up()
    stack.import_resource(NATIVE, "web", image_id)
    assert stack.resource(":ImportImage")["id"] == task
    stack.program = program
    assert stack.preview() == {"same": 2}
    stack.up()
    stack.destroy()


@pytest.fixture
def both_buckets(sandbox: Sandbox, image_args: dict[str, Any]) -> None:
    """A disk image in each Region, and a role that may read both."""
    buckets = [BUCKET, "images-of-shop"]
    s3, iam = sandbox.aws.observer("s3", "us-east-1"), sandbox.aws.observer("iam")
    s3.create_bucket(Bucket="images-of-shop")
    s3.put_object(Bucket="images-of-shop", Key=KEY, Body=raw_disk())
    policy = json.dumps(iam_documents.role_policy(import_buckets=buckets))
    iam.put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=policy)


def test_the_example_imports_into_two_regions(stack: Any, sandbox: Sandbox, both_buckets: None) -> None:
    stack.program = lambda: runpy.run_path(str(EXAMPLES / "two_regions.py")) and None
    assert stack.up() == {"create": 5}
    for region, image_id in stack.outputs().items():
        assert sandbox.aws.observer("ec2", region).describe_images(ImageIds=[image_id])["Images"]
    assert stack.up() == {"same": 5}
    stack.destroy()
    assert stack.remaining_resources() == []


def test_a_stack_with_the_settings_of_pulumi_aws_keeps_its_region(stack: Any, sandbox: Sandbox) -> None:
    elsewhere = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
    stack.config, stack.environment, stack.host = {"aws:region": REGION}, elsewhere, "dynamic"
    stack.up()
    stack.host = "native"
    assert stack.up() == {"create": 1, "same": 2}, "the provider with the settings of the stack"
    assert stack.resource(":ImportImage")["outputs"]["region"] == REGION
    assert stack.up() == {"same": 3}
    stack.destroy()
    assert stack.remaining_resources() == []


def test_fails_in_preview_with_every_problem_of_the_configuration_of_a_provider(stack: Any) -> None:
    odd: Any = {"max_retries": "many", "insecure": "perhaps"}
    stack.program = lambda: Provider("odd", odd) and None
    printed = stack.fails(stack.preview)
    assert "maxRetries" in printed
    assert "insecure" in printed
    assert "Traceback" not in printed


def test_a_function_reads_an_import_task(stack: Any, image_id: str) -> None:
    def program() -> None:
        found = invoke("vmimport:index:getImportImageTask", {"imageId": image_id, "region": REGION}).value
        pulumi.export("status", found["status"])

    stack.program = program
    stack.up()
    assert stack.outputs()["status"] == "completed"


class RemoteBucket(pulumi.ComponentResource):
    """ImportBucket as an SDK of another language declares it."""

    bucket: pulumi.Output[str]

    def __init__(self, name: str, **inputs: Any) -> None:
        properties = {"bucket": None, "arn": None, "region": None, **inputs}
        super().__init__("vmimport:index:ImportBucket", name, properties, remote=True)


def test_a_component_is_created_for_another_language(stack: Any, sandbox: Sandbox) -> None:
    def program() -> None:
        images = RemoteBucket("images", forceDestroy=True, abortUploadsAfterDays=3)
        pulumi.export("bucket", images.bucket)

    stack.program = program
    stack.up()
    bucket = stack.outputs()["bucket"]
    assert bucket in [found["Name"] for found in sandbox.aws.observer("s3").list_buckets()["Buckets"]]
    assert stack.up().keys() == {"same"}
    stack.destroy()
    assert bucket not in [found["Name"] for found in sandbox.aws.observer("s3").list_buckets()["Buckets"]]


def test_a_component_reports_all_problems_in_the_spelling_of_the_schema(stack: Any) -> None:
    stack.program = lambda: RemoteBucket("images", abortUploadsAfterDays=0, kmsKeyArn="key") and None
    printed = stack.fails(stack.preview)
    assert "ImportBucket images: 2 problems with the inputs" in printed
    assert "abortUploadsAfterDays: " in printed
    assert "kmsKeyArn: " in printed


def test_the_tree_of_components_is_the_same_on_both_providers(new_stack: Callable[..., Any]) -> None:
    stack = new_stack(lambda: ImportBucket("images", force_destroy=True) and None)
    stack.up()
    stack.host = "native"
    assert stack.up().keys() == {"same"}
    stack.destroy()
    assert json.dumps(stack.state().get("resources", [])) == "[]"
