"""What a killed run of a component left in AWS is imported by the next run, and nothing else is."""

from typing import Any

import pulumi
import pytest

from pulumi_vmimport.components.export_bucket import ExportBucket
from pulumi_vmimport.components.import_bucket import ImportBucket
from pulumi_vmimport.components.vmimport_role import VmimportRole
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG

GET_ROLE, GET_BUCKET = "aws:iam/getRole:getRole", "aws:s3/getBucket:getBucket"
GET_POLICY = "aws:s3/getBucketPolicy:getBucketPolicy"
READINESS = "pulumi-python:dynamic/vmimport:RoleReadiness"


@pytest.fixture
def world(world: Any) -> Any:
    world.states["aws:iam/role:Role"] = lambda inputs: {"arn": f"arn:aws:iam::123456789012:role/{inputs['name']}"}
    world.states[READINESS] = lambda inputs: {"roleArn": f"arn:aws:iam::123456789012:role/{inputs['roleName']}"}
    world.answers["aws:s3/getCanonicalUserId:getCanonicalUserId"] = {"id": "0" * 64}
    world.states["aws:s3/bucket:Bucket"] = lambda inputs: {"arn": f"arn:aws:s3:::{inputs['bucket']}"}
    return world


def imported(world: Any, name: str) -> str | None:
    """The import id that a resource was declared with."""
    return next((r.resource_id or None for r in world.resources if r.name == name), None)


def role_tags(world: Any) -> Any:
    world.deploy(lambda: VmimportRole("importer", {"import_buckets": []}).role_name)
    return world.inputs("importer")["tags"]


def test_a_role_with_the_tags_of_the_component_is_imported(world: Any) -> None:
    tags = role_tags(world)
    assert imported(world, "importer") is None
    world.resources.clear()
    world.answers[GET_ROLE] = {"name": "vmimport", "tags": tags}
    assert role_tags(world) == tags
    assert imported(world, "importer") == "vmimport"


@pytest.mark.parametrize(
    "found",
    [
        {"name": "vmimport", "tags": {}},
        {"name": "vmimport"},
        {"name": "vmimport", "tags": {IDENTITY_TAG: "0" * 32}},
        "AccessDenied: not authorized to perform iam:GetRole",
    ],
    ids=["no-tags", "none", "other-component", "denied"],
)
def test_a_role_of_another_owner_is_not_imported(world: Any, found: Any) -> None:
    world.answers[GET_ROLE] = found
    role_tags(world)
    assert imported(world, "importer") is None


@pytest.mark.parametrize("component", [ImportBucket, ExportBucket])
def test_a_bucket_that_a_killed_run_left_is_imported(world: Any, component: Any) -> None:
    world.deploy(lambda: component("images").bucket)
    name = world.inputs("images")["bucket"]
    assert imported(world, "images") is None
    world.resources.clear()
    world.answers[GET_BUCKET] = {"bucket": name, "bucketRegion": "eu-west-1"}
    world.deploy(lambda: component("images").bucket)
    assert (imported(world, "images"), world.inputs("images")["bucket"]) == (name, name)


def test_a_bucket_with_its_policy_is_not_imported_again(world: Any) -> None:
    world.answers |= {GET_BUCKET: {"bucket": "images", "bucketRegion": "eu-west-1"}, GET_POLICY: {"policy": "{}"}}
    world.deploy(lambda: ImportBucket("images").bucket)
    assert imported(world, "images") is None
    assert GET_BUCKET not in [call.token for call in world.calls]


@pytest.mark.parametrize("component", [ImportBucket, ExportBucket])
def test_a_bucket_with_a_name_of_the_program_is_imported_with_the_tags_of_the_component(
    world: Any, component: Any
) -> None:
    """Pulumi compares the tags before it imports the bucket: one of another owner is not imported."""
    world.deploy(lambda: component("images", bucket="images-of-web", tags={"team": "blue"}).bucket)
    tags = world.inputs("images")["tags"]
    assert imported(world, "images") is None
    world.resources.clear()
    world.answers[GET_BUCKET] = {"bucket": "images-of-web", "bucketRegion": "eu-west-1"}
    world.deploy(lambda: component("images", bucket="images-of-web", tags={"team": "blue"}).bucket)
    assert imported(world, "images") == "images-of-web"
    assert world.inputs("images")["tags"] == tags
    assert {"team", IDENTITY_TAG} < tags.keys()


def test_names_of_buckets_differ_by_component_account_and_region_and_are_valid(world: Any) -> None:
    def names() -> list[pulumi.Output[str]]:
        return [ImportBucket(name).bucket for name in ("images", "Images_of.WEB " + "x" * 80, "___")]

    first = world.deploy(names)
    assert world.deploy(names) == first
    world.account_id = "111122223333"
    second = world.deploy(names)
    world.region = "us-east-1"
    third = world.deploy(names)
    assert len({*first, *second, *third}) == 9
    assert all(3 <= len(name) <= 63 and name[0].isalnum() for name in (*first, *second, *third))
    assert first[1].startswith("images-of-web-xxx")


def test_the_look_up_of_a_leftover_does_not_hide_the_resources_from_preview(world: Any, unknown: Any) -> None:
    world.preview = True
    world.deploy(lambda: VmimportRole("importer", {"import_buckets": [], "role_name": unknown()}).role_name)
    assert world.tokens["importer"] == "aws:iam/role:Role"
