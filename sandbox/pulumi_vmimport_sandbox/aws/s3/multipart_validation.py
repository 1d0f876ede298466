"""Validation of multipart uploads that moto lacks: checksums of parts and objects, size, conditions.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
"""

import base64
import hashlib
import io
import re
import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from moto.core.responses import ActionResult
from moto.s3.models import s3_backends

from pulumi_vmimport_sandbox.aws.core.call_log import RecordedCall
from pulumi_vmimport_sandbox.aws.core.wire_errors import WireError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_PAGE = 1000
_PART_NUMBER = re.compile(rb"<PartNumber>(\d+)</PartNumber>")
_PRECONDITION_FAILED = "At least one of the pre-conditions you specified did not hold"


def list_parts(response: Any) -> Any:
    """ListParts with the checksums of the parts, if the upload has a checksum algorithm.

    Replaces moto's `S3Response.list_parts`.
    """
    upload_id = str(response._get_param("uploadId"))  # noqa: SLF001 - as in moto's method
    marker = int(response._get_int_param("part-number-marker", 0))  # noqa: SLF001
    most = min(int(response._get_int_param("max-parts", _PAGE)), _PAGE)  # noqa: SLF001
    bucket, key = response.bucket_name, response.parse_key_name()
    response.backend.list_parts(bucket, upload_id, part_number_marker=0, max_parts=0)  # checks the id
    upload = response.backend.get_bucket(bucket).multiparts[upload_id]
    algorithm = upload.metadata.get("x-amz-checksum-algorithm")
    numbers = [number for number in upload.partlist if number > marker]
    listed = [_listed(number, upload.parts[number], algorithm) for number in numbers[:most]]
    response.data["Action"] = "ListParts"
    return response.serialized(
        ActionResult(
            {
                "Bucket": bucket,
                "Key": key,
                "UploadId": upload_id,
                "StorageClass": upload.storage or "STANDARD",
                "PartNumberMarker": marker,
                "NextPartNumberMarker": numbers[:most][-1] if listed else marker,
                "MaxParts": most,
                "IsTruncated": len(numbers) > most,
                "Parts": listed,
                "ChecksumAlgorithm": algorithm,
                "ChecksumType": upload.metadata.get("x-amz-checksum-type"),
            }
        )
    )


def verify(call: RecordedCall, environ: "WSGIEnvironment") -> None:
    """Validate the checksum, the size and the conditions of CompleteMultipartUpload.

    Raises:
        WireError: One of them is not met, or the upload does not exist.
    """
    if call.service != "s3" or call.operation != "CompleteMultipartUpload":
        return
    url = urlsplit(call.path)
    name, _, key = url.path.lstrip("/").partition("/")
    partition, account = s3_backends.bucket_accounts.get(name, (None, None))
    if not account:
        return
    bucket = s3_backends[account][partition].buckets[name]
    upload_id = parse_qs(url.query)["uploadId"][0]
    existing = bucket.keys.get(unquote(key))
    if getattr(getattr(existing, "multipart", None), "id", None) == upload_id:
        return  # a repeated call
    upload = bucket.multiparts.get(upload_id)
    if upload is None:
        raise WireError(404, "NoSuchUpload", "The specified upload does not exist.")
    _verify_condition(environ.get("HTTP_IF_MATCH"), existing)
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    named = [int(number) for number in _PART_NUMBER.findall(body)]
    if any(number not in upload.parts for number in named):
        return  # moto rejects it
    parts = [upload.parts[number].value for number in named]
    size = environ.get("HTTP_X_AMZ_MP_OBJECT_SIZE")
    if size and int(size) != sum(map(len, parts)):
        raise WireError(400, "InvalidRequest", "The provided 'x-amz-mp-object-size' header does not match.")
    claim = environ.get("HTTP_X_AMZ_CHECKSUM_CRC32")
    if claim and environ.get("HTTP_X_AMZ_CHECKSUM_TYPE") == "FULL_OBJECT" and claim != _crc32(*parts):
        raise WireError(400, "BadDigest", "The CRC32 you specified did not match the calculated checksum.")


def _verify_condition(etag: str | None, existing: Any) -> None:
    if etag is None:
        return
    if existing is None:
        raise WireError(404, "NoSuchKey", "The specified key does not exist.")
    if existing.etag.strip('"') != etag.strip('"'):
        raise WireError(412, "PreconditionFailed", _PRECONDITION_FAILED)


def _listed(number: int, part: Any, algorithm: str | None) -> dict[str, Any]:
    listed = {"PartNumber": number, "LastModified": part.last_modified_ISO8601, "ETag": part.etag, "Size": part.size}
    if algorithm == "CRC32":
        listed["ChecksumCRC32"] = _crc32(part.value)
    if algorithm == "SHA256":
        listed["ChecksumSHA256"] = base64.b64encode(hashlib.sha256(part.value).digest()).decode()
    return listed


def _crc32(*parts: bytes) -> str:
    crc = 0
    for part in parts:
        crc = zlib.crc32(part, crc)
    return base64.b64encode(crc.to_bytes(4)).decode()
