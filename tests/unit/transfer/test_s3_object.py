from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.transfer.errors import NotOursError
from pulumi_vmimport.transfer.s3_object import abort_stale_uploads, delete_if_ours, find_object, put_stream

BUCKET, KEY = "images", "vms/win10.ova"
OURS = {"vmimport-identity": "a1", "vmimport-inputs": "b2"}


def test_there_is_no_object_where_none_is(s3: Any) -> None:
    assert find_object(s3, BUCKET, KEY) is None
    assert find_object(s3, "no-such-bucket", KEY) is None


def test_an_object_of_somebody_else_is_found_without_a_digest(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"theirs", Tagging="team=other")
    found = find_object(s3, BUCKET, KEY)
    assert found is not None
    assert (found.sha256, found.metadata, found.size_bytes) == (None, {}, 6)


def test_fails_to_find_what_must_not_be_seen(s3: Any, bucket: Any) -> None:
    bucket.refuse("HeadObject")
    with pytest.raises(ClientError, match="AccessDenied"):
        find_object(s3, BUCKET, KEY)


def test_our_object_is_deleted_once(s3: Any, bucket: Any) -> None:
    put_stream(s3, BUCKET, KEY, [b"x"], metadata=OURS)
    assert delete_if_ours(s3, BUCKET, KEY, OURS)
    assert not delete_if_ours(s3, BUCKET, KEY, OURS)
    assert bucket.left() == []


def test_only_our_version_is_deleted_and_no_marker_left(s3: Any, bucket: Any) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"before")
    put_stream(s3, BUCKET, KEY, [b"x"], metadata=OURS)
    assert delete_if_ours(s3, BUCKET, KEY, OURS)
    assert bucket.content() == b"before"
    assert "DeleteMarkers" not in s3.list_object_versions(Bucket=BUCKET)


@pytest.mark.parametrize("theirs", [{}, {**OURS, "vmimport-identity": "c3"}], ids=["unmarked", "another identity"])
def test_fails_to_delete_what_is_not_ours(s3: Any, bucket: Any, theirs: dict[str, str]) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"theirs", Metadata=theirs)
    with pytest.raises(NotOursError, match=r"expected vmimport-identity a1 in its metadata, got (none|c3); it is not"):
        delete_if_ours(s3, BUCKET, KEY, OURS)
    assert bucket.content() == b"theirs"


def test_fails_to_delete_without_a_mark(s3: Any) -> None:
    with pytest.raises(ValueError, match="expected at least one entry of metadata"):
        delete_if_ours(s3, BUCKET, KEY, {})


def test_uploads_that_were_left_behind_are_aborted_and_others_are_not(s3: Any, bucket: Any) -> None:
    for key in (KEY, KEY, f"{KEY}.bak"):
        s3.create_multipart_upload(Bucket=BUCKET, Key=key)
    assert abort_stale_uploads(s3, BUCKET, KEY) == 2
    assert bucket.left() == [f"upload {KEY}.bak"]
    assert abort_stale_uploads(s3, BUCKET, KEY) == 0
    assert abort_stale_uploads(s3, "no-such-bucket", KEY) == 0


def test_an_upload_that_ends_meanwhile_does_not_keep_the_others(s3: Any, bucket: Any) -> None:
    for _ in range(2):
        s3.create_multipart_upload(Bucket=BUCKET, Key=KEY)

    def gone(**_: Any) -> None:
        s3.meta.events.unregister("before-call.s3.AbortMultipartUpload", gone)
        raise ClientError({"Error": {"Code": "NoSuchUpload", "Message": ""}}, "AbortMultipartUpload")

    s3.meta.events.register("before-call.s3.AbortMultipartUpload", gone)
    assert abort_stale_uploads(s3, BUCKET, KEY) == 2
    assert bucket.left() == [f"upload {KEY}"]
