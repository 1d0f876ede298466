"""Validation of the checksums of uploads, which moto lacks."""

import base64
import hashlib
import io
import re
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pulumi_vmimport_sandbox.aws.core.call_log import RecordedCall
from pulumi_vmimport_sandbox.aws.core.wire_errors import WireError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_UPLOADS = frozenset({"PutObject", "UploadPart"})
_SHA256_HEX = re.compile(r"[0-9a-f]{64}")
# CRC32C and CRC64NVME need a library of their own; boto3 without awscrt sends neither.
_DIGESTS: Mapping[str, Callable[[bytes], bytes]] = {
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
}


def verify(call: RecordedCall, environ: "WSGIEnvironment") -> None:
    """Validate the body of an upload against its headers and trailers. Restores the body.

    Raises:
        WireError: A checksum does not match, or the body is incomplete.
    """
    if call.service != "s3" or call.operation not in _UPLOADS:
        return
    body = _body(environ)
    signed = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")
    if signed.startswith("STREAMING-"):
        data, claims = _unchunked(body)
    else:
        data, claims = body, {}
        if _SHA256_HEX.fullmatch(signed) and signed != hashlib.sha256(data).hexdigest():
            text = "The provided 'x-amz-content-sha256' header does not match what was computed."
            raise WireError(400, "XAmzContentSHA256Mismatch", text)
    md5 = environ.get("HTTP_CONTENT_MD5")
    if md5 and md5 != _base64(hashlib.md5(data, usedforsecurity=False).digest()):
        raise WireError(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
    for name, digest in _DIGESTS.items():
        claim = environ.get(f"HTTP_X_AMZ_CHECKSUM_{name.upper()}") or claims.get(f"x-amz-checksum-{name}")
        if claim and claim != _base64(digest(data)):
            text = f"The {name.upper()} you specified did not match the calculated checksum."
            raise WireError(400, "BadDigest", text)


def _body(environ: "WSGIEnvironment") -> bytes:
    length = environ.get("CONTENT_LENGTH")
    body: bytes = environ["wsgi.input"].read(int(length)) if length else environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(body)
    if length and len(body) < int(length):  # the client disconnected; S3 discards the upload
        text = "You did not provide the number of bytes specified by the Content-Length HTTP header"
        raise WireError(400, "IncompleteBody", text)
    return body


def _unchunked(body: bytes) -> tuple[bytes, dict[str, str]]:
    """The payload and the trailers of an aws-chunked body.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
    """
    chunked, data = io.BytesIO(body), bytearray()
    while size := int(chunked.readline().partition(b";")[0], 16):
        data += chunked.read(size)
        chunked.readline()
    lines = (line.decode().strip().partition(":") for line in chunked.readlines())
    return bytes(data), {name.lower(): value.strip() for name, _, value in lines if name}


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
