import base64
import hashlib
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from pulumi_vmimport.transfer.errors import InvalidMetadataError
from pulumi_vmimport.transfer.s3_object import SHA256_TAG, StoredObject, find_object, put_stream

BUCKET, KEY = "images", "vms/win10.ova"
MIB = 1 << 20
OURS = {"vmimport-identity": "a1", "vmimport-inputs": "b2"}
PART = 5 * MIB  # S3 takes no smaller ones, but for the last
BIG = b"".join(bytes([number]) * MIB for number in range(17))  # four parts, the last one smaller


def put(s3: Any, chunks: Iterable[bytes], **kwargs: Any) -> StoredObject:
    return put_stream(s3, BUCKET, KEY, chunks, **{"metadata": OURS, "part_bytes": PART, **kwargs})


def pieces(data: bytes, size: int = 700_001) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def is_part(number: int) -> Callable[[dict[str, Any]], bool]:
    return lambda params: f"partNumber={number}&" in f"{params['url']}&"


@pytest.mark.parametrize("data", [b"", b"x", BIG[:PART], BIG[: PART + 1], BIG], ids=lambda d: f"{len(d)} bytes")
def test_every_byte_arrives_and_the_result_tells_of_them(s3: Any, bucket: Any, data: bytes) -> None:
    stored = put(s3, pieces(data))
    assert bucket.content() == data
    assert (stored.bucket, stored.key, stored.size_bytes) == (BUCKET, KEY, len(data))
    assert stored.sha256 == hashlib.sha256(data).hexdigest()
    assert stored.checksum == f"CRC32:{base64.b64encode(zlib.crc32(data).to_bytes(4)).decode()}"
    assert stored.version_id is None


def test_what_was_stored_is_found_again(s3: Any) -> None:
    stored = put(s3, pieces(BIG), tags={"team": "desktop"})
    found = find_object(s3, BUCKET, KEY)
    assert found is not None
    assert (found.etag, found.size_bytes, found.sha256) == (stored.etag, stored.size_bytes, stored.sha256)
    assert found.metadata == OURS
    assert found.checksum == stored.checksum
    tags = s3.get_object_tagging(Bucket=BUCKET, Key=KEY)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "desktop", SHA256_TAG: stored.sha256}


def test_a_version_is_told_where_the_bucket_keeps_versions(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    stored = put(s3, [b"x"])
    assert stored.version_id == s3.head_object(Bucket=BUCKET, Key=KEY)["VersionId"]


def test_the_progress_counts_the_bytes_taken_in(s3: Any) -> None:
    seen: list[int] = []
    put(s3, pieces(BIG, 4 * MIB), progress=seen.append)
    assert seen == [4 * MIB, 8 * MIB, 12 * MIB, 16 * MIB, 17 * MIB]


def test_parts_grow_with_the_size_so_that_ten_thousand_suffice(s3: Any) -> None:
    sizes: list[int] = []
    s3.meta.events.register(
        "provide-client-params.s3.UploadPart", lambda params, **_: sizes.append(len(params["Body"]))
    )
    put(s3, pieces(BIG), size_hint=79_999 * MIB)
    assert sorted(sizes) == [MIB, 8 * MIB, 8 * MIB]


def test_six_parts_at_most_are_in_memory_while_s3_is_slow(s3: Any) -> None:
    beyond, taken = threading.Event(), 0

    def long() -> Iterator[bytes]:
        nonlocal taken
        while taken < 60 * MIB:
            taken += MIB
            if taken > 7 * PART:
                beyond.set()
            yield bytes(MIB)

    def hold(**_: Any) -> None:
        held.append(beyond.wait(0.3))
        beyond.set()

    held: list[bool] = []
    s3.meta.events.register("before-call.s3.UploadPart", hold)
    put(s3, long())
    assert held[0] is False


def test_each_part_goes_with_a_checksum_that_s3_checks(s3: Any) -> None:
    sent: list[bool] = []

    def look(request: Any, **_: Any) -> None:
        sent.append("crc32" in str(request.headers).lower())

    s3.meta.events.register("before-send.s3.UploadPart", look)
    put(s3, pieces(BIG))
    assert sent == [True] * 4


@pytest.mark.parametrize("part", [1, 2, 4])
def test_fails_when_s3_refuses_a_part_and_leaves_nothing(s3: Any, bucket: Any, part: int) -> None:
    bucket.refuse("UploadPart", is_part(part))
    with pytest.raises(ClientError, match="AccessDenied"):
        put(s3, pieces(BIG))
    assert bucket.left() == []


def test_fails_with_no_part_on_its_way_any_more_when_the_upload_is_aborted(s3: Any) -> None:
    other_runs, refused, aborting = threading.Event(), threading.Event(), threading.Event()
    running, at_abort = set[str](), list[int]()

    def begin(params: dict[str, Any], **_: Any) -> None:
        if is_part(1)(params):
            other_runs.wait(10)
            refused.set()
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "UploadPart")
        running.add(params["url"])
        other_runs.set()
        refused.wait(10)
        aborting.wait(0.3)

    def end(**_: Any) -> None:
        running.pop()

    def abort(**_: Any) -> None:
        at_abort.append(len(running))
        aborting.set()

    s3.meta.events.register("before-call.s3.UploadPart", begin)
    s3.meta.events.register("after-call.s3.UploadPart", end)
    s3.meta.events.register("before-call.s3.AbortMultipartUpload", abort)
    with pytest.raises(ClientError):
        put(s3, pieces(BIG))
    assert at_abort == [0]


def test_fails_without_reading_on_when_s3_refuses_a_part(s3: Any, bucket: Any) -> None:
    bucket.refuse("UploadPart", is_part(1))
    taken = 0

    def long() -> Iterator[bytes]:
        nonlocal taken
        while taken < 2000:
            taken += 1
            yield bytes(MIB)

    with pytest.raises(ClientError):
        put(s3, long())
    assert taken < 1000


@pytest.mark.parametrize("operation", ["CreateMultipartUpload", "CompleteMultipartUpload", "PutObjectTagging"])
def test_fails_when_s3_refuses_a_step_and_leaves_nothing(s3: Any, bucket: Any, operation: str) -> None:
    bucket.refuse(operation)
    with pytest.raises(ClientError, match="AccessDenied"):
        put(s3, pieces(BIG))
    assert bucket.left() == []


@pytest.mark.parametrize(
    "error", [ConnectionResetError("vSphere is gone"), KeyboardInterrupt(), SystemExit()], ids=repr
)
@pytest.mark.parametrize("after", [0, 7 * MIB])
def test_fails_when_the_source_does_and_leaves_nothing(s3: Any, bucket: Any, error: BaseException, after: int) -> None:
    def broken() -> Iterator[bytes]:
        yield bytes(after)
        raise error

    with pytest.raises(type(error)):
        put(s3, broken())
    assert bucket.left() == []


def test_fails_when_the_progress_raises_and_leaves_nothing(s3: Any, bucket: Any) -> None:
    class CancelledError(Exception):
        pass

    def cancel(taken: int) -> None:
        if taken > 8 * MIB:
            raise CancelledError

    with pytest.raises(CancelledError):
        put(s3, pieces(BIG), progress=cancel)
    assert bucket.left() == []


def test_s3_is_told_what_the_whole_must_be(s3: Any) -> None:
    told: dict[str, Any] = {}
    s3.meta.events.register("provide-client-params.s3.CompleteMultipartUpload", lambda params, **_: told.update(params))
    stored = put(s3, pieces(BIG))
    assert (told["MpuObjectSize"], told["ChecksumType"]) == (len(BIG), "FULL_OBJECT")
    assert f"CRC32:{told['ChecksumCRC32']}" == stored.checksum


def test_fails_when_the_answer_is_lost_and_deletes_what_s3_joined_all_the_same(s3: Any, bucket: Any) -> None:
    def lose(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3")

    s3.meta.events.register("after-call.s3.CompleteMultipartUpload", lose)
    with pytest.raises(EndpointConnectionError):
        put(s3, [b"x"])
    assert bucket.left() == []


def test_fails_but_spares_what_an_earlier_upload_had_stored(s3: Any, bucket: Any) -> None:
    put(s3, [b"before"])
    bucket.refuse("CompleteMultipartUpload")
    with pytest.raises(ClientError):
        put(s3, [b"x"])
    assert bucket.content() == b"before"
    assert bucket.left() == [f"object {KEY}"]


def test_fails_but_spares_what_somebody_else_stored_meanwhile(s3: Any, bucket: Any) -> None:
    def overwrite(**_: Any) -> None:
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"theirs")
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "PutObjectTagging")

    s3.meta.events.register("before-call.s3.PutObjectTagging", overwrite)
    with pytest.raises(ClientError):
        put(s3, [b"x"])
    assert bucket.content() == b"theirs"


def test_fails_with_the_first_error_and_a_note_when_the_upload_cannot_be_aborted(s3: Any, bucket: Any) -> None:
    bucket.refuse("UploadPart")
    bucket.refuse("AbortMultipartUpload")
    with pytest.raises(ClientError, match="UploadPart") as caught:
        put(s3, [b"x"])
    assert "could not be undone: An error occurred (AccessDenied) when calling the Abort" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"vmimport:identity": "a"}, "expected a name of lower-case letters, digits and hyphens"),
        ({"Identity": "a"}, "expected a name of lower-case letters"),
        ({"name": "日本"}, "expected a value of printable ASCII characters"),
    ],
    ids=["colon", "capital", "not ASCII"],
)
def test_fails_before_anything_is_sent_for_metadata_that_s3_cannot_carry(
    s3: Any, bucket: Any, metadata: dict[str, str], words: str
) -> None:
    with pytest.raises(InvalidMetadataError, match=words):
        put(s3, [b"x"], metadata=metadata)
    assert bucket.left() == []
