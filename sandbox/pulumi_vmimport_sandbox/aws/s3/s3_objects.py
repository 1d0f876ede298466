"""Objects in moto's S3, as VM Import reads them: a typed view of moto's untyped models."""

import hashlib
import io
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from moto.s3.exceptions import S3ClientError
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion

_BLOCK = 1 << 20


@dataclass(frozen=True)
class S3Object:
    """An object in S3."""

    bucket: str
    key: str
    region: str
    """The Region of its bucket."""
    size: int
    bucket_policy: str | None
    kms_key: str | None
    """The KMS key of its encryption, if any."""
    moto_key: Any

    @property
    def arn(self) -> str:
        return f"arn:{get_partition(self.region)}:s3:::{self.bucket}/{self.key}"

    @property
    def bucket_arn(self) -> str:
        return f"arn:{get_partition(self.region)}:s3:::{self.bucket}"

    def open(self) -> BinaryIO:
        """The content as a seekable stream."""
        return cast("BinaryIO", io.BufferedReader(_ObjectReader(self.moto_key, self.size), _BLOCK))

    def sha256(self) -> str:
        """The hexadecimal digest of the content."""
        with self.open() as file:
            return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type] # a BufferedReader


class _ObjectReader(io.RawIOBase):
    """Reads moto's temporary file of an object, which moto may read concurrently."""

    def __init__(self, moto_key: Any, size: int) -> None:
        self._key = moto_key
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        with self._key.lock:
            self._key._value_buffer.seek(self._at)  # noqa: SLF001 - `value` would read the whole object into memory
            read: bytes = self._key._value_buffer.read(len(buffer))  # noqa: SLF001
        buffer[: len(read)] = read
        self._at += len(read)
        return len(read)


def find_object(account_region: AccountRegion, bucket: str, key: str) -> S3Object | None:
    """An object; None if it or its bucket does not exist."""
    s3 = s3_backends[account_region.account][get_partition(account_region.region)]
    try:
        holder = s3.get_bucket(bucket)
        found = s3.get_object(bucket, key)
    except S3ClientError:
        return None
    if found is None:
        return None
    return S3Object(
        bucket=bucket,
        key=key,
        region=str(holder.region_name),
        size=int(found.size),
        bucket_policy=None if holder.policy is None else holder.policy.decode(),
        kms_key=found.kms_key_id if str(found.encryption).startswith("aws:kms") else None,
        moto_key=found,
    )
