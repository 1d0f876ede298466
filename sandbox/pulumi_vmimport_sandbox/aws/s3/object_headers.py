"""Headers of objects that moto lacks."""

from typing import Any

from moto.s3.models import FakeKey

_moto_headers: Any = FakeKey.response_dict


def response_dict(key: Any) -> dict[str, Any]:
    """Moto's headers of an object, with the KMS key also for `aws:kms:dsse`."""
    found: dict[str, Any] = _moto_headers.fget(key)
    if key.encryption == "aws:kms:dsse" and key.kms_key_id is not None:
        found["x-amz-server-side-encryption-aws-kms-key-id"] = key.kms_key_id
    return found
