"""What this library adds to Pulumi's dynamic providers: cancel, deadlines, many resources at once."""

import signal
from typing import Any

import pulumi
import pytest

from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImage
from pulumi_vmimport_sandbox import Sandbox, SandboxClock

ENGINE = "bin/pulumi --"
DESCRIBE = "DescribeImportImageTasks"


pytestmark = pytest.mark.cold_provider  # what the tests interrupt is what users run


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock.stepped()  # an import is over when a test says so


def recorded(stack: Any) -> tuple[str, str]:
    image = stack.resource(":ImportImage")
    return image["id"], image["outputs"]["taskStatus"]


@pytest.mark.both_hosts
def test_ctrl_c_ends_the_command_at_once_and_the_next_up_resumes(
    image_stack: Any, image_args: dict[str, Any], sandbox: Sandbox, end_imports: Any
) -> None:
    image_args["timeout_minutes"] = 2  # where Ctrl-C does not end it
    for _ in range(2):  # the second one while the first one's task is resumed
        sandbox.aws.faults.on(DESCRIBE, lambda _: image_stack.kill(ENGINE, by=signal.SIGINT), nth=4)
        printed = image_stack.fails(image_stack.up)
        assert "ImportImage web: cancelled; the work continues, and the next `pulumi up` resumes it" in printed
        assert "Traceback" not in printed
        (task,) = sandbox.aws.import_tasks
        assert recorded(image_stack) == (task.id, "active")
        assert image_stack.is_over()
    end_imports()
    assert image_stack.up(refresh=True) == {"same": 1, "update": 1}
    assert recorded(image_stack) == (task.id, "completed")
    assert len(sandbox.aws.import_tasks) == 1
    image_stack.destroy()
    assert image_stack.remaining_resources() == []


@pytest.mark.both_hosts
def test_a_deadline_ends_the_run_and_destroy_cancels_the_task(
    new_stack: Any, image_args: dict[str, Any], sandbox: Sandbox, end_imports: Any
) -> None:
    def program() -> None:
        timeouts = pulumi.CustomTimeouts(create="3s", update="2s")
        ImportImage("web", **image_args, opts=pulumi.ResourceOptions(custom_timeouts=timeouts))

    stack = new_stack(program)
    for seconds in (3, 2):
        printed = stack.fails(stack.up)
        assert f"ImportImage web: timed out after {seconds} seconds (custom_timeouts)" in printed
        assert "Traceback" not in printed
        (task,) = sandbox.aws.import_tasks
        assert recorded(stack) == (task.id, "active")
    sandbox.aws.faults.on("CancelImportTask", end_imports, when="after")
    stack.destroy()
    assert stack.remaining_resources() == []
    assert [t.status for t in sandbox.aws.import_tasks] == ["deleted"]


@pytest.mark.both_hosts
def test_twenty_imports_run_at_once_and_share_their_calls(
    new_stack: Any, image_args: dict[str, Any], sandbox: Sandbox, end_imports: Any
) -> None:
    def program() -> None:
        for i in range(20):
            args = {**image_args, "source_hash": str(i), "timeout_minutes": 2}
            ImportImage(f"web-{i}", **args)

    active: list[int] = []

    def count(*_: Any) -> None:
        active.append(sum(task.status == "active" for task in sandbox.aws.import_tasks))

    sandbox.aws.settings.active_import_quota = 20
    sandbox.aws.faults.on("ImportImage", count, nth=20, when="after")
    sandbox.aws.faults.on("ImportImage", end_imports, nth=20, when="after")
    stack = new_stack(program, environment={"VMIMPORT_POLL_SECONDS": "2"})
    assert stack.up(parallel=32) == {"create": 21}
    assert active == [20]
    assert 0 < len(sandbox.aws.calls.of(DESCRIBE)) < 20  # one a period, not one a resource
    stack.destroy(parallel=32)
    assert stack.remaining_resources() == []
