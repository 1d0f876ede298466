"""However an import is cut off or refused: one task in AWS, the next `up` converges, `destroy` leaves nothing."""

from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImage
from pulumi_vmimport.resources.workspaces.import_workspace_image import ImportWorkspaceImage
from pulumi_vmimport_sandbox import Sandbox, SandboxClock

ENGINE, EVERYTHING = "bin/pulumi --", ""  # what is in the command lines
PROVIDER = "provider"
DESCRIBE = "DescribeImportImageTasks"


pytestmark = pytest.mark.cold_provider  # what the tests interrupt is what users run


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock.stepped()  # an import is over when a test says so


@pytest.fixture
def stack(image_stack: Any, image_args: dict[str, Any]) -> Any:
    image_args["timeout_minutes"] = 2  # where the import does not end
    return image_stack


@pytest.mark.both_hosts
@pytest.mark.parametrize(
    ("victim", "operation", "nth", "when"),
    [
        pytest.param(ENGINE, DESCRIBE, 4, "before", id="engine-while-waiting"),
        pytest.param(PROVIDER, DESCRIBE, 4, "before", id="provider-while-waiting"),
        pytest.param(EVERYTHING, "ImportImage", 1, "after", id="everything-before-the-task-is-known"),
        pytest.param(ENGINE, "CreateTags", 1, "before", id="engine-while-tagging"),
    ],
)
def test_after_kill_9_the_next_up_resumes_the_same_task(
    stack: Any, sandbox: Sandbox, end_imports: Any, victim: str, operation: str, nth: int, when: Any
) -> None:
    killed = stack.provider_command if victim == PROVIDER else victim
    sandbox.aws.faults.on(operation, lambda _: stack.kill(killed), nth, when)
    sandbox.aws.faults.on(DESCRIBE, end_imports, nth=6)
    stack.fails(stack.up)
    assert stack.is_over()
    if victim != PROVIDER:
        stack.cancel()  # a killed engine leaves its lock on the stack; `up` says to run `pulumi cancel`
    assert stack.up() == {"create": 1, "same": 1}
    assert len(sandbox.aws.import_tasks) == 1
    stack.destroy()
    assert stack.remaining_resources() == []


def test_after_kill_9_a_workspaces_image_is_not_created_twice_and_a_destroy_is_completed(
    new_stack: Any, image_args: dict[str, Any], sandbox: Sandbox, end_imports: Any
) -> None:
    def program() -> None:
        image = ImportImage("web", **image_args)
        ImportWorkspaceImage(
            "web",
            image_name="web",
            image_description="web",
            ec2_image_id=image.image_id,
            ingestion_process="BYOL_REGULAR_WSP",
            timeout_minutes=2,
        )

    stack = new_stack(program)
    sandbox.aws.faults.on("ImportImage", end_imports, when="after")
    sandbox.aws.faults.on("ImportWorkspaceImage", lambda _: stack.kill(EVERYTHING), when="after")
    stack.fails(stack.up)
    stack.cancel()
    sandbox.aws.faults.on("DescribeWorkspaceImages", end_imports, nth=4)
    assert stack.up() == {"create": 1, "same": 2}
    assert len(sandbox.aws.import_tasks) == 1
    assert len([line for line in stack.remaining_resources() if line.startswith("workspaces ")]) == 1
    # Pulumi warns about the interrupted create until a refresh.
    assert len(stack.state()["pending_operations"]) == 1
    assert stack.refresh(clear_pending_creates=True) == {"same": 3}
    assert "pending_operations" not in stack.state()
    sandbox.aws.faults.on("DeregisterImage", lambda _: stack.kill(EVERYTHING), when="after")
    stack.fails(stack.destroy)
    stack.cancel()
    stack.destroy()
    assert stack.remaining_resources() == []


@pytest.mark.both_hosts
def test_lost_responses_throttling_and_server_errors_change_nothing(
    stack: Any, sandbox: Sandbox, end_imports: Any
) -> None:
    faults = sandbox.aws.faults
    faults.on("ImportImage", end_imports, nth=2, when="after")
    faults.drop_connection("ImportImage", after_processing=True)
    faults.throttle("ImportImage")
    faults.server_error(DESCRIBE)
    faults.drop_connection(DESCRIBE)
    faults.throttle(DESCRIBE)
    faults.drop_connection("CreateTags", after_processing=True)
    faults.server_error("CreateTags")
    assert stack.up() == {"create": 2}
    assert len(sandbox.aws.import_tasks) == 1
    faults.throttle("DeregisterImage")
    faults.drop_connection("DeregisterImage", after_processing=True)
    faults.drop_connection("DeleteSnapshot")
    stack.destroy()
    assert stack.remaining_resources() == []
    assert faults.waiting == []


def test_expired_credentials_are_reread_and_a_run_without_new_ones_is_resumed(
    stack: Any, sandbox: Sandbox, end_imports: Any, tmp_path: Path
) -> None:
    faults, file = sandbox.aws.faults, tmp_path / "credentials"

    def log_in(*_: Any) -> None:
        keys = faults.renew_credentials()
        file.write_text(f"[team]\naws_access_key_id = {keys.access_key}\naws_secret_access_key = {keys.secret_key}\n")

    log_in()
    stack.config = {"aws:profile": "team"}
    stack.environment = {"AWS_SHARED_CREDENTIALS_FILE": str(file)}
    faults.on(DESCRIBE, lambda _: faults.expire_credentials(), nth=4)
    faults.on(DESCRIBE, log_in, nth=6)
    faults.on(DESCRIBE, end_imports, nth=6)
    faults.on("CreateTags", lambda _: faults.expire_credentials())
    printed = stack.fails(stack.up)
    assert "% pending, last poll failed: RequestExpired" in printed
    assert "ImportImage web: RequestExpired: Request has expired. (in CreateTags); renew the credentials" in printed
    assert "Traceback" not in printed
    log_in()
    assert stack.up() == {"same": 1, "update": 1}
    assert len(sandbox.aws.import_tasks) == 1
    stack.destroy()
    assert stack.remaining_resources() == []


def test_fails_to_refresh_without_permission_instead_of_reporting_the_ami_deleted(
    stack: Any, sandbox: Sandbox, end_imports: Any
) -> None:
    sandbox.aws.faults.on("ImportImage", end_imports, when="after")
    stack.up()
    sandbox.aws.faults.deny("DescribeImages")
    printed = stack.fails(stack.refresh)
    assert "ImportImage web: UnauthorizedOperation: " in printed
    assert "Traceback" not in printed
    sandbox.aws.faults.allow("DescribeImages")
    assert stack.refresh() == {"same": 2}
    stack.destroy()
    assert stack.remaining_resources() == []
