"""Object ownership: S3 rejects ACLs of buckets with the setting BucketOwnerEnforced, moto accepts them.

moto's ListBuckets and GetBucketAcl return two owners of a bucket; here they return the same.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from typing import Any
from urllib.parse import urlsplit

from moto.s3.models import OWNER, s3_backends
from moto.s3.responses import S3Response

from pulumi_vmimport_sandbox.aws.core.call_log import RecordedCall
from pulumi_vmimport_sandbox.aws.core.wire_errors import WireError

_ENFORCED = "BucketOwnerEnforced"
_moto_all_buckets = S3Response.all_buckets
_OTHER_OWNER = "bcaf1ffd86f41161ca5fb16fd081034f"  # of moto's ListBuckets


def all_buckets(response: Any) -> Any:
    """ListBuckets with the owner of the buckets' ACLs.

    Replaces moto's `S3Response.all_buckets`.
    """
    status, headers, body = _moto_all_buckets(response)
    return status, headers, body.replace(_OTHER_OWNER, OWNER)


def has_acls(bucket: Any) -> bool:
    """Whether ACLs are enabled for a bucket."""
    # ACLs are disabled by default since April 2023; moto has no default.
    return (bucket.ownership_rule or _ENFORCED) != _ENFORCED


def verify(call: RecordedCall) -> None:
    """Reject PutBucketAcl for a bucket without ACLs.

    Raises:
        WireError: ACLs are disabled for the bucket.
    """
    if call.service != "s3" or call.operation != "PutBucketAcl":
        return
    name = urlsplit(call.path).path.strip("/")
    partition, account = s3_backends.bucket_accounts.get(name, (None, None))
    if account and not has_acls(s3_backends[account][partition].buckets[name]):
        raise WireError(400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
