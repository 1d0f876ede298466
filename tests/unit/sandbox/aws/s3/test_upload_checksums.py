"""What S3 checks and moto does not: checksums, and conditions in bucket policies."""

from __future__ import annotations

import base64
import hashlib
import socket
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import requests
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account

    from pulumi_vmimport_sandbox.aws import AwsSandbox

DATA, OTHER = b"the bytes", b"other bytes"


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _claims(data: bytes) -> dict[str, dict[str, str]]:
    return {
        "sha256": {"ChecksumSHA256": _text(hashlib.sha256(data).digest())},
        "sha1": {"ChecksumSHA1": _text(hashlib.sha1(data, usedforsecurity=False).digest())},
        "crc32": {"ChecksumCRC32": _text(zlib.crc32(data).to_bytes(4, "big"))},
        "md5": {"ContentMD5": _text(hashlib.md5(data, usedforsecurity=False).digest())},
    }


@pytest.fixture
def bucket(account: Account) -> Account:
    account.bucket()
    return account


@pytest.mark.parametrize("kind", _claims(b""))
def test_fails_for_an_object_with_a_wrong_checksum(bucket: Account, kind: str) -> None:
    where = {"Bucket": "disk-images", "Key": "k"}
    assert bucket.refused(bucket.s3.put_object, **where, Body=DATA, **_claims(OTHER)[kind])[0] == "BadDigest"
    assert bucket.aws.remaining_resources() == ["s3 bucket disk-images"]
    bucket.s3.put_object(**where, Body=DATA, **_claims(DATA)[kind])


@pytest.mark.parametrize("kind", _claims(b""))
def test_fails_for_a_part_with_a_wrong_checksum(bucket: Account, kind: str) -> None:
    where: dict[str, Any] = {"Bucket": "disk-images", "Key": "k"}
    where["UploadId"] = bucket.s3.create_multipart_upload(**where)["UploadId"]
    upload = bucket.s3.upload_part
    assert bucket.refused(upload, **where, PartNumber=1, Body=DATA, **_claims(OTHER)[kind])[0] == "BadDigest"
    upload(**where, PartNumber=1, Body=DATA, **_claims(DATA)[kind])


def test_the_default_checksum_of_boto3_is_accepted(bucket: Account) -> None:
    bucket.put("k", DATA)
    assert bucket.s3.get_object(Bucket="disk-images", Key="k")["Body"].read() == DATA


def _send(aws: AwsSandbox, body: bytes, headers: dict[str, str]) -> requests.Response:
    """A signed PutObject with headers of one's own."""
    request = AWSRequest("PUT", f"{aws.endpoint}/disk-images/k", headers=headers, data=body)
    S3SigV4Auth(Credentials(aws.access_key, aws.secret_key), "s3", "eu-west-1").add_auth(request)
    sent = dict(request.headers.items()) | headers
    with requests.Session() as session:
        session.trust_env = False  # no proxy leads to this machine
        return session.put(str(request.url), data=body, headers=sent, timeout=10)


def test_fails_for_a_body_that_differs_from_the_signed_one(bucket: Account, aws: AwsSandbox) -> None:
    answer = _send(aws, DATA, {"X-Amz-Content-SHA256": hashlib.sha256(OTHER).hexdigest()})
    assert (answer.status_code, "XAmzContentSHA256Mismatch" in answer.text) == (400, True)
    assert _send(aws, DATA, {"X-Amz-Content-SHA256": hashlib.sha256(DATA).hexdigest()}).ok


def test_an_upload_whose_client_disconnects_leaves_no_object(bucket: Account, aws: AwsSandbox) -> None:
    scope = f"{aws.access_key}/20260101/eu-west-1/s3/aws4_request"
    head = (
        f"PUT /disk-images/k HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nAuthorization: x Credential={scope}\r\n\r\n"
    )
    host, _, port = aws.endpoint.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode() + b"half of it")
        connection.shutdown(socket.SHUT_WR)
        assert b"IncompleteBody" in b"".join(iter(lambda: connection.recv(4096), b""))
    assert aws.remaining_resources() == ["s3 bucket disk-images"]


@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
def test_a_checksum_in_the_trailer_is_verified(bucket: Account, aws: AwsSandbox, right: bool) -> None:
    checksum = _text(zlib.crc32(DATA if right else OTHER).to_bytes(4, "big"))
    body = b"%x\r\n%b\r\n0\r\nx-amz-checksum-crc32:%b\r\n\r\n" % (len(DATA), DATA, checksum.encode())
    headers = {
        "X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "X-Amz-Trailer": "x-amz-checksum-crc32",
        "X-Amz-Decoded-Content-Length": str(len(DATA)),
        "Content-Encoding": "aws-chunked",
    }
    assert _send(aws, body, headers).ok is right
    if right:
        assert bucket.s3.get_object(Bucket="disk-images", Key="k")["Body"].read() == DATA


def _policy(account: Account, **parts: Any) -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::disk-images/*"}
    account.s3.put_bucket_policy(Bucket="disk-images", Policy=account.document(statement | parts))


def test_a_bucket_for_tls_only_accepts_and_returns_objects(bucket: Account) -> None:
    _policy(bucket, Condition={"Bool": {"aws:SecureTransport": "false"}})
    bucket.put("k", DATA)
    assert bucket.s3.get_object(Bucket="disk-images", Key="k")["Body"].read() == DATA
    bucket.s3.delete_object(Bucket="disk-images", Key="k")


def test_a_bucket_that_requires_a_recent_tls_version_accepts_objects(bucket: Account) -> None:
    _policy(bucket, Condition={"NumericLessThan": {"s3:TlsVersion": "1.2"}})
    bucket.put("k", DATA)


def test_fails_if_the_bucket_policy_denies_without_a_condition(bucket: Account) -> None:
    _policy(bucket)
    assert bucket.refused(bucket.put, key="k", data=DATA)[0] in {"403", "AccessDenied"}


def test_fails_if_the_condition_of_a_denial_holds(bucket: Account) -> None:
    _policy(bucket, Condition={"Bool": {"aws:SecureTransport": "true"}})
    assert bucket.refused(bucket.put, key="k", data=DATA)[0] in {"403", "AccessDenied"}


def test_a_condition_on_the_encryption_header_is_evaluated_on_the_request(bucket: Account) -> None:
    _policy(
        bucket, Action="s3:PutObject", Condition={"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
    )
    assert bucket.refused(bucket.put, key="k", data=DATA)[0] in {"403", "AccessDenied"}
    bucket.s3.put_object(Bucket="disk-images", Key="k", Body=DATA, ServerSideEncryption="aws:kms")
