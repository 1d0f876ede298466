import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.unit.resources.disk_image_upload.uploading import (
    ID,
    KEY,
    NewRun,
    content,
    interrupted_after,
    leftovers,
    lifecycle,
    sent_parts,
)

from pulumi_vmimport.lifecycle.contract import UNKNOWN, RunInterruptedError
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUploadInputs as Inputs
from pulumi_vmimport.transfer.sse_algorithm import SseAlgorithm
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

SSE_HEADER = "s3:x-amz-server-side-encryption"


@pytest.fixture
def key(aws: AwsSandbox) -> str:
    return str(aws.observer("kms").create_key()["KeyMetadata"]["Arn"])


@pytest.fixture
def denied_unless(aws: AwsSandbox, bucket: str) -> Iterator[Callable[..., None]]:
    """Adds a bucket policy that denies PutObject under conditions."""
    s3 = aws.observer("s3")

    def deny(**conditions: Any) -> None:
        statement = {
            "Sid": "DenyUnencrypted", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/*", "Condition": conditions,
        }  # fmt: skip
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    yield deny
    s3.delete_bucket_policy(Bucket=bucket)


def head(aws: AwsSandbox, bucket: str) -> dict[str, Any]:
    return dict(aws.observer("s3").head_object(Bucket=bucket, Key=KEY))


@pytest.mark.parametrize("sse", list(SseAlgorithm))
def test_every_request_for_an_object_has_the_encryption(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, key: str, sse: SseAlgorithm, denied_unless: Any
) -> None:
    denied_unless(StringNotEquals={SSE_HEADER: sse.value})
    wanted = replace(inputs, sse=sse, kms_key_id=None if sse is SseAlgorithm.AES256 else key)
    state = lifecycle.create(run, wanted).state
    assert lifecycle.inputs_of(state) == wanted
    found = head(aws, bucket)
    assert (found["ServerSideEncryption"], found.get("SSEKMSKeyId")) == (sse.value, wanted.kms_key_id)
    assert lifecycle.read(run, ID, state) == state


def test_a_bucket_that_denies_uploads_without_the_header_names_the_explicit_deny(
    run: Any, inputs: Inputs, aws: AwsSandbox, denied_unless: Any
) -> None:
    denied_unless(Null={SSE_HEADER: "true"})
    with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
        lifecycle.create(run, inputs)
    assert leftovers(aws) == []


def test_no_encryption_is_requested_by_default(run: Any, inputs: Inputs, aws: AwsSandbox) -> None:
    lifecycle.create(run, inputs)
    (call,) = aws.calls.of("CreateMultipartUpload")
    assert "encryption" not in str(call).lower()


def test_a_change_of_the_encryption_uploads_the_file_again(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, key: str
) -> None:
    state = lifecycle.create(run, replace(inputs, sse=SseAlgorithm.AES256)).state
    before = len(sent_parts(aws))
    state = lifecycle.update(run, ID, state, replace(inputs, sse=SseAlgorithm.KMS, kms_key_id=key))
    assert len(sent_parts(aws)) == 2 * before
    assert head(aws, bucket)["SSEKMSKeyId"] == key
    lifecycle.update(run, ID, state, inputs)  # no longer requested: the object stays as it is
    assert len(sent_parts(aws)) == 2 * before


def test_read_shows_an_encryption_other_than_requested_as_drift(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, key: str
) -> None:
    wanted = replace(inputs, sse=SseAlgorithm.KMS, kms_key_id=key)
    state = lifecycle.create(run, wanted).state
    own = head(aws, bucket)["Metadata"]
    s3, where = aws.observer("s3"), {"Bucket": bucket, "Key": KEY}
    data = content(aws, bucket)
    s3.put_object(**where, Body=data, Metadata=own, ServerSideEncryption="AES256", ChecksumAlgorithm="CRC32")
    read = lifecycle.read(run, ID, state)
    assert read is not None
    assert (read.sse, read.kms_key_id) == (SseAlgorithm.AES256, None)
    lifecycle.update(run, ID, read, wanted)
    assert head(aws, bucket)["SSEKMSKeyId"] == key


def test_an_upload_that_was_started_with_another_encryption_is_sent_again(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    id, kept = interrupted_after(new_run(), aws, inputs, 2)
    lifecycle.update(new_run(), id, kept, replace(inputs, sse=SseAlgorithm.AES256))
    assert head(aws, bucket)["ServerSideEncryption"] == "AES256"


def test_an_interrupted_change_of_the_encryption_is_completed_by_the_next_update(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    state, run = lifecycle.create(new_run(), inputs).state, new_run()
    changed = replace(inputs, sse=SseAlgorithm.AES256)
    aws.faults.on("UploadPart", lambda _: setattr(run, "stop_after_waits", 0))
    with pytest.raises(RunInterruptedError):
        lifecycle.update(run, ID, state, changed)
    lifecycle.update(new_run(), ID, run.recorded[1], changed)
    assert head(aws, bucket)["ServerSideEncryption"] == "AES256"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kms_key_id": "alias/images"}, "requires sse aws:kms or aws:kms:dsse, got sse none"),
        ({"sse": SseAlgorithm.AES256, "kms_key_id": "alias/images"}, "got sse AES256"),
        ({"sse": SseAlgorithm.KMS, "kms_key_id": " "}, "the id, ARN or alias of a KMS key, got ' '"),
    ],
)
def test_fails_for_a_key_without_its_algorithm(inputs: Inputs, changes: dict[str, Any], words: str) -> None:
    problems = {p.path: p.reason for p in lifecycle.check(replace(inputs, **changes))}
    assert list(problems) == ["kmsKeyId"]
    assert words in problems["kmsKeyId"]


def test_fails_for_an_unknown_algorithm(checked: Any, file: Any, bucket: str) -> None:
    bag = {"region": "eu-west-1", "path": str(file), "bucket": bucket, "key": KEY, "sse": "aws:fsx"}
    assert checked(lifecycle, bag) == [("sse", "expected one of AES256, aws:kms, aws:kms:dsse, got 'aws:fsx'")]


def test_unknown_encryption_has_no_problems(run: Any, inputs: Inputs) -> None:
    unknown: Any = replace(inputs, **dict.fromkeys(("sse", "kms_key_id"), UNKNOWN))  # type: ignore[arg-type] # any input may be unknown
    assert list(lifecycle.check(unknown)) == []
    assert list(lifecycle.preflight(run, unknown)) == []


def test_fails_in_preview_for_a_key_that_s3_cannot_use(run: Any, inputs: Inputs, key: str) -> None:
    def problems(id: str) -> list[str]:
        wanted = replace(inputs, sse=SseAlgorithm.KMS, kms_key_id=id)
        return [p.reason for p in lifecycle.preflight(run, wanted) if p.path == "kmsKeyId"]

    assert problems(key) == []
    assert "expected a key in eu-west-1, the Region of the bucket" in problems(key.replace("eu-west-1", "us-east-1"))[0]
    assert "does not exist" in problems("alias/none")[0]


@pytest.mark.parametrize(
    ("condition", "accepted", "name"),
    [
        pytest.param({"Null": {SSE_HEADER: "true"}}, {"sse": SseAlgorithm.AES256}, "sse", id="null"),
        pytest.param({"StringNotEquals": {SSE_HEADER: "AES256"}}, {"sse": SseAlgorithm.AES256}, "sse", id="not-equals"),
        pytest.param(
            {"StringNotEquals": {SSE_HEADER.upper(): ["aws:kms", "aws:kms:dsse"]}},
            {"sse": SseAlgorithm.KMS}, "sse", id="several-values",
        ),
        pytest.param(
            {"StringNotLikeIfExists": {f"{SSE_HEADER}-aws-kms-key-id": "arn:aws:kms:*:key/*"}, "Null": {SSE_HEADER: "true"}},
            {"sse": SseAlgorithm.KMS}, "sse", id="both-keys",
        ),
    ],
)  # fmt: skip
def test_fails_in_preview_for_a_bucket_policy_that_denies_the_headers(
    run: Any, inputs: Inputs, denied_unless: Any, condition: Any, accepted: Any, name: str
) -> None:
    denied_unless(**condition)
    problems = {p.path: p.reason for p in lifecycle.preflight(run, inputs)}
    assert list(problems) == [name]
    assert "DenyUnencrypted" in problems[name]
    assert "images-of-web" in problems[name]
    assert list(lifecycle.preflight(run, replace(inputs, **accepted))) == []


def test_fails_in_preview_for_a_bucket_policy_that_requires_another_key(
    run: Any, inputs: Inputs, key: str, denied_unless: Any
) -> None:
    denied_unless(StringNotEquals={f"{SSE_HEADER}-aws-kms-key-id": key})
    own = replace(inputs, sse=SseAlgorithm.KMS, kms_key_id=key)
    assert list(lifecycle.preflight(run, own)) == []
    assert [p.path for p in lifecycle.preflight(run, replace(own, kms_key_id=None))] == ["kmsKeyId"]


@pytest.mark.parametrize(
    "condition",
    [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"Null": {SSE_HEADER: "true"}, "StringEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"SomeNewOperator": {SSE_HEADER: "x"}},
    ],
    ids=lambda c: next(iter(c)),
)
def test_conditions_about_anything_else_are_not_judged(
    run: Any, inputs: Inputs, denied_unless: Any, condition: Any
) -> None:
    denied_unless(**condition)
    assert list(lifecycle.preflight(run, inputs)) == []
