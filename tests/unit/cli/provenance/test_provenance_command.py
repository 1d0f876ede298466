"""`vmimport provenance` against the simulated AWS, which has images with and without tags."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.unit.cli.conftest import REGION

from pulumi_vmimport.cli.group import vmimport
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

MACHINE = "4222c0de-0000-1111-2222-333344445555 2026-11-28T10:00:00Z"
TAGS = {
    "vmimport:source-machine": MACHINE,
    "vmimport:source-disk-sha256": "ab" * 32,
    "vmimport:source-object": "s3://images-of-web/web.ova",
    "vmimport:source-task": "import-ami-0123456789abcdef0",
    "vmimport:stack": "shop/dev",
    "vmimport:resource": "ImportImage::web",
    "team": "web",
}


@pytest.fixture(scope="module")
def aws(running_aws: AwsSandbox) -> AwsSandbox:
    return running_aws


@pytest.fixture(scope="module")
def image(aws: AwsSandbox) -> Callable[[dict[str, str]], str]:
    """Registers an AMI with tags; returns its id."""
    ec2: Any = aws.observer("ec2")

    def register(tags: dict[str, str]) -> str:
        id: str = ec2.register_image(Name=f"web-{len(tags)}")["ImageId"]
        ec2.create_tags(Resources=[id], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
        return id

    return register


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(vmimport, ["provenance", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_the_chain_goes_from_the_image_back_to_the_machine_and_the_stack(image: Callable[..., str]) -> None:
    id = image(TAGS)
    result = run(id)
    assert result.exit_code == 0
    heading, *lines = result.stdout.splitlines()
    assert heading == f"AMI {id} (web-7) available"
    assert [tuple(part.strip() for part in line.split("  ") if part) for line in lines] == [
        ("import task", "import-ami-0123456789abcdef0"),
        ("disk images", "s3://images-of-web/web.ova"),
        ("SHA-256 of disks", "ab" * 32),
        ("virtual machine", MACHINE),
        ("Pulumi stack", "shop/dev"),
        ("Pulumi resource", "ImportImage::web"),
    ]


def test_json_has_every_fact_and_null_for_the_unknown_ones(image: Callable[..., str]) -> None:
    (found,) = json.loads(run(image(TAGS), "--json").stdout)
    assert found["provenance"] == {
        "image": None,
        "importTask": "import-ami-0123456789abcdef0",
        "object": "s3://images-of-web/web.ova",
        "diskSha256": "ab" * 32,
        "virtualMachine": MACHINE,
        "stack": "shop/dev",
        "resource": "ImportImage::web",
    }
    assert (found["kind"], found["region"]) == ("AMI", REGION)


def test_an_image_without_tags_says_that_its_source_is_not_known(image: Callable[..., str]) -> None:
    result = run(image({"team": "web", "owner": "x"}))
    assert result.exit_code == 1
    assert "has no tags of pulumi-vmimport" in result.stdout


def test_an_image_that_does_not_exist_is_an_error_with_its_region(aws: AwsSandbox) -> None:
    del aws
    for id in ("ami-0123456789abcdef0", "snap-0123456789abcdef0", "wsi-012345678"):
        result = run(id)
        assert result.exit_code == 2
        assert f"{id} does not exist in eu-west-1" in result.stderr


def test_a_denied_look_up_names_the_statement_to_add(aws: AwsSandbox) -> None:
    aws.faults.deny("DescribeImages")
    result = run("ami-0123456789abcdef0")
    aws.faults.allow("DescribeImages")
    assert result.exit_code == 2
    assert '"Action": "ec2:DescribeImages"' in result.stderr


def test_an_id_of_another_kind_is_refused_with_the_allowed_ones() -> None:
    result = run("i-0123456789abcdef0")
    assert result.exit_code == 2
    assert "expected ami-..., snap-... or wsi-..., got 'i-0123456789abcdef0'" in " ".join(result.stderr.split())


def test_a_workspaces_image_is_traced_by_its_own_tags(aws: AwsSandbox) -> None:
    workspaces: Any = aws.observer("workspaces")
    id = workspaces.create_workspace_image(
        Name="golden",
        Description="a source",
        WorkspaceId=aws.make_workspace(user="golden"),
        Tags=[{"Key": key, "Value": value} for key, value in TAGS.items()],
    )["ImageId"]
    result = run(id)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"WorkSpaces image {id} (golden) ")
    assert MACHINE in result.stdout
