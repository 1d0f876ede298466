from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.transfer.s3_object import delete_if_owned, find_object, tag, tags_of, uri
from pulumi_vmimport.transfer.transfer_errors import ObjectNotOwnedError

BUCKET, KEY = "images", "vms/win10.ova"
OURS = {"vmimport-identity": "a1", "vmimport-inputs": "b2"}


def test_a_missing_object_or_bucket_is_none(s3: Any) -> None:
    assert find_object(s3, BUCKET, KEY) is None
    assert find_object(s3, "no-such-bucket", KEY) is None


def test_an_object_of_another_owner_is_found(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"theirs", Tagging="team=other")
    found = find_object(s3, BUCKET, KEY)
    assert found is not None
    assert (found.metadata, found.size_bytes, found.version_id) == ({}, 6, None)
    assert tags_of(s3, found) == {"team": "other"}


def test_tags_are_replaced(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEY, Tagging="team=other")
    found = find_object(s3, BUCKET, KEY)
    assert found is not None
    for tags in ({"stage": "dev", "cost": "7"}, {}):
        tag(s3, BUCKET, KEY, tags)
        assert tags_of(s3, found) == tags


def test_the_uri_of_an_object() -> None:
    assert uri(BUCKET, KEY) == f"s3://{BUCKET}/{KEY}"


def test_fails_to_find_an_object_without_permission(s3: Any, bucket: Any) -> None:
    bucket.deny("HeadObject")
    with pytest.raises(ClientError, match="AccessDenied"):
        find_object(s3, BUCKET, KEY)


def test_an_owned_object_is_deleted_once(s3: Any, bucket: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"x", Metadata=OURS)
    assert delete_if_owned(s3, BUCKET, KEY, OURS)
    assert not delete_if_owned(s3, BUCKET, KEY, OURS)
    assert bucket.leftovers() == []


def test_only_the_owned_version_is_deleted_without_a_delete_marker(s3: Any, bucket: Any) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"before")
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"x", Metadata=OURS)
    assert delete_if_owned(s3, BUCKET, KEY, OURS)
    assert bucket.content() == b"before"
    assert "DeleteMarkers" not in s3.list_object_versions(Bucket=BUCKET)


@pytest.mark.parametrize("theirs", [{}, {**OURS, "vmimport-identity": "c3"}], ids=["unmarked", "another identity"])
def test_fails_to_delete_an_object_of_another_owner(s3: Any, bucket: Any, theirs: dict[str, str]) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"theirs", Metadata=theirs)
    with pytest.raises(ObjectNotOwnedError, match=r"vmimport-identity=a1, got (none|c3)"):
        delete_if_owned(s3, BUCKET, KEY, OURS)
    assert bucket.content() == b"theirs"


def test_fails_to_delete_without_owner_metadata(s3: Any) -> None:
    with pytest.raises(ValueError, match="expected at least one entry"):
        delete_if_owned(s3, BUCKET, KEY, {})
