from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from moto.ec2.models import ec2_backends

from pulumi_vmimport.resources.workspaces.create_workspace_image import CreateWorkspaceImage
from pulumi_vmimport.resources.workspaces.import_workspace_image import ImportWorkspaceImage
from pulumi_vmimport_sandbox import Sandbox

REGION = "eu-west-1"
ACCOUNT = "210987654321"


@pytest.fixture
def ami(sandbox: Sandbox, image_args: dict[str, Any]) -> str:
    """A BYOL AMI of Windows."""
    ec2, place = sandbox.aws.observer("ec2", REGION), image_args["disk_containers"][0]["user_bucket"]
    disk = {"Format": "RAW", "UserBucket": {"S3Bucket": place["s3_bucket"], "S3Key": place["s3_key"]}}
    task = ec2.import_image(DiskContainers=[disk], LicenseType="BYOL", Platform="Windows")["ImportTaskId"]
    sandbox.clock.advance(sandbox.aws.settings.import_seconds)
    return str(ec2.describe_import_image_tasks(ImportTaskIds=[task])["ImportImageTasks"][0]["ImageId"])


@pytest.fixture
def args(sandbox: Sandbox, ami: str) -> dict[str, dict[str, Any]]:
    """The arguments of one image of each kind, which a test may edit. An image takes two seconds."""
    sandbox.aws.settings.import_workspace_image_seconds = sandbox.aws.settings.create_workspace_image_seconds = 20 * 60
    return {
        "desktop": {
            "image_name": "desktop",
            "image_description": "imported",
            "ec2_image_id": ami,
            "ingestion_process": "BYOL_REGULAR_WSP",
            "tags": {"cost_center": "blue"},
        },
        "golden": {
            "image_name": "golden",
            "image_description": "created",
            "workspace_id": sandbox.aws.make_workspace(REGION),
            "tags": {"cost_center": "blue"},
        },
    }


@pytest.fixture
def stack(new_stack: Callable[..., Any], args: dict[str, dict[str, Any]]) -> Any:
    kinds: dict[str, Any] = {"desktop": ImportWorkspaceImage, "golden": CreateWorkspaceImage}

    def program() -> None:
        for name, arguments in args.items():
            image = kinds[name](name, arguments)
            pulumi.export(name, image.image_id)
            pulumi.export(f"{name}State", image.image_state)

    return new_stack(program)


@pytest.fixture
def workspaces(sandbox: Sandbox) -> Any:
    """A WorkSpaces client outside the stack."""
    return sandbox.aws.observer("workspaces", REGION)


def images(sandbox: Sandbox) -> list[str]:
    return [line for line in sandbox.aws.remaining_resources() if line.startswith("workspaces")]


@pytest.mark.both_hosts
def test_images_are_created_updated_in_place_and_destroyed(
    stack: Any, sandbox: Sandbox, args: dict[str, dict[str, Any]], workspaces: Any
) -> None:
    assert stack.preview() == {"create": 3}
    assert stack.up() == {"create": 3}
    outputs = stack.outputs()
    assert (outputs["desktopState"], outputs["goldenState"]) == ("AVAILABLE", "AVAILABLE")
    before = sandbox.aws.calls.writes()
    assert stack.up() == {"same": 3}
    assert sandbox.aws.calls.writes() == before
    for of in args.values():
        of["tags"] = {"stage": "prod"}
    assert stack.up() == {"same": 1, "update": 2}
    for name in args:
        tags = {tag["Key"] for tag in workspaces.describe_tags(ResourceId=outputs[name])["TagList"]}
        assert {tag for tag in tags if not tag.startswith("vmimport:")} == {"stage"}
    stack.destroy()
    assert images(sandbox) == []


def test_another_description_replaces_the_images_and_keeps_their_names(
    stack: Any, args: dict[str, dict[str, Any]], workspaces: Any
) -> None:
    stack.up()
    for of in args.values():
        of["image_description"] = "changed"
    assert stack.up() == {"same": 1, "replace": 2}
    descriptions = {
        image["ImageId"]: image["Description"] for image in workspaces.describe_workspace_images()["Images"]
    }
    outputs = stack.outputs()
    assert descriptions == {outputs["desktop"]: "changed", outputs["golden"]: "changed"}


@pytest.mark.both_hosts
def test_refresh_detects_a_deleted_image_and_changed_tags_and_up_repairs_them(
    stack: Any, sandbox: Sandbox, workspaces: Any
) -> None:
    stack.up()
    outputs = stack.outputs()
    workspaces.delete_workspace_image(ImageId=outputs["desktop"])
    workspaces.create_tags(ResourceId=outputs["golden"], Tags=[{"Key": "cost_center", "Value": "changed"}])
    assert stack.preview(refresh=True) == {"create": 1, "same": 1, "update": 1}
    assert stack.up(refresh=True) == {"create": 1, "same": 1, "update": 1}
    assert stack.preview(refresh=True) == {"same": 3}
    assert len(images(sandbox)) == 2


def test_fails_with_every_error_code_and_the_next_up_succeeds(stack: Any, sandbox: Sandbox) -> None:
    sandbox.aws.faults.fail_workspace_image("VMWareToolsInstalled", "PendingReboot", times=2)
    printed = stack.fails(stack.up)
    for resource in ("ImportWorkspaceImage desktop", "CreateWorkspaceImage golden"):
        line = next(line for line in printed.splitlines() if f"{resource}: image wsi-" in line)
        assert "ended in ERROR: VMWareToolsInstalled: " in line
        assert "; PendingReboot: " in line
        assert "image was deleted" in line
    assert "Traceback" not in printed
    assert images(sandbox) == []
    assert stack.up() == {"create": 2, "same": 1}
    stack.destroy()
    assert images(sandbox) == []


def test_the_next_up_resumes_after_a_denied_describe(
    stack: Any, sandbox: Sandbox, args: dict[str, dict[str, Any]]
) -> None:
    del args["golden"]
    faults = sandbox.aws.faults
    faults.on("ImportWorkspaceImage", lambda _: faults.deny("DescribeWorkspaceImages"), when="after")
    assert "AccessDeniedException" in stack.fails(stack.up)
    assert stack.resource("ImportWorkspaceImage")["outputs"]["imageState"] == "PENDING"
    faults.allow("DescribeWorkspaceImages")
    assert stack.up() == {"same": 1, "update": 1}
    assert stack.outputs()["desktopState"] == "AVAILABLE"
    assert len(sandbox.aws.calls.of("ImportWorkspaceImage")) == 1


def test_fails_to_destroy_an_image_while_it_is_shared(
    stack: Any, sandbox: Sandbox, args: dict[str, dict[str, Any]], workspaces: Any
) -> None:
    del args["golden"]
    stack.up()
    other = sandbox.aws.second_account().account_id
    share = {"ImageId": stack.outputs()["desktop"], "SharedAccountId": other}
    workspaces.update_workspace_image_permission(**share, AllowCopyImage=True)
    printed = stack.fails(stack.destroy)
    assert f"image {share['ImageId']} (desktop)" in printed
    assert "ResourceAssociatedException" in printed
    assert f"stop sharing it with {other}" in printed
    workspaces.update_workspace_image_permission(**share, AllowCopyImage=False)
    stack.destroy()
    assert images(sandbox) == []


@pytest.mark.parametrize(
    ("wrong", "problems"),
    [
        pytest.param(
            {"desktop": {"image_name": "a b", "ec2_image_id": "ami-1", "ingestion_process": "BYOL", "colour": "red"}},
            ["no space, got 'a b'", "8 or 17 hex digits, got 'ami-1'", "BYOL_GRAPHICS_G4DN_BYOP, got 'BYOL'", "colour"],
            id="ImportWorkspaceImage",
        ),
        pytest.param(
            {"golden": {"image_description": "a, b", "workspace_id": "ws-1", "timeout_minutes": 0}},
            ["got 'a, b'", "expected ws- and 8 to 63 of a-z 0-9, got 'ws-1'", "expected at least 1, got 0"],
            id="CreateWorkspaceImage",
        ),
    ],
)
def test_fails_in_preview_with_every_problem_and_no_write(
    stack: Any, sandbox: Sandbox, args: dict[str, dict[str, Any]], wrong: dict[str, dict[str, Any]], problems: list[str]
) -> None:
    for name, values in wrong.items():
        args[name] |= values
    printed = stack.fails(stack.preview)
    assert [words for words in problems if words not in printed] == []
    assert "Traceback" not in printed
    assert sandbox.aws.calls.writes() == []


def test_fails_in_preview_for_an_account_without_byol_and_an_ami_of_another_account(
    stack: Any, sandbox: Sandbox, ami: str
) -> None:
    sandbox.aws.disable_byol(REGION)
    ec2_backends[sandbox.aws.account_id][REGION].amis[ami].owner_id = ACCOUNT
    printed = stack.fails(stack.preview)
    assert f"account {sandbox.aws.account_id} is not enabled for BYOL in {REGION}" in printed
    assert f"AMI {ami} belongs to account {ACCOUNT}, expected your own" in printed
    assert sandbox.aws.calls.writes() == []


def test_fails_in_preview_for_a_stopped_workspace(
    stack: Any, sandbox: Sandbox, args: dict[str, dict[str, Any]]
) -> None:
    workspace = args["golden"]["workspace_id"]
    sandbox.aws.set_workspace_state(workspace, "STOPPED", REGION)
    assert f"expected a WorkSpace that is AVAILABLE, {workspace} is STOPPED" in stack.fails(stack.preview)
    assert sandbox.aws.calls.writes() == []
