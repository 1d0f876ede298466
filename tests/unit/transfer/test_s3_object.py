from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.transfer.s3_object import delete_if_ours, find_object, tag, tags_of, url
from pulumi_vmimport.transfer.transfer_errors import NotOursError

BUCKET, KEY = "images", "vms/win10.ova"
OURS = {"vmimport-identity": "a1", "vmimport-inputs": "b2"}


def test_there_is_no_object_where_none_is(s3: Any) -> None:
    assert find_object(s3, BUCKET, KEY) is None
    assert find_object(s3, "no-such-bucket", KEY) is None


def test_an_object_of_somebody_else_is_found_as_it_is(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"theirs", Tagging="team=other")
    found = find_object(s3, BUCKET, KEY)
    assert found is not None
    assert (found.metadata, found.size_bytes, found.version_id) == ({}, 6, None)
    assert tags_of(s3, found) == {"team": "other"}


def test_an_object_has_the_tags_it_is_given_and_no_others(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEY, Tagging="team=other")
    found = find_object(s3, BUCKET, KEY)
    assert found is not None
    for tags in ({"stage": "dev", "cost": "7"}, {}):
        tag(s3, BUCKET, KEY, tags)
        assert tags_of(s3, found) == tags


def test_an_object_is_named_by_its_uri() -> None:
    assert url(BUCKET, KEY) == f"s3://{BUCKET}/{KEY}"


def test_fails_to_find_what_must_not_be_seen(s3: Any, bucket: Any) -> None:
    bucket.refuse("HeadObject")
    with pytest.raises(ClientError, match="AccessDenied"):
        find_object(s3, BUCKET, KEY)


def test_our_object_is_deleted_once(s3: Any, bucket: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"x", Metadata=OURS)
    assert delete_if_ours(s3, BUCKET, KEY, OURS)
    assert not delete_if_ours(s3, BUCKET, KEY, OURS)
    assert bucket.left() == []


def test_only_our_version_is_deleted_and_no_marker_left(s3: Any, bucket: Any) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"before")
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"x", Metadata=OURS)
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
