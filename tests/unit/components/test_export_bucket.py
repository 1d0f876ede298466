import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from pulumi_vmimport.aws.s3.export_grantees import CANONICAL_USER_IDS
from pulumi_vmimport.components.export_bucket import ExportBucket
from pulumi_vmimport.lifecycle.contract import UNKNOWN

ARN = "arn:aws:s3:::exports-1234567"
OWNER = "0" * 64
OF_MOST_REGIONS = "c4d8eabf8db69dbe46bfe0e517100c554f01200b104d59cd408e777ba442a322"
GET_BUCKET = "aws:s3/getBucket:getBucket"
OLD = {"bucket": "old-exports", "arn": "arn:aws:s3:::old-exports", "bucketRegion": "eu-west-1"}


def outputs(args: Any) -> dict[str, Any]:
    made = ExportBucket("exports", args)
    return {"bucket": made.bucket, "arn": made.arn, "region": made.region}


@pytest.fixture
def world(world: Any) -> Any:
    world.states["aws:s3/bucket:Bucket"] = lambda inputs: {**inputs, "bucket": "exports-1234567", "arn": ARN}
    world.answers["aws:s3/getCanonicalUserId:getCanonicalUserId"] = {"id": OWNER}
    return world


def granted(world: Any) -> dict[str, set[str]]:
    """The permissions of the bucket's ACL by grantee."""
    found: dict[str, set[str]] = {}
    for grant in world.inputs("exports-acl")["accessControlPolicy"]["grants"]:
        assert grant["grantee"]["type"] == "CanonicalUser"
        found.setdefault(grant["grantee"]["id"], set()).add(grant["permission"])
    return found


def test_a_new_bucket_is_private_and_vm_import_export_can_write_to_it(world: Any) -> None:
    assert world.deploy(lambda: outputs({})) == {"bucket": "exports-1234567", "arn": ARN, "region": "eu-west-1"}
    assert world.components == {"exports": "vmimport:index:ExportBucket"}
    assert world.tokens == {
        "exports": "aws:s3/bucket:Bucket",
        "exports-public-access": "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "exports-encryption": "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "exports-ownership": "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "exports-policy": "aws:s3/bucketPolicy:BucketPolicy",
        "exports-lifecycle": "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "exports-acl": "aws:s3/bucketAcl:BucketAcl",
    }
    by_default = world.inputs("exports-encryption")["rules"][0]["applyServerSideEncryptionByDefault"]
    assert by_default == {"sseAlgorithm": "AES256"}
    assert world.inputs("exports-ownership")["rule"] == {"objectOwnership": "BucketOwnerPreferred"}
    private = {k: v for k, v in world.inputs("exports-public-access").items() if k != "bucket"}
    assert set(private.values()) == {True}
    (statement,) = json.loads(world.inputs("exports-policy")["policy"])["Statement"]
    assert (statement["Sid"], statement["Effect"]) == ("TlsOnly", "Deny")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert world.inputs("exports-acl")["accessControlPolicy"]["owner"] == {"id": OWNER}
    assert granted(world) == {OWNER: {"FULL_CONTROL"}, OF_MOST_REGIONS: {"READ_ACP", "WRITE"}}


@pytest.mark.parametrize(
    ("region", "begins"),
    [
        ("eu-south-1", "04636d9a"),
        ("cn-northwest-1", "834bafd8"),
        ("us-gov-east-1", "af913ca1"),
        ("il-central-1", "328a"),
    ],
)
def test_the_grantee_is_the_account_of_the_region(world: Any, region: str, begins: str) -> None:
    world.region = region
    world.deploy(lambda: outputs({}))
    assert [id for id in granted(world) if id.startswith(begins)] == [CANONICAL_USER_IDS[region]]


def test_every_account_in_the_table_is_a_canonical_user_id() -> None:
    assert [id for id in CANONICAL_USER_IDS.values() if len(id) != 64 or set(id) - set("0123456789abcdef")] == []


def test_fails_in_preview_in_a_region_without_a_known_account_unless_it_is_set(world: Any) -> None:
    world.preview, world.region = True, "ap-new-9"
    found = world.problems(lambda: outputs({}))
    assert list(found) == ["canonical_user_id"]
    assert found["canonical_user_id"].startswith("is required in ap-new-9")
    world.deploy(lambda: outputs({"canonical_user_id": "a" * 64}))
    assert granted(world)["a" * 64] == {"READ_ACP", "WRITE"}


def test_arguments_reach_the_bucket(world: Any) -> None:
    expiring = {"expire_exports_after_days": 30, "export_prefix": "vms/", "abort_uploads_after_days": 2}
    world.deploy(lambda: outputs({"bucket": "exports-of-shop", "force_destroy": True, "tags": {"a": "b"}, **expiring}))
    made = world.inputs("exports")
    assert {key: value for key, value in made.pop("tags").items() if not key.startswith("vmimport:")} == {"a": "b"}
    assert made == {"bucket": "exports-of-shop", "forceDestroy": True}
    abort, expire = world.inputs("exports-lifecycle")["rules"]
    assert abort["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 2}
    assert (expire["id"], expire["filter"], expire["expiration"]) == (
        "expire-exports",
        {"prefix": "vms/"},
        {"days": 30},
    )


def test_an_existing_bucket_is_not_changed_and_must_be_in_the_region(world: Any) -> None:
    world.answers[GET_BUCKET] = OLD
    found = world.deploy(lambda: outputs({"existing_bucket": pulumi.Output.from_input("old-exports")}))
    assert found["bucket"] == "old-exports"
    assert world.tokens == {}
    world.answers[GET_BUCKET] = {**OLD, "bucketRegion": "us-east-1"}
    (reason,) = world.problems(lambda: outputs({"existing_bucket": "old-exports"})).values()
    assert reason.startswith("bucket 'old-exports' is in us-east-1, expected eu-west-1, the Region of the aws provider")


@pytest.mark.parametrize(
    ("args", "path", "reason"),
    [
        pytest.param({"bucket": "Exports"}, "bucket", "got 'Exports'", id="name"),
        pytest.param({"canonical_user_id": "c4d8"}, "canonical_user_id", "64 hexadecimal digits, got 'c4d8'", id="id"),
        pytest.param({"expire_exports_after_days": 0}, "expire_exports_after_days", "at least 1, got 0", id="days"),
        pytest.param({"export_prefix": "vms/"}, "export_prefix", "expire_exports_after_days", id="prefix-of-nothing"),
        pytest.param({"kms_key_arn": "arn"}, "kms_key_arn", "is not an argument", id="no-kms"),
        pytest.param(
            {"existing_bucket": "old", "canonical_user_id": "a" * 64},
            "canonical_user_id",
            "applies only to a new bucket",
            id="old",
        ),
    ],
)
def test_fails_with_the_argument_and_what_is_expected(world: Any, args: dict[str, Any], path: str, reason: str) -> None:
    found = world.problems(lambda: outputs(args))
    assert list(found) == [path]
    assert reason in found[path]
    assert world.resources == []


def test_values_that_preview_does_not_know_are_not_checked(world: Any, unknown: Callable[[], Any]) -> None:
    world.preview = True
    found = world.deploy(lambda: outputs({"bucket": unknown(), "canonical_user_id": unknown(), "tags": unknown()}))
    assert found == {"bucket": UNKNOWN, "arn": UNKNOWN, "region": "eu-west-1"}
    assert len(world.tokens) == 7


def test_pulumi_derives_a_schema_of_the_component(schema: Callable[[Any], Any]) -> None:
    definition = schema(ExportBucket)
    assert set(definition.outputs) == {"bucket", "arn", "region"}
    described = {**definition.inputs, **definition.outputs}
    assert [name for name, p in described.items() if not p.description] == []
    assert [name for name, p in definition.inputs.items() if p.plain] == []
