from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.unit.transfer.conftest import BUCKET, KEY

from pulumi_vmimport.transfer.object_versions import delete_owned_versions

OURS, THEIRS = {"vmimport-identity": "a1"}, {"vmimport-identity": "b2"}


@pytest.fixture
def write(s3: Any) -> Callable[..., str]:
    """Writes a version; returns its id."""

    def put(metadata: dict[str, str], key: str = KEY) -> str:
        return str(s3.put_object(Bucket=BUCKET, Key=key, Body=b"data", Metadata=metadata).get("VersionId"))

    return put


def versioning(s3: Any, status: str) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": status})


def remaining(s3: Any) -> list[str]:
    listed = s3.list_object_versions(Bucket=BUCKET)
    return [f"{found['Key']} {found['VersionId']}" for found in listed.get("Versions", [])]


def delete(s3: Any, owner: dict[str, str] = OURS) -> list[str]:
    return list(delete_owned_versions(s3, BUCKET, KEY, owner))


def test_every_version_of_the_owner_is_deleted(s3: Any, write: Any) -> None:
    write(OURS)  # before versioning
    versioning(s3, "Enabled")
    write(OURS)
    write({**OURS, "more": "metadata"})
    other = write(OURS, f"{KEY}.other")
    assert delete(s3) == []
    assert remaining(s3) == [f"{KEY}.other {other}"]
    assert s3.list_object_versions(Bucket=BUCKET).get("DeleteMarkers", []) == []
    assert delete(s3) == []


def test_an_earlier_version_of_another_owner_stays_and_is_named(s3: Any, write: Any) -> None:
    versioning(s3, "Enabled")
    theirs = write(THEIRS)
    write(OURS)
    write(OURS)
    (reason,) = delete(s3)
    assert theirs in reason
    assert f"s3://{BUCKET}/{KEY}" in reason
    assert "current object now" in reason
    assert remaining(s3) == [f"{KEY} {theirs}"]


def test_a_current_version_of_another_owner_stays_and_ours_below_it_are_deleted(s3: Any, write: Any) -> None:
    versioning(s3, "Enabled")
    write(OURS)
    theirs = write(THEIRS)
    (reason,) = delete(s3)
    assert "expected metadata vmimport-identity=a1, got b2" in reason
    assert remaining(s3) == [f"{KEY} {theirs}"]


def test_versions_below_a_delete_marker_are_deleted(s3: Any, write: Any) -> None:
    versioning(s3, "Enabled")
    write(OURS)
    s3.delete_object(Bucket=BUCKET, Key=KEY)
    assert delete(s3) == []
    assert remaining(s3) == []


def test_versions_from_before_versioning_was_suspended_are_deleted(s3: Any, write: Any) -> None:
    versioning(s3, "Enabled")
    write(OURS)
    versioning(s3, "Suspended")
    write(OURS)
    assert delete(s3) == []
    assert remaining(s3) == []


def test_an_object_without_versions_needs_no_permission_for_versions(s3: Any, write: Any, bucket: Any) -> None:
    write(OURS)
    bucket.deny("DeleteObject", lambda params: "versionId" in str(params.get("query_string")))
    assert delete(s3) == []
    assert remaining(s3) == []


def test_without_the_permission_to_list_versions_the_current_one_is_deleted(s3: Any, write: Any, bucket: Any) -> None:
    versioning(s3, "Enabled")
    first = write(OURS)
    write(OURS)
    bucket.deny("ListObjectVersions")
    (reason,) = delete(s3)
    assert "s3:ListBucketVersions" in reason
    s3.meta.events.unregister("before-call.s3.ListObjectVersions")
    s3.get_object(Bucket=BUCKET, Key=KEY, VersionId=first)


def test_a_denied_deletion_of_an_earlier_version_is_reported_with_the_words_of_s3(
    s3: Any, write: Any, bucket: Any
) -> None:
    versioning(s3, "Enabled")
    first = write(OURS)
    write(OURS)
    bucket.deny("DeleteObject", lambda params: first in str(params))
    (reason,) = delete(s3)
    assert f"version {first} remains: Access Denied" in reason


def test_fails_if_the_current_version_cannot_be_deleted(s3: Any, write: Any, bucket: Any) -> None:
    versioning(s3, "Enabled")
    write(OURS)
    bucket.deny("DeleteObject")
    with pytest.raises(ClientError):
        delete(s3)


def test_a_bucket_that_does_not_exist_has_no_versions(s3: Any) -> None:
    assert list(delete_owned_versions(s3, "no-such-bucket", KEY, OURS)) == []
