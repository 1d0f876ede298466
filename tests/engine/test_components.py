"""Bucket and role on the engine: adopted ones, and those that will not do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
from tests.engine.foreign_objects import make_role, put_ova

from pulumi_vmimport import ByolWorkspaceImage, ImportBucket, VmimportRole
from pulumi_vmimport_sandbox import Sandbox

NewStack = Callable[..., Any]


def make_bucket(sandbox: Sandbox, name: str, region: str) -> None:
    location = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    sandbox.aws.observer("s3", region).create_bucket(Bucket=name, **location)


def test_an_adopted_role_and_bucket_are_neither_changed_nor_deleted(new_stack: NewStack, sandbox: Sandbox) -> None:
    make_bucket(sandbox, "images-of-web", "eu-west-1")
    make_role(sandbox, ["images-of-web"])
    before = sandbox.aws.remaining_resources()

    def program() -> None:
        bucket = ImportBucket("images", {"existing_bucket": "images-of-web"})
        role = VmimportRole("vmimport", {"import_buckets": [bucket.bucket], "adopt": True})
        pulumi.export("role", role.role_name)

    stack = new_stack(program)
    stack.up()
    assert stack.outputs()["role"] == "vmimport"
    assert stack.preview(refresh=True).keys() == {"same"}
    stack.destroy()
    assert sandbox.aws.calls.writes() == []
    assert sandbox.aws.remaining_resources() == before


def test_fails_in_preview_for_an_adopted_role_that_lacks_a_permission(new_stack: NewStack, sandbox: Sandbox) -> None:
    make_role(sandbox, ["images-of-web"])
    stack = new_stack(lambda: VmimportRole("vmimport", {"import_buckets": ["other-images"], "adopt": True}) and None)
    printed = stack.fails(stack.preview)
    assert "arn:aws:s3:::other-images" in printed
    assert "s3:GetObject" in printed


def test_fails_in_preview_instead_of_overwriting_the_role_of_the_account(new_stack: NewStack, sandbox: Sandbox) -> None:
    make_role(sandbox, ["images-of-web"])
    stack = new_stack(lambda: VmimportRole("vmimport", {"import_buckets": ["images-of-web"]}) and None)
    printed = stack.fails(stack.preview)
    assert "adopt" in printed
    assert sandbox.aws.calls.writes() == []


def test_fails_in_preview_for_a_bucket_of_another_region(new_stack: NewStack, sandbox: Sandbox) -> None:
    make_bucket(sandbox, "far-away", "us-east-1")
    stack = new_stack(lambda: ImportBucket("images", {"existing_bucket": "far-away"}) and None)
    printed = stack.fails(stack.preview)
    assert "bucket 'far-away' is in us-east-1, expected eu-west-1" in printed


def test_two_stacks_have_a_role_each_and_a_role_of_the_account_is_used_and_kept(
    new_stack: NewStack, sandbox: Sandbox, disk: Path
) -> None:
    put_ova(sandbox, disk, "images-of-web", "web.ova")

    def program() -> None:
        args: Any = {
            "image_name": f"windows-{pulumi.get_stack()}",
            "image_description": "Windows 10",
            "ingestion_process": "BYOL_REGULAR_WSP",
            "existing_bucket": "images-of-web",
            "ova_key": "web.ova",
        }
        pulumi.export("role", ByolWorkspaceImage("line", args).role_name)

    def roles() -> set[str]:
        return {role["RoleName"] for role in sandbox.aws.observer("iam").list_roles()["Roles"]}

    first, second, third = (new_stack(program, name=name) for name in ("dev", "prod", "test"))
    first.up()
    second.up()
    assert (first.outputs()["role"], second.outputs()["role"]) == ("vmimport-web-dev-line", "vmimport-web-prod-line")
    make_role(sandbox, ["images-of-web"])
    assert second.preview().keys() == {"same"}
    first.destroy()
    assert roles() == {"vmimport", "vmimport-web-prod-line"}
    third.preview()
    assert "uses the account's role 'vmimport'" in "".join(third.output)
    assert "aws:iam:Role " not in "".join(third.output)
    second.destroy()
    assert roles() == {"vmimport"}
