"""The functions on the engine: in the process of a Python program, and through the native provider."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from tests.engine.conftest import BUCKET, KEY, REGION
from tests.engine.stack import Program, Stack

from pulumi_vmimport import (
    ImportImage,
    get_import_image_task,
    get_import_image_task_output,
    get_inspection_output,
    get_provenance,
)
from pulumi_vmimport.lifecycle import host_run
from pulumi_vmimport_sandbox import Sandbox

EXAMPLE = Path(__file__).parents[2] / "examples" / "functions.py"
NewStack = Callable[..., Stack]


@pytest.fixture(autouse=True)
def environment_of_the_program(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """An inline program, and with it a function of the dynamic host, runs in the process of the test."""
    for name, value in sandbox.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    host_run.connection.cache_clear()  # the process of another program would begin without connections


@pytest.fixture(params=["dynamic", "native"])
def new_host_stack(request: pytest.FixtureRequest, new_stack: NewStack) -> NewStack:
    """Makes a stack of one of the two hosts."""
    return lambda program, **options: new_stack(program, host=request.param, **options)


def test_the_example_checks_an_import_beforehand_and_traces_its_ami(
    new_host_stack: NewStack, image_args: dict[str, Any], end_imports: Callable[..., None]
) -> None:
    stack = new_host_stack(lambda: runpy.run_path(str(EXAMPLE)))
    stack.up(on_event=end_imports)
    outputs = stack.outputs()
    assert outputs["provenance"]["object"] == f"s3://{BUCKET}/{KEY}"
    assert outputs["provenance"]["stack"] == "web/dev"
    assert outputs["tablesOf"].startswith("20")
    assert set(stack.up()) == {"same"}
    stack.destroy()


def test_a_function_of_outputs_is_unknown_in_preview_and_known_after_the_import(
    new_host_stack: NewStack, image_args: dict[str, Any], end_imports: Callable[..., None]
) -> None:
    calls: list[str] = []

    def program() -> None:
        image = ImportImage("web", **image_args)
        task = get_import_image_task_output(import_task_id=image.import_task_id)
        task.apply(lambda found: calls.append(found.status))
        pulumi.export("imageId", image.image_id)
        pulumi.export("imageOfTask", task.apply(lambda found: found.image_id))
        pulumi.export("disks", task.apply(lambda found: [snapshot.key for snapshot in found.snapshots]))

    stack = new_host_stack(program)
    stack.preview()
    assert calls == []
    stack.up(on_event=end_imports)
    outputs = stack.outputs()
    assert calls == ["completed"]
    assert (outputs["imageOfTask"], outputs["disks"]) == (outputs["imageId"], [KEY])


def test_a_dependency_that_does_not_exist_yet_delays_the_call(new_host_stack: NewStack, sandbox: Sandbox) -> None:
    def program() -> None:
        bucket = aws.s3.Bucket("images", bucket="images-of-later", force_destroy=True)
        disk = aws.s3.BucketObjectv2("disk", bucket=bucket.bucket, key="web.raw", content="not a disk")
        options = pulumi.InvokeOutputOptions(depends_on=[disk])
        found = get_inspection_output(bucket="images-of-later", key="web.raw", opts=options)
        pulumi.export("verdict", found.apply(lambda result: result.verdict))

    stack = new_host_stack(program)
    stack.preview()
    stack.up()
    assert stack.outputs()["verdict"].startswith("1 error")


def test_an_explicit_aws_provider_chooses_the_region(new_host_stack: NewStack, image_id: str, sandbox: Sandbox) -> None:
    def program(region: str) -> Program:
        def run() -> None:
            provider = aws.Provider(region, region=region, **_endpoints(sandbox))
            found = get_provenance(id=image_id, opts=pulumi.InvokeOptions(provider=provider))
            pulumi.export("region", found.region)

        return run

    stack = new_host_stack(program(REGION), config={"aws:region": "us-east-1"})
    stack.up()
    assert stack.outputs()["region"] == REGION
    stack.program = program("eu-central-1")
    assert f"{image_id} does not exist in eu-central-1" in stack.fails(stack.preview)


def test_fails_in_one_line_with_the_remedy(new_host_stack: NewStack, sandbox: Sandbox) -> None:
    def program() -> None:
        get_import_image_task(import_task_id="import-ami-0123456789abcdef0")

    stack = new_host_stack(program)
    shown = stack.fails(stack.preview)
    assert "EC2 does not list import task import-ami-0123456789abcdef0 in eu-west-1: check the id" in shown


def test_fails_with_every_problem_of_the_arguments_in_the_spelling_of_the_program(
    new_stack: NewStack, sandbox: Sandbox
) -> None:
    def program() -> None:
        get_import_image_task(import_task_id="import-ami-0123456789abcdef0", image_id="snap-1")

    shown = new_stack(program)
    text = shown.fails(shown.preview)
    assert "get_import_image_task: import_task_id: expected exactly one of import_task_id and image_id" in text
    assert "image_id: expected ami-..., got 'snap-1'" in text
    assert "Traceback" not in text


def _endpoints(sandbox: Sandbox) -> dict[str, Any]:
    services = ("ec2", "s3", "sts", "iam", "workspaces")
    return {
        "endpoints": [dict.fromkeys(services, sandbox.aws.endpoint)],
        "access_key": sandbox.aws.access_key,
        "secret_key": sandbox.aws.secret_key,
    }
