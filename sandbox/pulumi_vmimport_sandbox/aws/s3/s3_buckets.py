"""Buckets in moto's S3, as exports use them: a typed view of moto's untyped models."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.s3.exceptions import S3ClientError
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.s3.object_ownership import has_acls


@dataclass(frozen=True)
class S3Bucket:
    """A bucket in S3."""

    name: str
    region: str
    policy: str | None
    has_acls: bool
    """Whether ACLs are enabled."""
    grants: Mapping[str, frozenset[str]]
    """The permissions in its ACL by canonical user ID."""
    encrypts_with_kms: bool

    @property
    def arn(self) -> str:
        return f"arn:{get_partition(self.region)}:s3:::{self.name}"


def find_bucket(account_region: AccountRegion, name: str) -> S3Bucket | None:
    """A bucket of the account; None if it does not exist."""
    bucket = _s3(account_region).buckets.get(name)
    if bucket is None:
        return None
    grants: dict[str, set[str]] = defaultdict(set)
    for grant in bucket.acl.grants if bucket.acl else []:
        for grantee in grant.grantees:
            grants[grantee.id].update(grant.permissions)
    rule = (bucket.encryption or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
    return S3Bucket(
        name=name,
        region=str(bucket.region_name),
        policy=None if bucket.policy is None else bucket.policy.decode(),
        has_acls=has_acls(bucket),
        grants={grantee: frozenset(permissions) for grantee, permissions in grants.items()},
        encrypts_with_kms=str(rule.get("SSEAlgorithm", "")).startswith("aws:kms"),
    )


def start_upload(account_region: AccountRegion, bucket: str, key: str) -> str | None:
    """Start a multipart upload and return its id; None if the bucket no longer exists."""
    try:
        upload = _s3(account_region).create_multipart_upload(bucket, key, {}, "STANDARD", {}, None, "AES256", None)
    except S3ClientError:
        return None
    return str(upload.id)


def abort_upload(account_region: AccountRegion, bucket: str, upload_id: str) -> None:
    """Abort a multipart upload, if it exists."""
    found = _s3(account_region).buckets.get(bucket)
    if found is not None:
        found.multiparts.pop(upload_id, None)


def put(account_region: AccountRegion, bucket: str, key: str, data: bytes) -> bool:
    """Put an object. Returns False if the bucket no longer exists."""
    try:
        _s3(account_region).put_object(bucket, key, data)
    except S3ClientError:
        return False
    return True


def _s3(account_region: AccountRegion) -> Any:
    return s3_backends[account_region.account][get_partition(account_region.region)]
