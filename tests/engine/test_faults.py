"""However an import is cut off or refused: one task in AWS, the next `up` converges, `destroy` leaves nothing."""

from typing import Any

import pytest

from pulumi_vmimport.sandbox import Sandbox, SandboxClock

ENGINE = "bin/pulumi --"  # words in a command line
PROVIDER = "pulumi.dynamic"
EVERYTHING = ""


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock.stepped()  # an import is over when a test says so


@pytest.fixture
def stack(image_stack: Any) -> Any:
    return image_stack


@pytest.mark.parametrize(
    ("victim", "operation", "nth", "when"),
    [
        pytest.param(ENGINE, "DescribeImportImageTasks", 4, "before", id="engine-while-waiting"),
        pytest.param(PROVIDER, "DescribeImportImageTasks", 4, "before", id="provider-while-waiting"),
        pytest.param(EVERYTHING, "ImportImage", 1, "after", id="everything-before-the-task-is-known"),
        pytest.param(ENGINE, "CreateTags", 1, "before", id="engine-while-tagging"),
    ],
)
def test_after_kill_9_the_next_up_takes_up_the_same_task(
    stack: Any, sandbox: Sandbox, victim: str, operation: str, nth: int, when: Any
) -> None:
    sandbox.aws.faults.on(operation, lambda _: stack.kill(victim), nth, when)
    sandbox.aws.faults.on("DescribeImportImageTasks", lambda _: sandbox.clock.advance(3600), nth=6)
    print(stack.fails(stack.up))
    assert stack.is_over()
    print("XXXX", stack.state())
    if victim != PROVIDER:
        print("XXXX", stack.fails(stack.up))
        stack.cancel()
    print(stack.up())
    print("XXXX", stack.state().get("pending_operations"))
    assert len(sandbox.aws.import_tasks) == 1
    print(stack.up())
    print("\n".join(stack.output))
    stack.destroy()
    assert stack.leftovers() == []
