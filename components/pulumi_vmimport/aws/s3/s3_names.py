"""The rules for the names of buckets and keys, and s3:// URIs."""

import re

from pulumi_vmimport.shown_value import shown_value

# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, object-keys.html
_OBJECT_ARN = re.compile(r"arn:[a-z-]+:s3:::(?P<place>.+)", re.DOTALL)
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_KEY_BYTES = 1024


def bucket_name_problem(bucket: str) -> str | None:
    """Why the name is invalid; None if it is valid."""
    if BUCKET_NAME.fullmatch(bucket):
        return None
    return f"expected a bucket name of 3 to 63 characters (a-z, 0-9, dot, hyphen), got {shown_value(bucket)}"


def key_problem(key: str) -> str | None:
    """Why the key is invalid; None if it is valid."""
    if 1 <= len(key.encode()) <= _KEY_BYTES:
        return None
    return f"expected a key of 1 to {_KEY_BYTES} bytes, got {len(key.encode())}"


def split_s3_uri(uri: str) -> tuple[str, str] | None:
    """Bucket and key of an `s3://bucket/key` URI; None for any other text."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return (bucket, key) if uri.startswith("s3://") and bucket and key else None


def split_object_id(id: str) -> tuple[str, str] | None:
    """Bucket and key of `s3://bucket/key`, of the object's ARN or of `bucket/key`; None for any other text."""
    arn = _OBJECT_ARN.fullmatch(id)
    place = split_s3_uri(id if id.startswith("s3://") else f"s3://{arn['place'] if arn else id}")
    return place if place and BUCKET_NAME.fullmatch(place[0]) else None
