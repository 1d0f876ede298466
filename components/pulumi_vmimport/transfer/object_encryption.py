"""The server-side encryption of an S3 object.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
"""

from dataclasses import dataclass
from typing import Any

from pulumi_vmimport.transfer.s3_object import FoundObject
from pulumi_vmimport.transfer.sse_algorithm import SseAlgorithm


@dataclass(frozen=True)
class ObjectEncryption:
    """The encryption to request. Default of both: the default encryption of the bucket."""

    sse: SseAlgorithm | None = None
    kms_key_id: str | None = None
    """The id, ARN or alias of a KMS key"""

    def request(self) -> dict[str, Any]:
        """The members of CreateMultipartUpload. Whether a bucket key is used remains the setting of the bucket."""
        members = {"ServerSideEncryption": self.sse and self.sse.value, "SSEKMSKeyId": self.kms_key_id}
        return {name: value for name, value in members.items() if value is not None}

    def is_of(self, found: FoundObject) -> bool:
        """Whether the object is encrypted as requested."""
        return self.sse in (None, found.sse) and (self.kms_key_id is None or _is_key(self.kms_key_id, found.kms_key_id))


def _is_key(requested: str, arn: str | None) -> bool:
    """Whether an ARN can be that of the requested key: S3 returns the ARN of a key, also for an alias."""
    if arn is None:
        return False
    if requested.startswith("alias/") or ":alias/" in requested:
        return True
    return arn == requested or arn.endswith(f":key/{requested}")
