"""Resources that no later `up` finds: runs that were killed before Pulumi recorded them, and programs that changed."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_vmimport import WorkspaceBundle
from pulumi_vmimport_sandbox import Sandbox, SandboxClock


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock.stepped()  # an import is over when a test says so


@pytest.fixture
def orphans(sandbox: Sandbox) -> Callable[..., tuple[int, dict[str, str]]]:
    """`pulumi stack export | vmimport orphans --stack-export -`: the exit status, and the owner of each id."""

    def run(stack: Any, *options: str) -> tuple[int, dict[str, str]]:
        export = json.dumps({"version": 3, "deployment": stack.state()})
        command = [sys.executable, "-m", "pulumi_vmimport.cli", "orphans", "--json", "--stack-export", "-", *options]
        environment = sandbox.environment
        ended = subprocess.run(command, input=export, env=environment, capture_output=True, text=True, check=False)
        assert ended.stderr == ""
        return ended.returncode, {thing["id"]: thing["owner"] for thing in json.loads(ended.stdout)["things"]}

    return run


def test_an_import_orphaned_by_kill_9_and_changed_inputs_is_listed_and_removed(
    image_stack: Any, sandbox: Sandbox, image_args: dict[str, Any], orphans: Any, end_imports: Any
) -> None:
    stack, faults = image_stack, sandbox.aws.faults
    faults.on("ImportImage", lambda _: stack.kill(""), when="after")
    stack.fails(stack.up)
    stack.cancel()
    lost = sandbox.aws.import_tasks[0].id
    assert orphans(stack) == (0, {lost: "pending"})

    image_args["source_hash"] = "another"
    faults.on("ImportImage", end_imports, when="after")
    stack.up()
    stack.refresh(clear_pending_creates=True)
    of_lost, of_stack = (task.image_id for task in sandbox.aws.import_tasks)
    status, owners = orphans(stack)
    assert (status, owners[of_lost], owners[of_stack]) == (1, "orphan", "owned")
    assert sorted(owners.values()) == ["orphan", "orphan", "owned", "owned"]

    assert orphans(stack, "--remove", "--yes")[0] == 0
    assert stack.preview(refresh=True) == {"same": 2}
    stack.destroy()
    assert stack.remaining_resources() == []


def test_a_tagged_bundle_that_no_stack_owns_is_listed_and_removed(
    new_stack: Any, sandbox: Sandbox, orphans: Any
) -> None:
    workspaces = sandbox.aws.observer("workspaces", "eu-west-1")
    about = {"Name": "golden", "Description": "a source", "WorkspaceId": sandbox.aws.make_workspace("eu-west-1", "ada")}
    sandbox.aws.settings.create_workspace_image_seconds = 0  # its clock stays behind the time of the state
    image = workspaces.create_workspace_image(**about)["ImageId"]
    declared = ["desk"]

    def program() -> None:
        for name in declared:
            WorkspaceBundle(
                name,
                bundle_name=name,
                bundle_description="a desk",
                image_id=image,
                compute_type="VALUE",
                root_storage_gib=80,
                user_storage_gib=10,
            )

    stack = new_stack(program)
    sandbox.aws.faults.on("CreateWorkspaceBundle", lambda _: stack.kill(""), when="after")
    stack.fails(stack.up)
    stack.cancel()
    (bundle,) = [each["BundleId"] for each in workspaces.describe_workspace_bundles()["Bundles"]]
    assert orphans(stack) == (0, {bundle: "pending"})

    declared.clear()
    stack.refresh(clear_pending_creates=True)
    assert orphans(stack) == (1, {bundle: "orphan"})
    assert orphans(stack, "--remove", "--yes")[0] == 0
    assert orphans(stack) == (0, {})
    assert workspaces.describe_workspace_bundles()["Bundles"] == []
