"""What no `up` finds again: an import whose stack was killed before it was recorded, and then changed its mind."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_vmimport_sandbox import Sandbox, SandboxClock


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock.stepped()  # an import is over when a test says so


@pytest.fixture
def orphans(image_stack: Any, sandbox: Sandbox) -> Callable[..., tuple[int, dict[str, str]]]:
    """`pulumi stack export | vmimport orphans --stack-export -`: exit status, and whose each thing is."""

    def run(*options: str) -> tuple[int, dict[str, str]]:
        export = json.dumps({"version": 3, "deployment": image_stack.state()})
        command = [sys.executable, "-m", "pulumi_vmimport.cli", "orphans", "--json", "--stack-export", "-", *options]
        environment = sandbox.environment
        ended = subprocess.run(command, input=export, env=environment, capture_output=True, text=True, check=False)
        assert ended.stderr == ""
        return ended.returncode, {thing["id"]: thing["owner"] for thing in json.loads(ended.stdout)["things"]}

    return run


def test_what_kill_9_and_changed_inputs_leave_behind_is_named_and_removed(
    image_stack: Any, sandbox: Sandbox, image_args: dict[str, Any], orphans: Any, end_imports: Any
) -> None:
    stack, faults = image_stack, sandbox.aws.faults
    faults.on("ImportImage", lambda _: stack.kill(""), when="after")
    stack.fails(stack.up)
    stack.cancel()
    lost = sandbox.aws.import_tasks[0].id
    assert orphans() == (0, {lost: "pending"})

    image_args["source_hash"] = "another"
    faults.on("ImportImage", end_imports, when="after")
    stack.up()
    stack.refresh(clear_pending_creates=True)
    of_lost, of_stack = (task.image_id for task in sandbox.aws.import_tasks)
    status, owners = orphans()
    assert (status, owners[of_lost], owners[of_stack]) == (1, "orphan", "owned")
    assert sorted(owners.values()) == ["orphan", "orphan", "owned", "owned"]

    assert orphans("--remove", "--yes")[0] == 0
    assert stack.preview(refresh=True) == {"same": 2}
    stack.destroy()
    assert stack.remaining_resources() == []
