import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.unit.resources.disk_image_upload.uploading import (
    ID,
    KEY,
    PART,
    NewRun,
    content,
    crc,
    left,
    lifecycle,
    seen_again,
    sent,
    stopped_after,
)

from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUploadInputs as Inputs
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox


def test_what_is_already_there_is_not_sent_again(new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str) -> None:
    id, kept = stopped_after(new_run(), aws, inputs, 2)
    assert (id, lifecycle.condition(kept)) == (ID, Condition.UNFINISHED)
    assert left(aws) == [f"s3 multipart upload {bucket}/{KEY}"]
    before = sent(aws)
    run = new_run()
    state = lifecycle.update(run, id, kept, inputs)
    assert content(aws, bucket) == Path(inputs.path).read_bytes()
    assert lifecycle.condition(state) is Condition.READY
    assert set(before[:2]).isdisjoint(sent(aws)[len(before) :])
    assert sorted(set(sent(aws))) == [1, 2, 3, 4]
    assert len(aws.calls.of("CreateMultipartUpload")) == 1
    assert left(aws) == [f"s3 object {bucket}/{KEY}"]


def test_a_run_that_nobody_recorded_is_gone_on_with(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    stopped_after(new_run(), aws, replace(inputs, tags={"team": "blue"}), 3)
    before = len(sent(aws))
    created = lifecycle.create(new_run(), replace(inputs, tags={"team": "red"}))
    assert (content(aws, bucket), created.state.checksum) == ((disk := Path(inputs.path).read_bytes()), crc(disk))
    assert len(sent(aws)) - before < 4
    tags = aws.observer("s3").get_object_tagging(Bucket=bucket, Key=KEY)["TagSet"]
    assert tags == [{"Key": "team", "Value": "red"}]


def test_parts_of_another_file_are_sent_again(new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str) -> None:
    stopped_after(new_run(), aws, inputs, 3)
    disk = bytearray(Path(inputs.path).read_bytes())
    disk[1000] ^= 1
    Path(inputs.path).write_bytes(disk)
    lifecycle.create(new_run(), inputs)
    assert content(aws, bucket) == disk


def test_a_file_that_has_become_shorter_is_as_long_as_it_is_in_s3(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    stopped_after(new_run(), aws, inputs, 4)
    os.truncate(inputs.path, 2 * PART - 7)
    state = lifecycle.create(new_run(), inputs).state
    assert content(aws, bucket) == Path(inputs.path).read_bytes()
    assert state.size_bytes == 2 * PART - 7


def test_an_upload_of_somebody_else_does_not_become_ours(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path
) -> None:
    s3, where = aws.observer("s3"), {"Bucket": bucket, "Key": KEY}
    for metadata in ({"whose": "theirs"}, {}):
        begun = s3.create_multipart_upload(
            **where, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT", Metadata=metadata
        )
        if metadata:
            s3.upload_part(**where, UploadId=begun["UploadId"], PartNumber=1, Body=file.read_bytes()[:PART])
    lifecycle.create(run, inputs)
    head = s3.head_object(**where)
    assert (content(aws, bucket), head["Metadata"]["vmimport-identity"]) == (file.read_bytes(), run.identity.key)
    assert left(aws) == [f"s3 object {bucket}/{KEY}"]


@pytest.mark.parametrize("code", ["BadDigest", "IncompleteBody"])
def test_a_part_that_s3_refuses_as_damaged_is_sent_again(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, code: str
) -> None:
    aws.faults.error("UploadPart", code, "not what was sent", times=3)
    lifecycle.create(run, inputs)
    assert content(aws, bucket) == Path(inputs.path).read_bytes()
    assert len(sent(aws)) == 4 + 3


def test_a_lost_answer_to_the_last_call_is_looked_after(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    aws.faults.drop_connection("CompleteMultipartUpload", times=8, after_processing=True)
    run = new_run()
    state = lifecycle.create(run, inputs).state
    assert content(aws, bucket) == Path(inputs.path).read_bytes()
    assert left(aws) == [f"s3 object {bucket}/{KEY}"]
    read = lifecycle.read(run, ID, state)
    assert read == state


def test_fails_with_the_parts_kept_when_s3_refuses_the_caller(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    run = new_run()
    aws.faults.deny("CompleteMultipartUpload")
    with pytest.raises(ClientError, match="AccessDenied"):
        lifecycle.create(run, inputs)
    id, kept = run.recorded
    aws.faults.allow("CompleteMultipartUpload")
    before = len(sent(aws))
    lifecycle.update(new_run(), id, kept, inputs)
    assert len(sent(aws)) == before
    assert content(aws, bucket) == Path(inputs.path).read_bytes()


def test_fails_to_overwrite_what_somebody_else_has_put_there(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    aws.observer("s3").put_object(Bucket=bucket, Key=KEY, Body=b"theirs")
    words = rf"{ID} is there already and was not uploaded by this resource; choose another key, or delete the object"
    assert [p.path for p in lifecycle.preflight(run, inputs)] == ["key"]
    with pytest.raises(CleanFailureError, match=words):
        lifecycle.create(run, inputs)
    assert (content(aws, bucket), sent(aws)) == (b"theirs", [])


def test_fails_to_overwrite_what_somebody_else_puts_there_meanwhile(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    def put(_: Any) -> None:
        aws.observer("s3").put_object(Bucket=bucket, Key=KEY, Body=b"theirs")

    aws.faults.on("CompleteMultipartUpload", put)
    with pytest.raises(
        CleanFailureError, match="expected no object there when the upload was complete, but somebody else"
    ):
        lifecycle.create(run, inputs)
    assert (content(aws, bucket), left(aws)) == (b"theirs", [f"s3 object {bucket}/{KEY}"])


def test_fails_to_replace_what_somebody_else_writes_meanwhile(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path
) -> None:
    state = lifecycle.create(run, inputs).state
    file.write_bytes(b"another")

    def put(_: Any) -> None:
        aws.observer("s3").put_object(Bucket=bucket, Key=KEY, Body=b"theirs")

    aws.faults.on("CompleteMultipartUpload", put)
    with pytest.raises(
        CleanFailureError, match=f"expected the object with etag {state.etag} when the upload was complete"
    ):
        lifecycle.update(run, ID, state, seen_again(inputs))
    assert (content(aws, bucket), left(aws)) == (b"theirs", [f"s3 object {bucket}/{KEY}"])
