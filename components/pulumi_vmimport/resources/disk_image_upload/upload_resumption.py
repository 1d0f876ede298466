"""Which multipart upload a DiskImageUpload resumes.

S3 returns neither metadata nor tags of an incomplete multipart upload, so its owner cannot be determined, and a killed
process leaves no record. The key, however, belongs to the resource, and S3 lists size and CRC-32 of every part. An
upload to the key with the same checksum type and storage class is therefore resumed if it has parts. Parts that differ
from the file are sent again, so the content is right even if another process started the upload. If the completed
object lacks the resource's metadata, the resource uploads the file again.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pulumi_vmimport.transfer.data_requests import DataRequests
from pulumi_vmimport.transfer.multipart_upload import MultipartUpload
from pulumi_vmimport.transfer.upload_parts import Part

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def find_resumable_upload(
    client: "S3Client", bucket: str, key: str, storage_class: str | None, requests: DataRequests | None = None
) -> tuple[MultipartUpload, Mapping[int, Part]] | None:
    """The upload to resume and its parts: the one with the most parts. Aborts all other uploads to the key."""
    candidates = [
        (upload, _usable_parts(upload, storage_class))
        for upload in MultipartUpload.in_progress(client, bucket, key, requests)
    ]
    best = max((found for found in candidates if found[1]), key=lambda found: len(found[1]), default=None)
    for candidate in candidates:
        if candidate is not best:
            candidate[0].abort()
    return best


def _usable_parts(upload: MultipartUpload, storage_class: str | None) -> Mapping[int, Part]:
    return upload.list_parts() if upload.resumable and upload.storage_class == (storage_class or "STANDARD") else {}
