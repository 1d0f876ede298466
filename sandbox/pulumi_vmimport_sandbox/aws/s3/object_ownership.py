"""Whether a bucket has an ACL that counts: S3 refuses one where it does not, moto takes it.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from typing import Any
from urllib.parse import urlsplit

from moto.s3.models import s3_backends

from pulumi_vmimport_sandbox.aws.core.call_log import RecordedCall
from pulumi_vmimport_sandbox.aws.core.wire_errors import WireError

_ENFORCED = "BucketOwnerEnforced"


def has_acls(bucket: Any) -> bool:
    """Whether the ACL of moto's bucket counts."""
    # S3 has made buckets without one since April 2023; moto says nothing of a bucket that nobody changed.
    return (bucket.ownership_rule or _ENFORCED) != _ENFORCED


def verify(call: RecordedCall) -> None:
    """Refuse an ACL for a bucket that has none.

    Raises:
        WireError: the bucket's owner owns everything in it.
    """
    if call.service != "s3" or call.operation != "PutBucketAcl":
        return
    name = urlsplit(call.path).path.strip("/")
    partition, account = s3_backends.bucket_accounts.get(name, (None, None))
    if account and not has_acls(s3_backends[account][partition].buckets[name]):
        raise WireError(400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
