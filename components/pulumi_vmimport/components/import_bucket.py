"""ImportBucket: an S3 bucket for the disk images that VM Import/Export imports.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html
"""

import re
from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict, Unpack, overload

import pulumi

from pulumi_vmimport.components.component_base import CheckedInputs, Component, Values
from pulumi_vmimport.components.private_bucket import (
    Expiry,
    bucket_problems,
    existing_bucket,
    private_bucket,
    when_ready,
)
from pulumi_vmimport.components.provider_lookups import region_of
from pulumi_vmimport.lifecycle.contract import Problem, is_set
from pulumi_vmimport.shown_value import shown_value

_EXPIRY = Expiry("expire-images", "expire_images_after_days", "image_prefix")
_KMS_KEY_ARN = re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:(key|alias)/.+")
_NEW_BUCKET_ARGS = (
    "bucket", "kms_key_arn", "abort_uploads_after_days", "expire_images_after_days", "image_prefix", "force_destroy",
    "tags",
)  # fmt: skip


class ImportBucketArgs(TypedDict):
    """The arguments of ImportBucket. Set arguments of a new bucket, or existing_bucket alone."""

    existing_bucket: NotRequired[pulumi.Input[str]]
    """The name of an existing bucket to use; it is not changed. The name may be an output, but whether it is set must
    be known. Default: a new bucket."""
    bucket: NotRequired[pulumi.Input[str]]
    """The name of the new bucket, unique in the AWS partition; a change replaces it. Default: the component's name with
    a random suffix."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """The ARN of a KMS key that encrypts the images; its key policy must contain `source_key_policy_statement` of
    VmimportRole. Default: SSE-S3."""
    abort_uploads_after_days: NotRequired[pulumi.Input[int]]
    """Days after which an incomplete multipart upload is aborted. Default: 7."""
    expire_images_after_days: NotRequired[pulumi.Input[int]]
    """Days after which an image is deleted; VM Import/Export needs it only until the import has completed. Default:
    images are kept."""
    image_prefix: NotRequired[pulumi.Input[str]]
    """The prefix of the keys that expire. Default: every key in the bucket."""
    force_destroy: NotRequired[pulumi.Input[bool]]
    """Delete the images when the bucket is deleted. Default: false; a bucket that is not empty cannot be deleted."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the new bucket. Default: the default tags of the aws provider."""


class ImportBucket(Component):
    """A private bucket for disk images. The imports must run in its Region, that of the aws provider.

    A new bucket blocks public access, is encrypted, requires TLS and has no ACLs. An existing bucket is not changed;
    preview fails when it is in another Region.
    """

    bucket: pulumi.Output[str]
    """The name of the bucket, available once the bucket is protected."""
    arn: pulumi.Output[str]
    """The ARN of the bucket."""
    region: pulumi.Output[str]
    """The Region of the bucket."""

    @overload
    def __init__(
        self, resource_name: str, args: ImportBucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[ImportBucketArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: ImportBucketArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__("vmimport:index:ImportBucket", resource_name, args, opts, **kwargs)

    def _declare(self, name: str, args: ImportBucketArgs) -> None:
        inputs = CheckedInputs(self, name, args, ImportBucketArgs, _check)
        region = region_of(self)
        if args.get("existing_bucket") is not None:
            advice = "copy the images to a bucket in that Region"
            found = existing_bucket(self, inputs, region, use="import", advice=advice)
            self.created_name = self.bucket = found.bucket
            self.arn, self.region = found.arn, found.bucket_region
        else:
            bucket, settings = private_bucket(
                self,
                name,
                inputs,
                object_ownership="BucketOwnerEnforced",
                kms_key_arn=inputs.get("kms_key_arn", default=""),
                expiry=_EXPIRY,
            )
            self.created_name = bucket.name  # a policy may name the bucket before it is protected
            self.bucket, self.arn, self.region = when_ready(bucket, list(settings.values())), bucket.arn, region
        self.register_outputs({"bucket": self.bucket, "arn": self.arn, "region": self.region})


def _check(values: Values) -> Iterator[Problem]:
    yield from bucket_problems(values, _NEW_BUCKET_ARGS, _EXPIRY)
    key = values.get("kms_key_arn")
    if is_set(key) and not _KMS_KEY_ARN.fullmatch(key):
        yield Problem("kms_key_arn", f"expected the ARN of a KMS key or alias, got {shown_value(key)}")
