from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.unit.transfer.conftest import BUCKET

from pulumi_vmimport.transfer.object_group import ObjectGroup
from pulumi_vmimport.transfer.transfer_errors import ObjectConflictError

MINE = {"owner": "me", "inputs": "1"}
KEYS = ("web/disk1.vmdk", "web/disk2.vmdk", "web/disks.mf")


def group(s3: Any, metadata: dict[str, str] = MINE) -> ObjectGroup:
    return ObjectGroup(s3, BUCKET, metadata=metadata, owner="owner")


def filled(objects: ObjectGroup, content: bytes = b"new") -> ObjectGroup:
    for key in KEYS:
        objects.start(key).send(1, content)
    return objects


def there(s3: Any) -> dict[str, bytes]:
    listed = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return {o["Key"]: s3.get_object(Bucket=BUCKET, Key=o["Key"])["Body"].read() for o in listed}


def test_the_objects_exist_after_complete_and_not_before(s3: Any, bucket: Any) -> None:
    with group(s3) as objects:
        filled(objects)
        assert there(s3) == {}
        uploaded = objects.complete()
    assert [one.key for one in uploaded] == list(KEYS)
    assert there(s3) == dict.fromkeys(KEYS, b"new")
    assert not [left for left in bucket.leftovers() if left.startswith("upload")]


def test_no_object_exists_if_the_block_ends_without_complete(s3: Any, bucket: Any) -> None:
    with group(s3) as objects:
        filled(objects)
    assert bucket.leftovers() == []


def test_fails_with_no_new_object_if_one_upload_cannot_be_completed(s3: Any, bucket: Any) -> None:
    bucket.deny("CompleteMultipartUpload", lambda params: "disk2" in params["url_path"])
    with pytest.raises(ClientError, match="AccessDenied"), group(s3) as objects:
        filled(objects).complete()
    assert bucket.leftovers() == []


def test_objects_of_the_same_owner_exist_until_they_are_replaced(s3: Any) -> None:
    with group(s3, {"owner": "me", "inputs": "0"}) as objects:
        filled(objects, b"old").complete()
    with group(s3) as objects:
        filled(objects)
        assert there(s3) == dict.fromkeys(KEYS, b"old")
        objects.complete()
    assert there(s3) == dict.fromkeys(KEYS, b"new")


def test_uploads_of_an_interrupted_run_are_aborted(s3: Any, bucket: Any) -> None:
    s3.create_multipart_upload(Bucket=BUCKET, Key=KEYS[0])
    s3.create_multipart_upload(Bucket=BUCKET, Key=KEYS[0] + ".other")
    with group(s3) as objects:
        filled(objects)
    assert bucket.leftovers() == [f"upload {KEYS[0]}.other"]


@pytest.mark.parametrize("metadata", [{}, {"owner": "you"}])
def test_fails_for_an_object_of_another_owner(s3: Any, bucket: Any, metadata: dict[str, str]) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEYS[1], Body=b"yours", Metadata=metadata)
    with pytest.raises(ObjectConflictError, match="expected no object"), group(s3) as objects:
        filled(objects)
    assert there(s3) == {KEYS[1]: b"yours"}
    assert bucket.leftovers() == [f"object {KEYS[1]}"]


def test_fails_with_a_note_about_what_could_not_be_removed(s3: Any, bucket: Any) -> None:
    bucket.deny("AbortMultipartUpload")

    def end(objects: ObjectGroup) -> None:
        filled(objects)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught, group(s3) as objects:
        end(objects)
    assert "could not be removed" in caught.value.__notes__[0]
