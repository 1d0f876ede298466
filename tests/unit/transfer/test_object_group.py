from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.unit.transfer.conftest import BUCKET

from pulumi_vmimport.transfer.object_group import ObjectGroup
from pulumi_vmimport.transfer.transfer_errors import ObjectTakenError

MINE = {"owner": "me", "inputs": "1"}
KEYS = ("web/disk1.vmdk", "web/disk2.vmdk", "web/disks.mf")


def group(s3: Any, metadata: dict[str, str] = MINE) -> ObjectGroup:
    return ObjectGroup(s3, BUCKET, metadata=metadata, owner="owner")


def filled(objects: ObjectGroup, content: bytes = b"new") -> ObjectGroup:
    for key in KEYS:
        objects.begin(key).send(1, content)
    return objects


def there(s3: Any) -> dict[str, bytes]:
    listed = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return {o["Key"]: s3.get_object(Bucket=BUCKET, Key=o["Key"])["Body"].read() for o in listed}


def test_all_objects_are_there_once_they_are_joined(s3: Any, bucket: Any) -> None:
    with group(s3) as objects:
        filled(objects)
        assert there(s3) == {}
        stored = objects.join()
    assert [one.key for one in stored] == list(KEYS)
    assert there(s3) == dict.fromkeys(KEYS, b"new")
    assert not [left for left in bucket.left() if left.startswith("upload")]


def test_nothing_is_there_when_the_block_is_left_before(s3: Any, bucket: Any) -> None:
    with group(s3) as objects:
        filled(objects)
    assert bucket.left() == []


def test_fails_with_nothing_new_where_one_of_them_cannot_be_joined(s3: Any, bucket: Any) -> None:
    bucket.refuse("CompleteMultipartUpload", lambda params: "disk2" in params["url_path"])
    with pytest.raises(ClientError, match="AccessDenied"), group(s3) as objects:
        filled(objects).join()
    assert bucket.left() == []


def test_what_this_owner_has_there_is_replaced_and_stays_until_then(s3: Any) -> None:
    with group(s3, {"owner": "me", "inputs": "0"}) as objects:
        filled(objects, b"old").join()
    with group(s3) as objects:
        filled(objects)
        assert there(s3) == dict.fromkeys(KEYS, b"old")
        objects.join()
    assert there(s3) == dict.fromkeys(KEYS, b"new")


def test_uploads_of_a_killed_run_are_aborted(s3: Any, bucket: Any) -> None:
    s3.create_multipart_upload(Bucket=BUCKET, Key=KEYS[0])
    s3.create_multipart_upload(Bucket=BUCKET, Key=KEYS[0] + ".other")
    with group(s3) as objects:
        filled(objects)
    assert bucket.left() == [f"upload {KEYS[0]}.other"]


@pytest.mark.parametrize("metadata", [{}, {"owner": "you"}])
def test_fails_for_what_somebody_else_has_there(s3: Any, bucket: Any, metadata: dict[str, str]) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEYS[1], Body=b"yours", Metadata=metadata)
    with pytest.raises(ObjectTakenError, match="expected no object there"), group(s3) as objects:
        filled(objects)
    assert there(s3) == {KEYS[1]: b"yours"}
    assert bucket.left() == [f"object {KEYS[1]}"]


def test_fails_with_a_note_of_what_could_not_be_undone(s3: Any, bucket: Any) -> None:
    bucket.refuse("AbortMultipartUpload")

    def end(objects: ObjectGroup) -> None:
        filled(objects)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught, group(s3) as objects:
        end(objects)
    assert "not everything could be undone" in caught.value.__notes__[0]
