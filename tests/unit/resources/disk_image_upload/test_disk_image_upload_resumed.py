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
    interrupted_after,
    leftovers,
    lifecycle,
    refreshed,
    sent_parts,
)

from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUploadInputs as Inputs
from pulumi_vmimport.resources.disk_image_upload.upload_resumption import find_resumable_upload
from pulumi_vmimport.transfer.multipart_upload import MultipartUpload
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox


def test_update_sends_only_the_missing_parts(new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str) -> None:
    id, kept = interrupted_after(new_run(), aws, inputs, 2)
    assert (id, lifecycle.condition(kept)) == (ID, Condition.UNFINISHED)
    assert leftovers(aws) == [f"s3 multipart upload {bucket}/{KEY}"]
    before = sent_parts(aws)
    run = new_run()
    state = lifecycle.update(run, id, kept, inputs)
    assert content(aws, bucket) == Path(inputs.path).read_bytes()
    assert lifecycle.condition(state) is Condition.READY
    assert set(before[:2]).isdisjoint(sent_parts(aws)[len(before) :])
    assert sorted(set(sent_parts(aws))) == [1, 2, 3, 4]
    assert len(aws.calls.of("CreateMultipartUpload")) == 1
    assert leftovers(aws) == [f"s3 object {bucket}/{KEY}"]


def test_create_resumes_a_run_that_was_not_recorded(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    interrupted_after(new_run(), aws, replace(inputs, tags={"team": "blue"}), 3)
    before = len(sent_parts(aws))
    created = lifecycle.create(new_run(), replace(inputs, tags={"team": "red"}))
    assert (content(aws, bucket), created.state.checksum) == ((disk := Path(inputs.path).read_bytes()), crc(disk))
    assert len(sent_parts(aws)) - before < 4
    tags = aws.observer("s3").get_object_tagging(Bucket=bucket, Key=KEY)["TagSet"]
    assert tags == [{"Key": "team", "Value": "red"}]


def test_parts_that_differ_from_the_file_are_sent_again(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    interrupted_after(new_run(), aws, inputs, 3)
    disk = bytearray(Path(inputs.path).read_bytes())
    disk[1000] ^= 1
    Path(inputs.path).write_bytes(disk)
    lifecycle.create(new_run(), inputs)
    assert content(aws, bucket) == disk


def test_surplus_parts_of_a_longer_file_are_not_used(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    interrupted_after(new_run(), aws, inputs, 4)
    os.truncate(inputs.path, 2 * PART - 7)
    state = lifecycle.create(new_run(), inputs).state
    assert content(aws, bucket) == Path(inputs.path).read_bytes()
    assert state.size_bytes == 2 * PART - 7


def test_an_upload_that_another_process_started_is_replaced(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path
) -> None:
    s3, where = aws.observer("s3"), {"Bucket": bucket, "Key": KEY}
    for metadata in ({"whose": "theirs"}, {}):
        started = s3.create_multipart_upload(
            **where, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT", Metadata=metadata
        )
        if metadata:
            s3.upload_part(**where, UploadId=started["UploadId"], PartNumber=1, Body=file.read_bytes()[:PART])
    lifecycle.create(run, inputs)
    head = s3.head_object(**where)
    assert (content(aws, bucket), head["Metadata"]["vmimport-identity"]) == (file.read_bytes(), run.identity.key)
    assert leftovers(aws) == [f"s3 object {bucket}/{KEY}"]


@pytest.mark.parametrize("code", ["BadDigest", "IncompleteBody"])
def test_a_damaged_part_is_sent_again(run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, code: str) -> None:
    aws.faults.error("UploadPart", code, "not what was sent", times=3)
    lifecycle.create(run, inputs)
    assert content(aws, bucket) == Path(inputs.path).read_bytes()
    assert len(sent_parts(aws)) == 4 + 3


def test_a_lost_response_to_the_last_call_is_resolved_by_the_object(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    aws.faults.drop_connection("CompleteMultipartUpload", times=8, after_processing=True)
    run = new_run()
    state = lifecycle.create(run, inputs).state
    assert content(aws, bucket) == Path(inputs.path).read_bytes()
    assert leftovers(aws) == [f"s3 object {bucket}/{KEY}"]
    read = lifecycle.read(run, ID, state)
    assert read == state


def test_fails_with_the_parts_kept_if_s3_denies_completion(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    run = new_run()
    aws.faults.deny("CompleteMultipartUpload")
    with pytest.raises(ClientError, match="AccessDenied"):
        lifecycle.create(run, inputs)
    id, kept = run.recorded
    aws.faults.allow("CompleteMultipartUpload")
    before = len(sent_parts(aws))
    lifecycle.update(new_run(), id, kept, inputs)
    assert len(sent_parts(aws)) == before
    assert content(aws, bucket) == Path(inputs.path).read_bytes()


def test_fails_if_an_object_of_another_owner_exists(run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str) -> None:
    aws.observer("s3").put_object(Bucket=bucket, Key=KEY, Body=b"theirs")
    words = rf"{ID} already exists .*choose another key, or delete the object"
    assert [p.path for p in lifecycle.preflight(run, inputs)] == ["key"]
    with pytest.raises(CleanFailureError, match=words):
        lifecycle.create(run, inputs)
    assert (content(aws, bucket), sent_parts(aws)) == (b"theirs", [])


def test_fails_if_another_process_writes_the_object_during_the_upload(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    def put(_: Any) -> None:
        aws.observer("s3").put_object(Bucket=bucket, Key=KEY, Body=b"theirs")

    aws.faults.on("CompleteMultipartUpload", put)
    with pytest.raises(CleanFailureError, match=rf"{ID}: expected no object"):
        lifecycle.create(run, inputs)
    assert (content(aws, bucket), leftovers(aws)) == (b"theirs", [f"s3 object {bucket}/{KEY}"])


def test_fails_if_another_process_replaces_the_object_during_the_upload(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path
) -> None:
    state = lifecycle.create(run, inputs).state
    file.write_bytes(b"another")

    def put(_: Any) -> None:
        aws.observer("s3").put_object(Bucket=bucket, Key=KEY, Body=b"theirs")

    aws.faults.on("CompleteMultipartUpload", put)
    with pytest.raises(CleanFailureError, match=f"{ID}: expected the object with ETag {state.etag}"):
        lifecycle.update(run, ID, state, refreshed(inputs))
    assert (content(aws, bucket), leftovers(aws)) == (b"theirs", [f"s3 object {bucket}/{KEY}"])


def test_the_upload_with_the_most_parts_is_resumed_and_the_others_are_aborted(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path
) -> None:
    s3, where = aws.observer("s3"), {"Bucket": bucket, "Key": KEY}
    for count in (1, 2, 1):
        upload = s3.create_multipart_upload(**where, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")["UploadId"]
        for number in range(1, count + 1):
            part = file.read_bytes()[(number - 1) * PART : number * PART]
            s3.upload_part(**where, UploadId=upload, PartNumber=number, Body=part, ChecksumAlgorithm="CRC32")
    (_, most), *others = sorted(
        ((-len(found.list_parts()), found) for found in MultipartUpload.in_progress(s3, bucket, KEY)),
        key=lambda found: found[0],
    )
    found = find_resumable_upload(s3, bucket, KEY, None)
    assert found is not None
    assert (found[0].upload_id, sorted(found[1])) == (most.upload_id, [1, 2])
    assert len(others) == 2
    assert leftovers(aws) == [f"s3 multipart upload {bucket}/{KEY}"]
