import json
import re
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from pulumi_vmimport.components.import_bucket import ImportBucket
from pulumi_vmimport.lifecycle.contract import UNKNOWN

ARN = "arn:aws:s3:::images-1234567"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
GET_BUCKET = "aws:s3/getBucket:getBucket"
OLD = {"bucket": "old-images", "arn": "arn:aws:s3:::old-images", "bucketRegion": "eu-west-1"}


def outputs(args: Any) -> dict[str, Any]:
    made = ImportBucket("images", args)
    return {"bucket": made.bucket, "arn": made.arn, "region": made.region}


@pytest.fixture
def world(world: Any) -> Any:
    world.states["aws:s3/bucket:Bucket"] = lambda inputs: {**inputs, "bucket": "images-1234567", "arn": ARN}
    return world


def test_a_new_bucket_is_private_encrypted_and_open_to_tls_only(world: Any) -> None:
    assert world.deploy(lambda: outputs({})) == {"bucket": "images-1234567", "arn": ARN, "region": "eu-west-1"}
    assert world.components == {"images": "vmimport:index:ImportBucket"}
    assert world.tokens == {
        "images": "aws:s3/bucket:Bucket",
        "images-public-access": "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "images-encryption": "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "images-ownership": "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "images-policy": "aws:s3/bucketPolicy:BucketPolicy",
        "images-lifecycle": "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    }
    made = world.inputs("images")
    assert re.fullmatch(r"images-[0-9a-f]{16}", made.pop("bucket"))
    tags = {"vmimport:stack": "shop/dev", "vmimport:resource": "ImportBucket::images"}
    assert {key: value for key, value in made.pop("tags").items() if key != "vmimport:identity"} == tags
    assert made == {"forceDestroy": False}
    assert world.inputs("images-public-access") == {
        "bucket": "images-1234567",
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    assert world.inputs("images-encryption") == {
        "bucket": "images-1234567",
        "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
    }
    assert world.inputs("images-ownership") == {
        "bucket": "images-1234567",
        "rule": {"objectOwnership": "BucketOwnerEnforced"},
    }
    assert json.loads(world.inputs("images-policy")["policy"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [ARN, f"{ARN}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def test_incomplete_uploads_are_aborted_after_a_week_and_images_are_kept(world: Any) -> None:
    world.deploy(lambda: outputs({}))
    assert world.inputs("images-lifecycle")["rules"] == [
        {
            "id": "abort-uploads",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        }
    ]


def test_arguments_reach_the_bucket(world: Any) -> None:
    world.deploy(
        lambda: outputs(
            {
                "bucket": pulumi.Output.from_input("images-of-shop"),
                "kms_key_arn": KEY,
                "abort_uploads_after_days": 2,
                "expire_images_after_days": 30,
                "image_prefix": "ova/",
                "force_destroy": True,
                "tags": {"team": "blue"},
            }
        )
    )
    made = world.inputs("images")
    assert {key: value for key, value in made.pop("tags").items() if not key.startswith("vmimport:")} == {
        "team": "blue"
    }
    assert made == {"bucket": "images-of-shop", "forceDestroy": True}
    assert world.inputs("images-encryption")["rules"] == [
        {
            "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY},
            "bucketKeyEnabled": True,
        }
    ]
    abort, expire = world.inputs("images-lifecycle")["rules"]
    assert abort["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 2}
    assert expire == {
        "id": "expire-images",
        "status": "Enabled",
        "filter": {"prefix": "ova/"},
        "expiration": {"days": 30},
    }


def test_the_name_of_a_new_bucket_is_known_in_preview_if_it_is_set(world: Any) -> None:
    world.preview = True
    assert world.deploy(lambda: outputs({"bucket": "images-of-shop"}))["bucket"] == "images-of-shop"


def test_an_existing_bucket_is_not_changed(world: Any) -> None:
    world.answers[GET_BUCKET] = OLD
    found = world.deploy(lambda: outputs({"existing_bucket": pulumi.Output.from_input("old-images")}))
    assert found == {"bucket": "old-images", "arn": "arn:aws:s3:::old-images", "region": "eu-west-1"}
    assert world.tokens == {}
    assert [c.args for c in world.calls if c.token == GET_BUCKET] == [{"bucket": "old-images"}]


def test_fails_in_preview_for_an_existing_bucket_of_another_region(world: Any) -> None:
    world.preview = True
    world.answers[GET_BUCKET] = {**OLD, "bucketRegion": "us-east-1"}
    (reason,) = world.problems(lambda: outputs({"existing_bucket": "old-images"})).values()
    assert reason.startswith("bucket 'old-images' is in us-east-1, expected eu-west-1, the Region of the aws provider")


def test_fails_in_the_words_of_the_provider_for_an_existing_bucket_that_cannot_be_read(world: Any) -> None:
    world.answers[GET_BUCKET] = "reading S3 Bucket (old-images): 404"
    found = world.problems(lambda: outputs({"existing_bucket": "old-images"}))
    assert found["existing_bucket"].startswith("reading S3 Bucket (old-images): 404 (); expected an existing bucket")


@pytest.mark.parametrize(
    ("args", "path", "reason"),
    [
        pytest.param({"bucket": "Images"}, "bucket", "got 'Images'", id="name"),
        pytest.param({"existing_bucket": ARN}, "existing_bucket", "3 to 63", id="arn-as-name"),
        pytest.param({"kms_key_arn": "alias/images"}, "kms_key_arn", "got 'alias/images'", id="key-without-arn"),
        pytest.param({"abort_uploads_after_days": 0}, "abort_uploads_after_days", "at least 1, got 0", id="abort-days"),
        pytest.param({"expire_images_after_days": -1}, "expire_images_after_days", "got -1", id="expire-days"),
        pytest.param({"image_prefix": "ova/"}, "image_prefix", "expire_images_after_days", id="prefix-of-nothing"),
        pytest.param({"force_destroy": "yes"}, "force_destroy", "expected true or false, got 'yes'", id="no-bool"),
        pytest.param({"tags": {"a": 1}}, "tags.a", "expected a string, got 1", id="tag-no-string"),
        pytest.param({"name": "x"}, "name", "expected one of abort_uploads_after_days", id="no-such-argument"),
        pytest.param({"kms_key": KEY}, "kms_key", "did you mean kms_key_arn?", id="misspelt"),
        *(
            pytest.param(
                {"existing_bucket": "old", name: value}, name, "applies only to a new bucket", id=f"existing-{name}"
            )
            for name, value in {
                "bucket": "images",
                "kms_key_arn": KEY,
                "abort_uploads_after_days": 1,
                "expire_images_after_days": 1,
                "force_destroy": False,
                "tags": {},
            }.items()
        ),
    ],
)
def test_fails_with_the_argument_and_what_is_expected(world: Any, args: dict[str, Any], path: str, reason: str) -> None:
    found = world.problems(lambda: outputs(args))
    assert list(found) == [path]
    assert reason in found[path]
    assert world.resources == []


def test_fails_with_every_problem_at_once(world: Any) -> None:
    wrong: dict[str, Any] = {"kms_key_arn": "key", "abort_uploads_after_days": 0}
    found = world.problems(lambda: outputs({**wrong, "bucket": pulumi.Output.from_input("X")}))
    assert list(found) == ["bucket", "abort_uploads_after_days", "kms_key_arn"]
    found = world.problems(lambda: outputs({**wrong, "tag": {}}))
    assert list(found) == ["tag", "abort_uploads_after_days", "kms_key_arn"]


def test_values_that_preview_does_not_know_are_not_checked(world: Any, unknown: Callable[[], Any]) -> None:
    world.preview = True
    found = world.deploy(
        lambda: outputs(
            {"bucket": unknown(), "kms_key_arn": unknown(), "expire_images_after_days": unknown(), "tags": unknown()}
        )
    )
    assert found == {"bucket": UNKNOWN, "arn": UNKNOWN, "region": "eu-west-1"}
    assert len(world.tokens) == 6


def test_fails_in_preview_for_a_known_argument_beside_unknown_ones(world: Any, unknown: Callable[[], Any]) -> None:
    world.preview = True
    found = world.problems(lambda: outputs({"bucket": unknown(), "kms_key_arn": pulumi.Output.from_input("key")}))
    assert list(found) == ["kms_key_arn"]


def test_pulumi_derives_a_schema_of_the_component(schema: Callable[[Any], Any]) -> None:
    definition = schema(ImportBucket)
    assert set(definition.outputs) == {"bucket", "arn", "region"}
    assert definition.inputs["abortUploadsAfterDays"].description.endswith("Default: 7.")
    described = {**definition.inputs, **definition.outputs}
    assert [name for name, p in described.items() if not p.description] == []
    assert [name for name, p in definition.inputs.items() if p.plain] == []
