"""A presigned URL in the wrong property is not echoed: neither with its signature nor with its key."""

from typing import Any

import pytest

from pulumi_vmimport.aws.redacted_urls import redact_urls
from pulumi_vmimport.components.component_base import InvalidInputsError
from pulumi_vmimport.components.import_bucket import ImportBucket
from pulumi_vmimport.lifecycle.contract import Problem
from pulumi_vmimport.lifecycle.dynamic_host import host_for

SIGNED = "https://b.s3.amazonaws.com/web.ova?X-Amz-Credential=AKIAFEED&X-Amz-Security-Token=F00D&X-Amz-Signature=feed01"
SECRETS = ("feed01", "AKIAFEED", "F00D")
PLACES: list[Any] = [
    ("ImportImage", {"diskContainers": SIGNED}),
    ("ImportImage", {"diskContainers": [{"userBucket": {"s3Bucket": SIGNED, "s3Key": "k"}}]}),
    ("ImportImage", {"diskContainers": [{"snapshotId": SIGNED, "url": "x"}], "roleName": SIGNED, "platform": SIGNED}),
    ("ImportImage", {"diskContainers": [{"url": "http" + SIGNED[5:]}], "tags": {"aws:" + SIGNED: "v"}}),
    ("ImportSnapshot", {"diskContainer": {"format": SIGNED}, SIGNED: "x"}),
    ("DirectSnapshot", {"userBucket": {"s3Bucket": SIGNED, "s3Key": SIGNED}, "volumeSize": SIGNED}),
    ("DiskImageUpload", {"path": SIGNED, "bucket": SIGNED, "key": SIGNED, "storageClass": SIGNED, "sse": SIGNED}),
    ("VirtualMachineExport", {"bucket": SIGNED, "key": SIGNED, "path": "web", "format": SIGNED}),
    ("ExportImage", {"imageId": SIGNED, "s3Bucket": SIGNED, "diskImageFormat": SIGNED}),
]


@pytest.mark.parametrize(("resource", "bag"), PLACES)
def test_a_resource_does_not_echo_it(resource: str, bag: dict[str, Any]) -> None:
    failures = host_for(resource).check({}, {"region": "eu-west-1", **bag}).failures
    assert failures
    assert not [
        secret for secret in SECRETS for failure in failures if secret in f"{failure.property} {failure.reason}"
    ]


def test_a_component_does_not_echo_it(world: Any) -> None:
    args: Any = {"bucket": SIGNED, "kms_key_arn": SIGNED}
    problems = world.problems(lambda: ImportBucket("images", args))
    assert not [secret for secret in SECRETS if secret in str(problems)]
    error = InvalidInputsError("ImportBucket images", [Problem(f"tags.{SIGNED}", "is invalid")])
    assert not [secret for secret in SECRETS if secret in str(error)]


@pytest.mark.parametrize(
    "text",
    [
        "key 'web.ova?X-Amz-Signature=feed01&X-Amz-Credential=AKIAFEED'",
        "b.blob.core.windows.net/d.vhd?sv=2020&sig=feed01",
        "/web.ova?AWSAccessKeyId=AKIAFEED&Signature=feed01&Expires=1",
        SIGNED,
    ],
)
def test_a_part_of_it_is_redacted_too(text: str) -> None:
    assert not [secret for secret in SECRETS if secret in redact_urls(text)]


def test_other_text_is_not_changed() -> None:
    for text in ("the signature=x of a file", "a?b=c", "Signature mismatch"):
        assert redact_urls(text) == text
