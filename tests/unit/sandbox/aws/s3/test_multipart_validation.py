"""What S3 checks of a multipart upload and moto does not."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account

WHERE = {"Bucket": "disk-images", "Key": "vms/web 1.ova"}
PARTS = (bytes(5 << 20), b"the end")


def crc(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


@pytest.fixture
def upload(account: Account) -> dict[str, Any]:
    """An upload with checksums and two parts."""
    account.bucket()
    s3 = account.s3
    upload = s3.create_multipart_upload(**WHERE, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    where = {**WHERE, "UploadId": upload["UploadId"]}
    sent = [s3.upload_part(**where, PartNumber=n, Body=part) for n, part in enumerate(PARTS, 1)]
    return {
        **where,
        "MultipartUpload": {"Parts": [{"PartNumber": n, "ETag": p["ETag"]} for n, p in enumerate(sent, 1)]},
    }


def test_the_parts_are_listed_with_their_checksums(account: Account, upload: dict[str, Any]) -> None:
    where = {**WHERE, "UploadId": upload["UploadId"]}
    answer = account.s3.list_parts(**where)
    assert [(p["PartNumber"], p["Size"], p["ChecksumCRC32"]) for p in answer["Parts"]] == [
        (n, len(part), crc(part)) for n, part in enumerate(PARTS, 1)
    ]
    assert (answer["ChecksumAlgorithm"], answer["ChecksumType"]) == ("CRC32", "FULL_OBJECT")
    pages = account.s3.get_paginator("list_parts").paginate(**where, PaginationConfig={"PageSize": 1})
    assert [part["PartNumber"] for page in pages for part in page.get("Parts", [])] == [1, 2]
    assert account.refused(account.s3.list_parts, **{**where, "UploadId": "gone"})[0] == "NoSuchUpload"


def test_an_upload_is_completed_if_size_and_checksum_match(account: Account, upload: dict[str, Any]) -> None:
    whole = b"".join(PARTS)
    parameters = {"ChecksumCRC32": crc(whole), "ChecksumType": "FULL_OBJECT", "MpuObjectSize": len(whole)}
    first = account.s3.complete_multipart_upload(**upload, **parameters)
    assert account.s3.complete_multipart_upload(**upload, **parameters)["ETag"] == first["ETag"]
    assert account.s3.head_object(**WHERE, ChecksumMode="ENABLED")["ChecksumCRC32"] == crc(whole)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"ChecksumCRC32": crc(b"other"), "ChecksumType": "FULL_OBJECT"}, "BadDigest"),
        ({"MpuObjectSize": 5}, "InvalidRequest"),
        ({"IfMatch": '"abc"'}, "NoSuchKey"),
        ({"UploadId": "gone"}, "NoSuchUpload"),
        ({"MultipartUpload": {"Parts": [{"PartNumber": 3, "ETag": "x"}]}}, "InvalidPart"),
    ],
    ids=lambda parameters: "" if isinstance(parameters, str) else next(iter(parameters)),
)
def test_fails_to_complete_with_another_size_or_checksum(
    account: Account, upload: dict[str, Any], parameters: dict[str, Any], code: str
) -> None:
    assert account.refused(account.s3.complete_multipart_upload, **{**upload, **parameters})[0] == code


def test_fails_to_replace_an_object_that_does_not_meet_the_condition(account: Account, upload: dict[str, Any]) -> None:
    etag = account.s3.put_object(**WHERE, Body=b"theirs")["ETag"]
    complete = account.s3.complete_multipart_upload
    assert account.refused(complete, **upload, IfMatch='"abc"')[0] == "PreconditionFailed"
    assert account.refused(complete, **upload, IfNoneMatch="*")[0] == "PreconditionFailed"
    complete(**upload, IfMatch=etag)
