"""The parts of a multipart upload, and the request that sends one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

from tenacity import retry, retry_if_exception, stop_after_attempt

from pulumi_vmimport.client_errors import error_code
from pulumi_vmimport.transfer.checksums import crc32_to_base64
from pulumi_vmimport.transfer.data_requests import DataRequests
from pulumi_vmimport.transfer.part_body import PartBody

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import UploadPartOutputTypeDef

# S3 received other bytes than were sent. botocore retries every other transient failure.
_DAMAGED = frozenset({"BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch"})
_ATTEMPTS = 4


@dataclass(frozen=True)
class Part:
    """A part that S3 has received."""

    size_bytes: int
    crc32: int | None
    """None if S3 does not report one"""
    etag: str


@retry(
    retry=retry_if_exception(lambda error: error_code(error) in _DAMAGED),
    stop=stop_after_attempt(_ATTEMPTS),
    reraise=True,
)
def send_part(requests: DataRequests, target: Mapping[str, Any], number: int, body: PartBody, crc32: int) -> Part:
    """Send a part of the upload that `target` identifies; one that S3 received damaged is sent up to four times.

    Raises: errors of S3.
    """

    def send(client: "S3Client") -> "UploadPartOutputTypeDef":
        body.seek(0)
        return client.upload_part(
            Bucket=target["Bucket"],
            Key=target["Key"],
            UploadId=target["UploadId"],
            PartNumber=number,
            Body=cast("IO[bytes]", body),  # has the methods of a file that botocore and urllib3 call
            ChecksumCRC32=crc32_to_base64(crc32),
        )

    response = requests(f"part {number} of {target['Key']}", send)
    return Part(len(body), crc32, response["ETag"])
