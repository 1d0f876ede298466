"""The sandbox enforces IAM, and the caller has only the policy that OperatorPolicy computes."""

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from tests.engine.foreign_objects import put_ova

from pulumi_vmimport import (
    ByolWorkspaceImage,
    DiskImageUpload,
    ImportBucket,
    ImportImage,
    ImportWorkspaceImage,
    OperatorPolicy,
    OperatorPolicyArgs,
    VmimportRole,
)
from pulumi_vmimport.aws.iam.policy_conditions import as_list
from pulumi_vmimport.components.operator_kinds import operator_kinds
from pulumi_vmimport_sandbox import Sandbox

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NewStack = Callable[..., Any]
BUCKET, ROLE = "images-of-line", "line"
LINE = ["DiskImageUpload", "ImportBucket", "ImportImage", "ImportWorkspaceImage", "VmimportRole"]


def run(example: str) -> Callable[[], None]:
    """An example as a program."""

    def program() -> None:
        runpy.run_path(str(EXAMPLES / example))

    return program


def document(new_stack: NewStack, args: OperatorPolicyArgs) -> dict[str, Any]:
    """The policy of OperatorPolicy, from a stack of its own."""

    def program() -> None:
        pulumi.export("policy", OperatorPolicy("pipeline", args).policy)

    stack = new_stack(program, name="policy", project="policy")
    stack.up()
    made: dict[str, Any] = json.loads(stack.outputs()["policy"])
    stack.destroy()
    return made


def without(policy: dict[str, Any], action: str) -> dict[str, Any]:
    """The policy without one action."""
    statements = [
        {**each, "Action": [of for of in as_list(each["Action"]) if of != action]} for each in policy["Statement"]
    ]
    assert statements != [{**each, "Action": as_list(each["Action"])} for each in policy["Statement"]]
    return {**policy, "Statement": [each for each in statements if each["Action"]]}


@pytest.fixture
def line(new_stack: NewStack, disk: Path) -> Any:
    """A stack with the whole line from a disk image to a WorkSpaces image."""

    def program() -> None:
        images = ImportBucket("images", {"bucket": BUCKET})
        role = VmimportRole("role", {"import_buckets": [images.bucket], "role_name": ROLE})
        upload = DiskImageUpload(
            "disk",
            path=str(disk),
            bucket=images.bucket,
            key="windows.vmdk",
            image_profile="byol-workspaces",
            tags={"team": "a"},
        )
        image = ImportImage(
            "windows",
            disk_containers=[{"format": "VMDK", "user_bucket": {"s3_bucket": upload.bucket, "s3_key": upload.key}}],
            license_type="BYOL",
            platform="Windows",
            role_name=role.role_name,
            image_name="windows-10",
        )
        desktop = ImportWorkspaceImage(
            "desktop",
            image_name="windows-10",
            image_description="Windows 10",
            ec2_image_id=image.image_id,
            ingestion_process="BYOL_REGULAR_WSP",
        )
        pulumi.export("imageId", desktop.image_id)

    return new_stack(program)


def test_the_line_runs_with_only_its_policy(new_stack: NewStack, line: Any, sandbox: Sandbox) -> None:
    policy = document(new_stack, {"resources": [*LINE], "buckets": [BUCKET], "role_names": [ROLE]})
    with sandbox.aws.permissions.limited_to(policy):
        created = line.up()["create"]
        assert line.up() == {"same": created}
        assert line.preview(refresh=True) == {"same": created}
        line.destroy()
    assert "not checked" not in "".join(line.output)
    assert "is not authorized" not in "".join(line.output)
    assert sandbox.aws.remaining_resources() == []


def test_a_missing_action_fails_the_line_and_the_error_names_it(
    new_stack: NewStack, line: Any, sandbox: Sandbox
) -> None:
    policy = document(new_stack, {"resources": [*LINE], "buckets": [BUCKET], "role_names": [ROLE]})
    # In the order of the line: what a failed run has created is there for the next one.
    for action in ("s3:CreateBucket", "s3:PutObject", "iam:PassRole", "workspaces:ImportWorkspaceImage"):
        with sandbox.aws.permissions.limited_to(without(policy, action)):
            printed = line.fails(line.up)
        assert f"is not authorized to perform: {action}" in printed
        if action != "s3:CreateBucket":  # its error is that of pulumi-aws
            assert f'{action} is missing: add {{"Effect": "Allow"' in printed
    with sandbox.aws.permissions.limited_to(policy):
        line.up()
        line.destroy()
    assert sandbox.aws.remaining_resources() == []


def test_the_line_in_one_component_runs_with_the_policy_of_that_component(
    new_stack: NewStack, sandbox: Sandbox, disk: Path
) -> None:
    put_ova(sandbox, disk, BUCKET, "web.ova")
    before = sandbox.aws.remaining_resources()
    args: Any = {
        "image_name": "windows",
        "image_description": "Windows 10",
        "ingestion_process": "BYOL_REGULAR_WSP",
        "existing_bucket": BUCKET,
        "ova_key": "web.ova",
    }
    roles: list[pulumi.Input[str]] = ["vmimport", "vmimport-web-dev-line"]
    policy = document(new_stack, {"resources": ["ByolWorkspaceImage"], "buckets": [BUCKET], "role_names": roles})
    stack = new_stack(lambda: ByolWorkspaceImage("line", args) and None)
    with sandbox.aws.permissions.limited_to(policy):
        created = stack.up()["create"]
        assert stack.up() == {"same": created}
        stack.destroy()
    assert sandbox.aws.remaining_resources() == before


def test_the_example_creates_attaches_repairs_and_deletes_the_policy_of_another_example(
    new_stack: NewStack, sandbox: Sandbox, tmp_path: Path
) -> None:
    iam = sandbox.aws.observer("iam")
    iam.create_role(RoleName="ci", AssumeRolePolicyDocument="{}")
    before = sandbox.aws.remaining_resources()
    stack = new_stack(run("operator_policy.py"), name="policy", project="policy")
    created = stack.up()["create"]
    assert stack.up() == {"same": created}
    arn, policy = stack.outputs()["policyArn"], json.loads(stack.outputs()["policy"])
    assert [p["PolicyArn"] for p in iam.list_attached_role_policies(RoleName="ci")["AttachedPolicies"]] == [arn]
    image = tmp_path / "data.raw"
    image.write_bytes(b"\0dat" * (1 << 18))
    other = new_stack(run("upload_and_import.py"), project="shop", config={"diskImage": str(image)})
    with sandbox.aws.permissions.limited_to(policy):
        resources = other.up()["create"]
        assert other.up() == {"same": resources}
        other.destroy()
    everything = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    )
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=everything, SetAsDefault=True)
    iam.detach_role_policy(RoleName="ci", PolicyArn=arn)
    assert stack.preview(refresh=True)["update"] == 1
    assert stack.up(refresh=True) == {"create": 1, "same": created - 2, "update": 1}
    assert stack.preview(refresh=True) == {"same": created}
    stack.destroy()
    assert sandbox.aws.remaining_resources() == before


def test_fails_in_preview_for_a_resource_that_does_not_exist(new_stack: NewStack, sandbox: Sandbox) -> None:
    stack = new_stack(lambda: OperatorPolicy("pipeline", {"resources": ["ImportImages"], "buckets": [BUCKET]}) and None)
    printed = stack.fails(stack.preview)
    assert "resources[0]: expected one of ByolWorkspaceImage" in printed
    assert "got 'ImportImages'" in printed
    assert "Traceback" not in printed
    assert sandbox.aws.calls.writes() == []


def test_a_policy_that_is_too_large_is_several_whose_names_stay_as_it_grows_and_shrinks(
    new_stack: NewStack, sandbox: Sandbox
) -> None:
    iam = sandbox.aws.observer("iam")
    iam.create_role(RoleName="ci", AssumeRolePolicyDocument="{}")
    before = sandbox.aws.remaining_resources()
    args: Any = {"buckets": [BUCKET], "policy_name": "pipeline", "attach_to_roles": ["ci"]}

    def program() -> None:
        pulumi.export("arns", OperatorPolicy("pipeline", args).policy_arns)

    def attached() -> list[str]:
        return sorted(p["PolicyName"] for p in iam.list_attached_role_policies(RoleName="ci")["AttachedPolicies"])

    stack = new_stack(program)
    args["resources"] = sorted(operator_kinds())
    sandbox.aws.faults.on("CreatePolicy", lambda _: stack.kill(), when="after")
    stack.fails(stack.up)
    sandbox.aws.faults.clear()
    stack.cancel()
    stack.up()
    assert attached() == ["pipeline", "pipeline-2"]
    assert [arn.rpartition("/")[2] for arn in stack.outputs()["arns"]] == ["pipeline", "pipeline-2"]
    assert stack.preview(refresh=True).keys() == {"same"}
    args["resources"] = ["ImportImage"]
    assert stack.up() == {"delete": 2, "same": 3, "update": 1}
    assert attached() == ["pipeline"]
    args["resources"] = sorted(operator_kinds())
    assert stack.up() == {"create": 2, "same": 3, "update": 1}
    stack.destroy()
    assert sandbox.aws.remaining_resources() == before


def test_a_policy_that_kill_9_left_behind_is_imported(new_stack: NewStack, sandbox: Sandbox) -> None:
    args: Any = {"resources": ["WorkspaceBundle"], "policy_name": "pipeline"}
    stack = new_stack(lambda: OperatorPolicy("pipeline", args) and None)
    sandbox.aws.faults.on("CreatePolicy", lambda _: stack.kill(), when="after")
    stack.fails(stack.up)
    sandbox.aws.faults.clear()
    stack.cancel()
    stack.up()
    assert stack.preview(refresh=True).keys() == {"same"}
    assert len(sandbox.aws.observer("iam").list_policies(Scope="Local")["Policies"]) == 1
    stack.destroy()
    assert sandbox.aws.remaining_resources() == []
