"""More imports than the Region allows wait their turn."""

from typing import Any

from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImage
from pulumi_vmimport_sandbox import Sandbox

IMPORTS, QUOTA = 6, 2


def test_imports_beyond_the_quota_wait_and_all_complete(
    new_stack: Any, sandbox: Sandbox, image_args: dict[str, Any]
) -> None:
    sandbox.aws.settings.active_import_quota = QUOTA

    def program() -> None:
        for i in range(IMPORTS):
            args: Any = {**image_args, "source_hash": str(i)}
            ImportImage(f"web{i}", args)

    stack = new_stack(program)
    assert stack.up(parallel=IMPORTS + 1) == {"create": IMPORTS + 1}
    assert [task.status for task in sandbox.aws.import_tasks] == ["completed"] * IMPORTS
    printed = "\n".join(stack.output)
    assert "waiting for another import task of the Region to end: ResourceCountExceeded: You have 2 active" in printed
    assert "queued behind 1 other import task" in printed
    stack.destroy()
    assert stack.remaining_resources() == []
