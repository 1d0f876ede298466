"""S3 buckets and objects."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from .aws_client import Aws, translate_errors
from .aws_shapes import from_tags, to_tags
from .resource_kind import NotFound, Rejected, ResourceKind
from .values import COMPUTED, SIGNATURE, UNKNOWN, Properties

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""


class Bucket(ResourceKind[Aws]):
    """aws:s3/bucket:Bucket; its settings are separate resources."""

    inputs = frozenset({"bucket", "forceDestroy", "region", "tags"})
    identity_inputs = frozenset({"bucket"})
    replaces = frozenset({"bucket", "region"})
    auto_name = "bucket"
    defaults: ClassVar = {"tags": None}
    write_only = frozenset({"forceDestroy"})

    def problems(self, olds: Properties, news: Properties) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        name = news["bucket"]
        if name != UNKNOWN and not _BUCKET_NAME.fullmatch(name):
            yield "bucket", f"expected 3 to 63 of a-z, 0-9, '.' and '-', got {name!r}"

    def create(self, service: Aws, inputs: Properties) -> str:
        region = inputs.get("region") or service.region
        where: dict[str, Any] = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        service.call("s3", "CreateBucket", region, Bucket=inputs["bucket"], **({} if region == "us-east-1" else where))
        return str(inputs["bucket"])

    def configure(self, service: Aws, id: str, inputs: Properties) -> None:
        if inputs.get("tags"):
            _tag(service, id, inputs)

    def read(self, service: Aws, id: str, state: Properties) -> Properties:
        service.call("s3", "HeadBucket", state.get("region"), Bucket=id)
        tags = _tags(service, id, state.get("region"))
        return {**describe(service, id, state.get("region")), "tags": tags, "tagsAll": tags}

    def update(self, service: Aws, id: str, olds: Properties, news: Properties) -> None:  # noqa: ARG002
        _tag(service, id, news)

    def delete(self, service: Aws, id: str, state: Properties) -> None:
        if state.get("forceDestroy"):
            _empty(service, state.get("region"), id, "")
        service.call("s3", "DeleteBucket", state.get("region"), Bucket=id)


def describe(service: Aws, name: str, region: str | None) -> Properties:
    """The outputs that depend only on a bucket's name and Region."""
    region = region or service.region
    partition, suffix = service.partition(region)
    return {
        "arn": f"arn:{partition}:s3:::{name}",
        "bucket": name,
        "bucketDomainName": f"{name}.s3.{suffix}",
        "bucketRegion": region,
        "bucketRegionalDomainName": f"{name}.s3.{region}.{suffix}",
        "region": region,
    }


def _tags(service: Aws, bucket: str, region: str | None) -> dict[str, str]:
    try:
        return from_tags(service.call("s3", "GetBucketTagging", region, Bucket=bucket)["TagSet"])
    except NotFound:  # NoSuchTagSet
        return {}


def _tag(service: Aws, bucket: str, inputs: Properties) -> None:
    region, tags = inputs.get("region"), inputs.get("tags")
    if tags:
        service.call("s3", "PutBucketTagging", region, Bucket=bucket, Tagging={"TagSet": to_tags(tags)})
    else:
        service.call("s3", "DeleteBucketTagging", region, Bucket=bucket)


def _empty(service: Aws, region: str | None, bucket: str, key: str) -> None:
    """Delete every version of a key; an empty key means all keys."""
    pages = service.client("s3", region).get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    listed = translate_errors("ListObjectVersions", pages.build_full_result)
    for found in listed.get("Versions", []) + listed.get("DeleteMarkers", []):
        if key in ("", found["Key"]):
            version = found["VersionId"]
            service.call("s3", "DeleteObject", region, Bucket=bucket, Key=found["Key"], VersionId=version)


class BucketObject(ResourceKind[Aws]):
    """aws:s3/bucketObjectv2:BucketObjectv2."""

    inputs = frozenset(
        {"bucket", "content", "contentBase64", "contentType", "forceDestroy", "key", "kmsKeyId", "metadata", "region"}
        | {"serverSideEncryption", "source", "sourceHash", "storageClass"}
    )
    required = frozenset({"bucket", "key"})
    identity_inputs = frozenset({"bucket", "key"})
    replaces = frozenset({"bucket", "key", "region"})
    nested_defaults: ClassVar = {"metadata": COMPUTED}
    write_only = frozenset({"content", "contentBase64", "forceDestroy", "source", "sourceHash"})

    _parameters: ClassVar = {
        "contentType": "ContentType",
        "kmsKeyId": "SSEKMSKeyId",
        "metadata": "Metadata",
        "serverSideEncryption": "ServerSideEncryption",
        "storageClass": "StorageClass",
    }

    def create(self, service: Aws, inputs: Properties) -> str:
        self._put(service, inputs)
        return f"{inputs['bucket']}/{inputs['key']}"

    def read(self, service: Aws, id: str, state: Properties) -> Properties:
        bucket, key = id.split("/", 1)
        found = service.call("s3", "HeadObject", state.get("region"), Bucket=bucket, Key=key)
        region = state.get("region") or service.region
        partition, _ = service.partition(region)
        return {
            "bucket": bucket,
            "key": key,
            "region": region,
            "arn": f"arn:{partition}:s3:::{bucket}/{key}",
            "etag": found["ETag"].strip('"'),
            "versionId": found.get("VersionId"),
            "storageClass": "STANDARD",
            **{name: found[member] for name, member in self._parameters.items() if member in found},
        }

    def update(self, service: Aws, id: str, olds: Properties, news: Properties) -> None:  # noqa: ARG002
        self._put(service, news)

    def delete(self, service: Aws, id: str, state: Properties) -> None:
        bucket, key = id.split("/", 1)
        _empty(service, state.get("region"), bucket, key)

    def _put(self, service: Aws, inputs: Properties) -> None:
        params = {member: inputs[name] for name, member in self._parameters.items() if name in inputs}
        service.call(
            "s3",
            "PutObject",
            inputs.get("region"),
            Bucket=inputs["bucket"],
            Key=inputs["key"],
            Body=_body(inputs),
            **params,
        )


def _body(inputs: Properties) -> bytes:
    source = inputs.get("source")
    if source:
        if SIGNATURE not in source:
            raise Rejected(f"expected an asset as source, got {source!r}")
        if "text" in source:
            return str(source["text"]).encode()
        try:
            return Path(source["path"]).read_bytes()
        except OSError as error:
            raise Rejected(f"cannot read the source of {inputs['key']}: {error}") from error
    if "contentBase64" in inputs:
        return base64.b64decode(inputs["contentBase64"])
    return str(inputs.get("content", "")).encode()
