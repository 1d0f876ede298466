import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.resources.disk_image_upload.uploading import (
    ID,
    KEY,
    MIB,
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

from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition, PartialFailureError, RunInterruptedError
from pulumi_vmimport.resources.disk_image_upload import object_upload
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUploadInputs as Inputs
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import StorageClass
from pulumi_vmimport.resources.disk_image_upload.image_files import content_identity
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox


def test_create_uploads_every_byte_and_sets_every_output(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path
) -> None:
    created = lifecycle.create(run, replace(inputs, tags={"team": "blue"}))
    state, disk = created.state, file.read_bytes()
    assert content(aws, bucket) == disk
    assert (created.id, state.checksum, state.size_bytes) == (ID, crc(disk), len(disk))
    head = aws.observer("s3").head_object(Bucket=bucket, Key=KEY, ChecksumMode="ENABLED")
    assert (f'"{state.etag}"', state.version_id, state.checksum) == (
        head["ETag"],
        None,
        f"CRC32:{head['ChecksumCRC32']}",
    )
    assert state.source_identity == content_identity(str(file))
    assert sorted(sent_parts(aws)) == [1, 2, 3, 4]
    tags = aws.observer("s3").get_object_tagging(Bucket=bucket, Key=KEY)["TagSet"]
    assert tags == [{"Key": "team", "Value": "blue"}]
    assert lifecycle.condition(state) is Condition.READY
    assert any("% uploading, " in text and " left, " in text and " MiB/s" in text for text in run.texts)


def test_a_new_storage_class_uploads_the_file_again(run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str) -> None:
    state = lifecycle.create(run, replace(inputs, storage_class=StorageClass.GLACIER_IR)).state
    assert aws.observer("s3").head_object(Bucket=bucket, Key=KEY)["StorageClass"] == "GLACIER_IR"
    first = len(sent_parts(aws))
    lifecycle.update(run, ID, state, replace(inputs, storage_class=StorageClass.STANDARD_IA))
    assert aws.observer("s3").head_object(Bucket=bucket, Key=KEY)["StorageClass"] == "STANDARD_IA"
    assert len(sent_parts(aws)) == 2 * first


def test_create_reuses_the_object_of_a_run_that_was_killed_after_its_last_call(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lifecycle.create(new_run(), inputs)
    monkeypatch.setattr(object_upload, "checksum_of", None)  # fails if the file is read
    again = lifecycle.create(new_run(), inputs)
    assert again == first
    assert len(sent_parts(aws)) == 4


def test_a_touched_file_is_read_but_not_sent(run: Any, inputs: Inputs, aws: AwsSandbox, file: Path) -> None:
    state = lifecycle.create(run, inputs).state
    os.utime(file, ns=(1, 1))
    touched = refreshed(inputs)
    assert touched.source_hash != inputs.source_hash
    updated = lifecycle.update(run, ID, state, touched)
    assert updated == replace(state, source_hash=touched.source_hash, source_identity=touched.source_hash)
    assert len(sent_parts(aws)) == 4
    assert any("% comparing" in text for text in run.texts)


def test_changed_content_replaces_the_object_in_place(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path
) -> None:
    state = lifecycle.create(run, inputs).state
    disk = file.read_bytes()[: 2 * PART] + b"and more"
    file.write_bytes(disk)
    calls: list[bytes] = []
    aws.faults.on("CompleteMultipartUpload", lambda _: calls.append(content(aws, bucket)))
    updated = lifecycle.update(run, ID, state, refreshed(inputs))
    assert (content(aws, bucket), updated.checksum, updated.size_bytes) == (disk, crc(disk), len(disk))
    assert updated.etag != state.etag
    assert len(calls[0]) == 17 * MIB  # the old object exists until it is replaced
    assert leftovers(aws) == [f"s3 object {bucket}/{KEY}"]


def test_a_moved_file_is_not_read(
    run: Any, inputs: Inputs, aws: AwsSandbox, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = lifecycle.create(run, inputs).state
    moved = file.rename(file.with_name("moved.raw"))
    monkeypatch.setattr(object_upload, "checksum_of", None)
    touched = refreshed(replace(inputs, path=str(moved)))
    for again in (touched, replace(touched, source_hash=None)):
        updated = lifecycle.update(run, ID, state, again)
        assert (updated.path, updated.checksum) == (str(moved), state.checksum)
    assert len(sent_parts(aws)) == 4


def test_the_file_is_not_needed_while_an_own_source_hash_is_unchanged(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path
) -> None:
    own = replace(inputs, source_hash="1", tags={"team": "blue"})
    state = lifecycle.create(run, own).state
    file.unlink()
    for tags in ({"team": "red"}, None):
        state = lifecycle.update(run, ID, state, replace(own, tags=tags))
        found = aws.observer("s3").get_object_tagging(Bucket=bucket, Key=KEY)["TagSet"]
        assert {tag["Key"]: tag["Value"] for tag in found} == (tags or {})
    with pytest.raises(CleanFailureError, match=f"{file} .*: No such file"):
        lifecycle.update(run, ID, state, replace(own, source_hash="2"))


def test_fails_if_the_file_is_modified_during_the_upload(run: Any, inputs: Inputs, aws: AwsSandbox, file: Path) -> None:
    aws.faults.on("UploadPart", lambda _: os.utime(file, ns=(1, 1)), nth=3)
    with pytest.raises(CleanFailureError, match="was modified while it was read"):
        lifecycle.create(run, inputs)
    assert leftovers(aws) == []


def test_an_upload_that_cannot_be_aborted_is_recorded_and_the_reason_of_the_failure_is_reported(
    run: Any, new_run: NewRun, inputs: Inputs, aws: AwsSandbox, file: Path
) -> None:
    aws.faults.on("UploadPart", lambda _: os.truncate(file, 100))
    aws.faults.deny("AbortMultipartUpload")
    with pytest.raises(PartialFailureError, match=r"was modified while it was read.*not be removed: AccessDenied"):
        lifecycle.create(run, inputs)
    aws.faults.allow("AbortMultipartUpload")
    lifecycle.delete(new_run(), *run.recorded)
    assert leftovers(aws) == []


def test_fails_if_the_file_is_truncated_during_the_upload(
    run: Any, inputs: Inputs, aws: AwsSandbox, file: Path
) -> None:
    aws.faults.on("UploadPart", lambda _: os.truncate(file, 100))
    with pytest.raises(CleanFailureError, match="was modified while it was read"):
        lifecycle.create(run, inputs)
    assert leftovers(aws) == []


def test_read_detects_drift_and_deletion(run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path) -> None:
    state = lifecycle.create(run, replace(inputs, tags={"team": "blue"})).state
    s3, where = aws.observer("s3"), {"Bucket": bucket, "Key": KEY}
    assert lifecycle.read(run, ID, state) == state
    s3.put_object_tagging(**where, Tagging={"TagSet": [{"Key": "team", "Value": "red"}]})
    assert lifecycle.read(run, ID, state) == replace(state, tags={"team": "red"})
    head = s3.head_object(**where)
    s3.put_object(**where, Body=b"overwritten with our metadata", Metadata=head["Metadata"])
    read = lifecycle.read(run, ID, state)
    assert read is not None
    assert lifecycle.condition(read) is Condition.UNFINISHED
    repaired = lifecycle.update(run, ID, read, inputs)
    assert (content(aws, bucket), repaired.checksum) == (file.read_bytes(), state.checksum)
    s3.put_object(**where, Body=b"theirs")
    assert lifecycle.read(run, ID, state) is None
    s3.delete_object(**where)
    assert lifecycle.read(run, ID, state) is None
    assert lifecycle.create(run, inputs).state.checksum == state.checksum


def test_delete_leaves_nothing_twice(run: Any, inputs: Inputs, aws: AwsSandbox) -> None:
    state = lifecycle.create(run, inputs).state
    for _ in range(2):
        lifecycle.delete(run, ID, state)
        assert leftovers(aws) == []


def test_delete_leaves_no_version_of_its_own_in_a_versioned_bucket(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path
) -> None:
    s3 = aws.observer("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    created = lifecycle.create(run, replace(inputs, tags={"team": "blue"})).state
    assert (created.version_id, lifecycle.read(run, ID, created)) == (created.version_id, created)
    file.write_bytes(file.read_bytes() + b"more")
    state = lifecycle.update(run, ID, created, refreshed(inputs))
    assert state.version_id not in (None, created.version_id)
    lifecycle.delete(run, ID, state)
    left = s3.list_object_versions(Bucket=bucket)
    assert left.get("Versions", []) == left.get("DeleteMarkers", []) == []


def test_delete_aborts_an_unfinished_upload(run: Any, new_run: NewRun, inputs: Inputs, aws: AwsSandbox) -> None:
    id, kept = interrupted_after(run, aws, inputs, 2)
    lifecycle.delete(new_run(), id, kept)
    assert leftovers(aws) == []


def test_delete_keeps_a_retained_object_and_one_of_another_owner(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    state = lifecycle.create(run, inputs).state
    lifecycle.delete(run, ID, replace(state, retain_on_delete=True))
    assert leftovers(aws) == [f"s3 object {bucket}/{KEY}"]
    aws.observer("s3").put_object(Bucket=bucket, Key=KEY, Body=b"theirs")
    lifecycle.delete(run, ID, state)
    assert content(aws, bucket) == b"theirs"


def test_a_file_of_another_size_is_sent_without_being_compared(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = lifecycle.create(run, inputs).state
    file.write_bytes(file.read_bytes() + b"more")
    monkeypatch.setattr(object_upload, "checksum_of", None)  # fails if the file is compared
    lifecycle.update(run, ID, state, refreshed(inputs))
    assert content(aws, bucket) == file.read_bytes()


def test_a_touched_file_updates_tags_and_aborts_stale_uploads(
    run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str, file: Path
) -> None:
    state = lifecycle.create(run, replace(inputs, tags={"team": "blue"})).state
    aws.observer("s3").create_multipart_upload(Bucket=bucket, Key=KEY)
    os.utime(file, ns=(1, 1))
    lifecycle.update(run, ID, state, refreshed(replace(inputs, tags=None)))
    assert aws.observer("s3").get_object_tagging(Bucket=bucket, Key=KEY)["TagSet"] == []
    assert leftovers(aws) == [f"s3 object {bucket}/{KEY}"]


def test_an_interrupted_change_of_the_storage_class_is_completed_by_the_next_update(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, bucket: str
) -> None:
    state, run = lifecycle.create(new_run(), inputs).state, new_run()
    changed = replace(inputs, storage_class=StorageClass.GLACIER_IR)
    aws.faults.on("UploadPart", lambda _: setattr(run, "stop_after_waits", 0))
    with pytest.raises(RunInterruptedError):
        lifecycle.update(run, ID, state, changed)
    _, recorded = run.recorded
    assert lifecycle.condition(recorded) is Condition.UNFINISHED
    assert recorded.storage_class is None
    lifecycle.update(new_run(), ID, recorded, changed)
    assert aws.observer("s3").head_object(Bucket=bucket, Key=KEY)["StorageClass"] == "GLACIER_IR"
