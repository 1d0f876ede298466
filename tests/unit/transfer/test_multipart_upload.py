import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from pulumi_vmimport.transfer.checksums import crc32_to_base64
from pulumi_vmimport.transfer.multipart_upload import UPLOAD_TOKEN, MultipartUpload
from pulumi_vmimport.transfer.part_sizes import part_bytes_for
from pulumi_vmimport.transfer.s3_object import find_object
from pulumi_vmimport.transfer.transfer_errors import InvalidMetadataError, ObjectConflictError
from pulumi_vmimport.transfer.upload_parts import Part
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

BUCKET, KEY, MIB = "images", "vms/win 10.ova", 1 << 20
OURS = {"vmimport-identity": "a1"}
FIRST, LAST = bytes(5 * MIB), b"the end"  # S3's minimum size of all parts but the last


@pytest.fixture(scope="module")
def running_aws() -> Iterator[AwsSandbox]:
    with AwsSandbox(region="eu-west-1") as sandbox:
        yield sandbox


@pytest.fixture
def aws(running_aws: AwsSandbox) -> AwsSandbox:
    running_aws.reset()
    where = {"LocationConstraint": "eu-west-1"}
    running_aws.observer("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
    return running_aws


@pytest.fixture
def s3(aws: AwsSandbox) -> Any:
    return aws.client("s3", config=Config(request_checksum_calculation="when_required"))


@pytest.fixture
def start(s3: Any) -> Callable[..., MultipartUpload]:
    return lambda **given: MultipartUpload.start(s3, BUCKET, KEY, **{"metadata": OURS, **given})


@pytest.fixture
def whole(start: Callable[..., MultipartUpload]) -> MultipartUpload:
    """An upload with both parts sent, the second one first."""
    upload = start()
    upload.send(2, LAST[:3], bytearray(LAST[3:]))
    upload.send(1, memoryview(FIRST))
    return upload


def content(aws: AwsSandbox) -> bytes:
    return bytes(aws.observer("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read())


def left(aws: AwsSandbox) -> list[str]:
    return [line.removeprefix("s3 ").removesuffix(f" {BUCKET}/{KEY}") for line in aws.remaining_resources()[1:]]


def test_the_parts_become_one_object_in_the_order_of_their_numbers(
    whole: MultipartUpload, s3: Any, aws: AwsSandbox
) -> None:
    uploaded = whole.complete(if_none_match=True)
    assert content(aws) == FIRST + LAST
    assert (uploaded.bucket, uploaded.key, uploaded.size_bytes) == (BUCKET, KEY, len(FIRST + LAST))
    assert uploaded.checksum == f"CRC32:{crc32_to_base64(zlib.crc32(FIRST + LAST))}"
    found = find_object(s3, BUCKET, KEY)
    assert found is not None
    assert (found.etag, found.version_id, found.checksum) == (uploaded.etag, uploaded.version_id, uploaded.checksum)
    assert found.metadata.items() > OURS.items()
    assert left(aws) == ["object"]


def test_an_empty_object_is_one_empty_part(start: Any, aws: AwsSandbox) -> None:
    upload = start(tags={"team": "a b"}, storage_class="STANDARD_IA")
    assert upload.send(1) == Part(0, 0, '"d41d8cd98f00b204e9800998ecf8427e"')
    assert upload.complete().size_bytes == 0
    assert content(aws) == b""
    s3 = aws.observer("s3")
    assert s3.get_object_tagging(Bucket=BUCKET, Key=KEY)["TagSet"] == [{"Key": "team", "Value": "a b"}]
    assert s3.head_object(Bucket=BUCKET, Key=KEY)["StorageClass"] == "STANDARD_IA"


def test_an_upload_in_progress_is_found_with_its_parts_and_can_be_completed(
    whole: MultipartUpload, s3: Any, aws: AwsSandbox
) -> None:
    s3.create_multipart_upload(Bucket=BUCKET, Key=f"{KEY}.bak")
    (found,) = MultipartUpload.in_progress(s3, BUCKET, KEY)
    assert (found.upload_id, found.resumable, found.storage_class) == (whole.upload_id, True, "STANDARD")
    assert found.initiated is not None
    parts = found.list_parts()
    assert {number: part.crc32 for number, part in parts.items()} == {1: zlib.crc32(FIRST), 2: zlib.crc32(LAST)}
    for number, part in parts.items():
        found.reuse(number, part)
    assert found.complete().checksum == f"CRC32:{crc32_to_base64(zlib.crc32(FIRST + LAST))}"
    assert found.list_parts() == {}
    assert list(MultipartUpload.in_progress(s3, BUCKET, KEY)) == []
    assert list(MultipartUpload.in_progress(s3, "no-such-bucket", KEY)) == []


def test_an_upload_without_checksums_is_not_resumable(s3: Any) -> None:
    started = s3.create_multipart_upload(Bucket=BUCKET, Key=KEY)
    s3.upload_part(Bucket=BUCKET, Key=KEY, UploadId=started["UploadId"], PartNumber=1, Body=b"x")
    (found,) = MultipartUpload.in_progress(s3, BUCKET, KEY)
    assert not found.resumable
    with pytest.raises(ValueError, match=r"part 1: .*CRC-32"):
        found.reuse(1, found.list_parts()[1])


@pytest.mark.parametrize("code", ["BadDigest", "IncompleteBody"])
def test_a_part_that_arrives_damaged_is_sent_up_to_four_times(start: Any, aws: AwsSandbox, code: str) -> None:
    upload = start()
    aws.faults.error("UploadPart", code, "not what was sent", times=3)
    upload.send(1, LAST)
    upload.complete()
    assert content(aws) == LAST
    aws.faults.error("UploadPart", code, "not what was sent", times=4)
    with pytest.raises(ClientError, match=code):
        start().send(1, LAST)


def test_a_part_with_a_flipped_bit_is_sent_again(start: Any, s3: Any, aws: AwsSandbox) -> None:
    flips = iter([True, True])

    def flip(request: Any, **_: Any) -> None:
        if next(flips, False):
            request.body = bytes([LAST[0] ^ 1]) + LAST[1:]
            request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"  # as it is over TLS

    s3.meta.events.register("before-send.s3.UploadPart", flip)
    upload = start()
    upload.send(1, LAST)
    upload.complete()
    assert content(aws) == LAST
    assert len(aws.calls.of("UploadPart")) == 3


def test_fails_without_a_retry_if_s3_denies_the_part(start: Any, aws: AwsSandbox) -> None:
    upload = start()
    aws.faults.deny("UploadPart")
    with pytest.raises(ClientError, match="AccessDenied"):
        upload.send(1, LAST)
    assert len(aws.calls.of("UploadPart")) == 1


def test_the_bytes_of_a_part_are_not_copied(start: Any, s3: Any) -> None:
    bodies: list[Any] = []
    s3.meta.events.register("before-send.s3.UploadPart", lambda request, **_: bodies.append(request.body))
    buffer = bytearray(LAST)
    start().send(1, buffer)
    piece = bodies[0].seek(0) or bodies[0].read(1)
    buffer[:] = b"changed"
    assert bytes(piece) == b"changed"


@pytest.mark.parametrize("numbers", [(), (2,), (1, 3)])
def test_fails_to_complete_with_missing_parts(start: Any, numbers: tuple[int, ...]) -> None:
    upload = start()
    for number in numbers:
        upload.send(number, LAST)
    with pytest.raises(ValueError, match=r"numbered from 1 without gaps, got \["):
        upload.complete()


def test_fails_to_complete_parts_that_another_process_replaced(
    whole: MultipartUpload, s3: Any, aws: AwsSandbox
) -> None:
    s3.upload_part(Bucket=BUCKET, Key=KEY, UploadId=whole.upload_id, PartNumber=2, Body=LAST[::-1])
    with pytest.raises(ClientError, match=r"BadDigest|InvalidPart"):
        whole.complete()
    assert left(aws) == ["multipart upload"]


@pytest.mark.parametrize("resumed", [False, True])
def test_a_lost_response_is_resolved_by_the_object(
    whole: MultipartUpload, s3: Any, aws: AwsSandbox, resumed: bool
) -> None:
    upload = whole
    if resumed:
        (upload,) = MultipartUpload.in_progress(s3, BUCKET, KEY)
        for number, part in upload.list_parts().items():
            upload.reuse(number, part)
    aws.faults.drop_connection("CompleteMultipartUpload", after_processing=True)
    uploaded = upload.complete(if_none_match=True)
    found = find_object(s3, BUCKET, KEY)
    assert found is not None
    assert (uploaded.etag, uploaded.checksum) == (found.etag, found.checksum)


def test_a_condition_that_its_own_object_violates_is_a_success(
    whole: MultipartUpload, s3: Any, aws: AwsSandbox
) -> None:
    """botocore retries a call whose response is lost; the object of the first call then violates the condition."""
    aws.faults.on("CompleteMultipartUpload", lambda _: None)

    def refuse(**_: Any) -> None:
        raise ClientError(
            {"Error": {"Code": "PreconditionFailed", "Message": "there is one"}}, "CompleteMultipartUpload"
        )

    s3.meta.events.register("after-call.s3.CompleteMultipartUpload", refuse)
    assert whole.complete(if_none_match=True).size_bytes == len(FIRST + LAST)


@pytest.mark.parametrize("condition", [{"if_none_match": True}, {"if_match": "abc"}], ids=str)
def test_fails_if_another_process_wrote_the_object(
    whole: MultipartUpload, aws: AwsSandbox, condition: dict[str, Any]
) -> None:
    aws.observer("s3").put_object(Bucket=BUCKET, Key=KEY, Body=b"theirs", Metadata={UPLOAD_TOKEN: "another"})
    with pytest.raises(ObjectConflictError, match=r"s3://images/vms/win 10.ova: expected .* nothing was overwritten"):
        whole.complete(**condition)
    whole.abort()
    assert (content(aws), left(aws)) == (b"theirs", ["object"])


def test_fails_if_the_object_to_be_replaced_was_deleted(whole: MultipartUpload, aws: AwsSandbox) -> None:
    with pytest.raises(ObjectConflictError, match="expected the object with ETag abc"):
        whole.complete(if_match="abc")


def test_the_expected_object_is_replaced(whole: MultipartUpload, s3: Any, aws: AwsSandbox) -> None:
    etag = aws.observer("s3").put_object(Bucket=BUCKET, Key=KEY, Body=b"before")["ETag"]
    whole.complete(if_match=etag)
    assert content(aws) == FIRST + LAST


def test_fails_with_the_first_error_if_the_object_cannot_be_read_either(
    whole: MultipartUpload, s3: Any, aws: AwsSandbox
) -> None:
    aws.faults.server_error("CompleteMultipartUpload")
    aws.faults.deny("HeadObject")
    with pytest.raises(ClientError, match="CompleteMultipartUpload") as caught:
        whole.complete()
    assert "An error occurred (403)" in caught.value.__notes__[0]


def test_fails_with_the_upload_kept_if_s3_did_not_complete_it(whole: MultipartUpload, aws: AwsSandbox) -> None:
    aws.faults.drop_connection("CompleteMultipartUpload")
    with pytest.raises(HTTPClientError):
        whole.complete()
    assert left(aws) == ["multipart upload"]
    whole.complete()
    assert left(aws) == ["object"]


def test_abort_removes_the_upload_and_can_be_repeated(whole: MultipartUpload, aws: AwsSandbox) -> None:
    whole.abort()
    whole.abort()
    assert left(aws) == []


def test_all_uploads_to_the_key_are_aborted_and_no_others(s3: Any, aws: AwsSandbox) -> None:
    for key in (KEY, KEY, f"{KEY}.bak"):
        s3.create_multipart_upload(Bucket=BUCKET, Key=key)
    aws.faults.error("AbortMultipartUpload", "NoSuchUpload", "it has ended meanwhile", status=404)
    assert MultipartUpload.abort_in_progress(s3, BUCKET, KEY) == 2
    assert left(aws) == ["multipart upload", f"s3 multipart upload {BUCKET}/{KEY}.bak".removeprefix("s3 ")]
    assert MultipartUpload.abort_in_progress(s3, BUCKET, KEY) == 1
    assert MultipartUpload.abort_in_progress(s3, "no-such-bucket", KEY) == 0


def test_fails_to_abort_if_s3_denies_it(whole: MultipartUpload, aws: AwsSandbox) -> None:
    aws.faults.deny("AbortMultipartUpload")
    with pytest.raises(ClientError, match="AccessDenied"):
        whole.abort()


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"vmimport:identity": "a"}, "expected a name of lower-case letters, digits and hyphens"),
        ({"Identity": "a"}, "expected a name of lower-case letters"),
        ({"name": "日本"}, "expected a value of printable ASCII characters"),
    ],
    ids=["colon", "capital", "not ASCII"],
)
def test_fails_before_the_upload_starts_for_invalid_metadata(
    start: Any, aws: AwsSandbox, metadata: dict[str, str], words: str
) -> None:
    with pytest.raises(InvalidMetadataError, match=words):
        start(metadata=metadata)
    assert left(aws) == []


@pytest.mark.parametrize(
    ("size_mib", "part_mib"), [(0, 16), (160_000, 16), (160_001, 17), (5 << 20, 525)], ids=lambda mib: f"{mib} MiB"
)
def test_parts_are_large_enough_for_ten_thousand_to_suffice(size_mib: int, part_mib: int) -> None:
    assert part_bytes_for(size_mib * MIB) == part_mib * MIB
