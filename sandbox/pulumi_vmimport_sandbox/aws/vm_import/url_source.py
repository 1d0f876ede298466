"""Disks that are read from a URL: the object, the signer and the expiry."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pulumi_vmimport_sandbox.aws.core.access_keys import account_of
from pulumi_vmimport_sandbox.aws.core.conversion_task import TaskFailure
from pulumi_vmimport_sandbox.aws.core.simulation_settings import VALIDATED_PERCENT, Stage, seconds_until, stage_after
from pulumi_vmimport_sandbox.aws.iam.policy_evaluation import PolicyRequest, verdict
from pulumi_vmimport_sandbox.aws.s3.s3_objects import S3Object

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
_HOST = re.compile(r"(?:(?P<bucket>.+)\.)?s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?")
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class UrlSource:
    """The URL of an object. Signatures are not verified, only their expiry."""

    bucket: str
    key: str
    is_signed: bool
    signer: str | None
    """The access key that signed it."""
    expires_at: float | None
    """Seconds since 1970; None if the URL does not expire."""

    @property
    def account(self) -> str | None:
        """The account that signed it."""
        return account_of(self.signer) if self.signer else None


def is_read_by_url(container: Mapping[str, Any]) -> bool:
    """Whether a disk is read from an https URL instead of with the service role."""
    return str(container.get("Url", "")).startswith(("https://", "http://"))


def parse(url: str) -> UrlSource | None:
    """The object of an https URL of S3 or an http URL of the sandbox; None for other URLs."""
    parts = urlsplit(url)
    is_own = parts.scheme == "http" and parts.hostname == _LOOPBACK
    host = _HOST.fullmatch(parts.hostname or "")
    if not is_own and (parts.scheme != "https" or host is None):
        return None
    bucket, key = host["bucket"] if host else None, unquote(parts.path.lstrip("/"))
    if bucket is None:
        bucket, _, key = key.partition("/")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    credential = query.get("X-Amz-Credential", "").partition("/")[0] or query.get("AWSAccessKeyId")
    return UrlSource(bucket, key, bool({"X-Amz-Signature", "Signature"} & query.keys()), credential, _expiry(query))


def is_public(s3_object: S3Object) -> bool:
    """Whether an object is public by its ACL or the bucket policy."""
    anybody = PolicyRequest("s3:GetObject", s3_object.arn, principal=("AWS", "*"))
    by_policy = verdict(s3_object.bucket_policy, anybody) if s3_object.bucket_policy else "none"
    acl = getattr(s3_object.moto_key, "acl", None)
    return by_policy == "allow" or (by_policy != "deny" and acl is not None and bool(acl.public_read))


def expiry_failure(container: Mapping[str, Any], now: float, stages: Sequence[Stage]) -> TaskFailure | None:
    """The failure of a task whose URL expires before the disk is read. Message assumed."""
    source = parse(str(container.get("Url", "")))
    if source is None or source.expires_at is None:
        return None
    reading = 0.0
    for stage in stages:  # the disk is read until it is converted
        reading += stage.seconds
        if "converting" in stage.message:
            break
    remaining_seconds = source.expires_at - now
    if remaining_seconds >= reading:
        return None
    percent = stage_after(stages, max(remaining_seconds, seconds_until(stages, VALIDATED_PERCENT)))[1]
    text = f"ClientError: Disk validation failed [Cannot read {source.bucket}/{source.key}: Request has expired]"
    return TaskFailure(text, percent)


def _expiry(query: Mapping[str, str]) -> float | None:
    """Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html."""
    try:
        if "X-Amz-Date" in query and "X-Amz-Expires" in query:
            signed_at = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return signed_at.timestamp() + int(query["X-Amz-Expires"])
        return float(query["Expires"]) if "Expires" in query else None
    except ValueError:
        return 0.0  # not a valid time
