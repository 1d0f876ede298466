"""The bucket that an export is to write to: what EC2 refuses of it (EXP-03, EXP-05)."""

from collections.abc import Mapping

from pulumi_vmimport.sandbox.aws.cloud import Place
from pulumi_vmimport.sandbox.aws.iam_policy import Request, verdict
from pulumi_vmimport.sandbox.aws.service_error import ServiceError
from pulumi_vmimport.sandbox.aws.stored_bucket import StoredBucket, find_bucket

# https://docs.aws.amazon.com/vm-import/latest/userguide/vmexport-prerequisites.html
_ELSEWHERE = "c4d8eabf8db69dbe46bfe0e517100c554f01200b104d59cd408e777ba442a322"
_CHINA = "834bafd86b15b6ca71074df0fd1f93d234b9d5e848a2cb31f880c149003ce36f"
_GOVCLOUD = "af913ca13efe7a94b88392711f6cfc8aa07c9d1454d4f190a624b126733a5602"
_CANONICAL_IDS: Mapping[str, str] = {
    "af-south-1": "3f7744aeebaf91dd60ab135eb1cf908700c8d2bc9133e61261e6c582be6e33ee",
    "ap-east-1": "97ee7ab57cc9b5034f31e107741a968e595c0d7a19ec23330eae8d045a46edfb",
    "ap-northeast-3": "40f22ffd22d6db3b71544ed6cd00c8952d8b0a63a87d58d5b074ec60397db8c9",
    "cn-north-1": _CHINA,
    "cn-northwest-1": _CHINA,
    "eu-south-1": "04636d9a349e458b0c1cbf1421858b9788b4ec28b066148d4907bb15c52b5b9c",
    "me-south-1": "aa763f2cf70006650562c62a09433f04353db3cba6ba6aeb3550fdc8065d3d9f",
    "us-gov-east-1": _GOVCLOUD,
    "us-gov-west-1": _GOVCLOUD,
}


def canonical_id(region: str) -> str:
    """The account that writes the exports of instances; those of the newest Regions are not public in one place."""
    return _CANONICAL_IDS.get(region, _ELSEWHERE)


def require_bucket(place: Place, name: str) -> StoredBucket:
    """The bucket of an export.

    Raises:
        ServiceError: nothing can be exported to it.
    """
    bucket = find_bucket(place, name)
    if bucket is None:  # code and text assumed
        raise ServiceError("InvalidParameter", f"User does not have access to the S3 bucket ({name}).")
    if bucket.region != place.region:
        # https://docs.aws.amazon.com/vm-import/latest/userguide/troubleshooting.html
        raise ServiceError("InvalidParameter", "The given S3 object is not local to the region.")
    if bucket.encrypts_with_kms:  # code and text assumed
        text = f"The S3 bucket ({name}) is encrypted with SSE-KMS, which is not supported for exports."
        raise ServiceError("InvalidParameter", text)
    return bucket


def require_grants(place: Place, bucket: StoredBucket, key: str) -> None:
    """Refuse a bucket that the Region's account cannot write, by ACL or bucket policy.

    Raises:
        ServiceError: text of public listings of 2022; the code is that of "vm-import-export@amazon.com must have WRITE
            and READ_ACL permission on the S3 bucket", which it said before.
    """
    grantee = canonical_id(place.region)
    if bucket.has_acls and (_by_acl(bucket, grantee) or _by_policy(bucket, grantee, key)):
        return
    text = "Bucket must be owned by the same S3 account and READ_ACL and WRITE permissions are required on the "
    text += "destination bucket. Please refer to the API documentation for details."
    raise ServiceError("AuthFailure", text)


def _by_acl(bucket: StoredBucket, grantee: str) -> bool:
    granted = bucket.grants.get(grantee, frozenset())
    return "FULL_CONTROL" in granted or {"READ_ACP", "WRITE"} <= granted


def _by_policy(bucket: StoredBucket, grantee: str, key: str) -> bool:
    if bucket.policy is None:
        return False
    context = {"aws:SecureTransport": "true", "s3:x-amz-acl": "bucket-owner-full-control"}
    needs = {"s3:GetBucketAcl": bucket.arn, "s3:PutObject": f"{bucket.arn}/{key}"}
    principal = ("CanonicalUser", grantee)
    return all(
        verdict(bucket.policy, Request(action, resource, context, principal)) == "allow"
        for action, resource in needs.items()
    )
