"""Validation of the bucket of an export."""

from collections.abc import Mapping

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.iam.policy_evaluation import PolicyRequest, verdict
from pulumi_vmimport_sandbox.aws.s3.s3_buckets import S3Bucket, find_bucket

# https://docs.aws.amazon.com/vm-import/latest/userguide/vmexport-prerequisites.html
_ELSEWHERE = "c4d8eabf8db69dbe46bfe0e517100c554f01200b104d59cd408e777ba442a322"
_CHINA = "834bafd86b15b6ca71074df0fd1f93d234b9d5e848a2cb31f880c149003ce36f"
_GOVCLOUD = "af913ca13efe7a94b88392711f6cfc8aa07c9d1454d4f190a624b126733a5602"
_CANONICAL_IDS: Mapping[str, str] = {
    "af-south-1": "3f7744aeebaf91dd60ab135eb1cf908700c8d2bc9133e61261e6c582be6e33ee",
    "ap-east-1": "97ee7ab57cc9b5034f31e107741a968e595c0d7a19ec23330eae8d045a46edfb",
    "ap-east-2": "a9fa0eb7c8483f9558cd14b24d16e9c4d1555261a320b586a3a06908ff0047ce",
    "ap-northeast-3": "40f22ffd22d6db3b71544ed6cd00c8952d8b0a63a87d58d5b074ec60397db8c9",
    "ap-south-2": "77ab5ec9eac9ade710b7defed37fe0640f93c5eb76ea65a64da49930965f18ca",
    "ap-southeast-3": "de34aaa6b2875fa3d5086459cb4e03147cf1a9f7d03d82f02bedb991ff3d1df5",
    "ap-southeast-4": "8b8ea36ab97c280aa8558c57a380353ac7712f01f82c21598afbb17e188b9ad5",
    "ap-southeast-5": "ed006f67543afcfe0779e356e52d5ed53fa45f95bcd7d277147dfc027aaca0e7",
    "ap-southeast-6": "2dc8fa4ca1c59da5c6a4c5b0e397eea130ec62e49f18cff179034665fd20e8a2",
    "ap-southeast-7": "d011fe83abcc227a7ac0f914ce411d3630c4ef735e92e88ce0aa796dcfecfbdd",
    "ca-west-1": "78e12f8d798f89502177975c4ccdac686c583765cea2bf06e9b34224e2953c83",
    "cn-north-1": _CHINA,
    "cn-northwest-1": _CHINA,
    "eu-central-2": "5d9fcea77b2fb3df05fc15c893f212ae1d02adb4b24c13e18586db728a48da67",
    "eu-south-1": "04636d9a349e458b0c1cbf1421858b9788b4ec28b066148d4907bb15c52b5b9c",
    "eu-south-2": "6e81c4c52a37a7f59e103625162ed97bcd0e646593adb107d21310d093151518",
    "il-central-1": "328a78de7561501444823ebeb59152eca7cb58fee2fe2e4223c2cdd9f93ae931",
    "me-central-1": "7d3018832562b7b6c126f5832211fae90bd3eee3ed3afde192d990690267e475",
    "me-south-1": "aa763f2cf70006650562c62a09433f04353db3cba6ba6aeb3550fdc8065d3d9f",
    "mx-central-1": "edaff67fe25d544b855bd0ba9a74a99a2584ab89ceda0a9661bdbeca530d0fca",
    "us-gov-east-1": _GOVCLOUD,
    "us-gov-west-1": _GOVCLOUD,
}


def canonical_id(region: str) -> str:
    """The canonical user ID of the account that writes instance exports in a Region."""
    return _CANONICAL_IDS.get(region, _ELSEWHERE)


def require_bucket(account_region: AccountRegion, name: str) -> S3Bucket:
    """The bucket of an export.

    Raises:
        ServiceError: The bucket cannot be used for exports.
    """
    bucket = find_bucket(account_region, name)
    if bucket is None:  # code and text assumed
        raise ServiceError("InvalidParameter", f"User does not have access to the S3 bucket ({name}).")
    if bucket.region != account_region.region:
        # https://docs.aws.amazon.com/vm-import/latest/userguide/troubleshooting.html
        raise ServiceError("InvalidParameter", "The given S3 object is not local to the region.")
    if bucket.encrypts_with_kms:  # code and text assumed
        text = f"The S3 bucket ({name}) is encrypted with SSE-KMS, which is not supported for exports."
        raise ServiceError("InvalidParameter", text)
    return bucket


def require_grants(account_region: AccountRegion, bucket: S3Bucket, key: str) -> None:
    """Require that the ACL or the policy of the bucket grants access to the Region's account.

    Raises:
        ServiceError: Message of public listings (2022); code of "vm-import-export@amazon.com must have WRITE
            and READ_ACL permission on the S3 bucket", the former message.
    """
    grantee = canonical_id(account_region.region)
    if bucket.has_acls and (_by_acl(bucket, grantee) or _by_policy(bucket, grantee, key)):
        return
    text = "Bucket must be owned by the same S3 account and READ_ACL and WRITE permissions are required on the "
    text += "destination bucket. Please refer to the API documentation for details."
    raise ServiceError("AuthFailure", text)


def _by_acl(bucket: S3Bucket, grantee: str) -> bool:
    granted = bucket.grants.get(grantee, frozenset())
    return "FULL_CONTROL" in granted or {"READ_ACP", "WRITE"} <= granted


def _by_policy(bucket: S3Bucket, grantee: str, key: str) -> bool:
    if bucket.policy is None:
        return False
    context = {"aws:SecureTransport": "true", "s3:x-amz-acl": "bucket-owner-full-control"}
    needs = {"s3:GetBucketAcl": bucket.arn, "s3:PutObject": f"{bucket.arn}/{key}"}
    principal = ("CanonicalUser", grantee)
    return all(
        verdict(bucket.policy, PolicyRequest(action, resource, context, principal)) == "allow"
        for action, resource in needs.items()
    )
