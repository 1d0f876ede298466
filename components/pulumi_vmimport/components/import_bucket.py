"""ImportBucket: where disk images lie for VM Import/Export.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html; requirements S3-01, S3-02.
"""

import re
from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict, Unpack, overload

import pulumi
import pulumi_aws as aws

from pulumi_vmimport.components.component_base import CheckedInputs, Component, Values
from pulumi_vmimport.components.private_bucket import (
    Expiry,
    adopted_bucket,
    bucket_problems,
    private_bucket,
    when_ready,
)
from pulumi_vmimport.lifecycle.contract import Problem, is_set

_EXPIRY = Expiry("expire-images", "expire_images_after_days", "image_prefix")
_KMS_KEY_ARN = re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:(key|alias)/.+")
_OF_NEW_BUCKETS = (
    "bucket", "kms_key_arn", "abort_uploads_after_days", "expire_images_after_days", "image_prefix", "force_destroy",
    "tags",
)  # fmt: skip


class ImportBucketArgs(TypedDict):
    """The arguments of ImportBucket: those of a new bucket, or existing_bucket alone."""

    existing_bucket: NotRequired[pulumi.Input[str]]
    """The name of a bucket to take instead of a new one; nothing about it is changed. That it is given, not its value,
    decides which resources there are. Default: a new bucket."""
    bucket: NotRequired[pulumi.Input[str]]
    """The name of the new bucket, unique in the AWS partition; a change replaces it. Default: the component's name with
    a random suffix."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """Encrypt images with this KMS key; its policy must let the role vmimport decrypt (VmimportRole's
    source_key_policy_statement). Default: keys of S3 (SSE-S3, AES256)."""
    abort_uploads_after_days: NotRequired[pulumi.Input[int]]
    """Days after which an upload that was not completed is removed. Default: 7."""
    expire_images_after_days: NotRequired[pulumi.Input[int]]
    """Days after which an image is deleted; VM Import/Export needs it only until the AMI is there. Default: images are
    kept."""
    image_prefix: NotRequired[pulumi.Input[str]]
    """Which images expire: those whose keys begin so. Default: all of the bucket."""
    force_destroy: NotRequired[pulumi.Input[bool]]
    """Delete the images too when the bucket is deleted. Default: false, a bucket with images in it is not deleted."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the new bucket. Default: those of the aws provider."""


class ImportBucket(Component):
    """A private bucket for disk images, in the Region of the aws provider, where the import must be too.

    A new one is closed to the public, encrypted, open to TLS only, without ACLs; an existing one is taken as it is and
    refused in preview when it is in another Region.
    """

    bucket: pulumi.Output[str]
    """The bucket's name, there once the bucket is protected: what is uploaded to it is never in the open."""
    arn: pulumi.Output[str]
    """The bucket's ARN."""
    region: pulumi.Output[str]
    """The bucket's Region."""

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
        region = aws.get_region_output(opts=pulumi.InvokeOptions(parent=self)).region
        if args.get("existing_bucket") is not None:
            found = adopted_bucket(self, inputs, region, use="import", advice="copy the images to a bucket there")
            self.bucket, self.arn, self.region = found.bucket, found.arn, found.bucket_region
        else:
            bucket, settings = private_bucket(
                self,
                name,
                inputs,
                object_ownership="BucketOwnerEnforced",
                kms_key_arn=inputs.get("kms_key_arn", default=""),
                expiry=_EXPIRY,
            )
            self.bucket, self.arn, self.region = when_ready(bucket, list(settings.values())), bucket.arn, region
        self.register_outputs({"bucket": self.bucket, "arn": self.arn, "region": self.region})


def _check(values: Values) -> Iterator[Problem]:
    yield from bucket_problems(values, _OF_NEW_BUCKETS, _EXPIRY)
    key = values.get("kms_key_arn")
    if is_set(key) and not _KMS_KEY_ARN.fullmatch(key):
        yield Problem("kms_key_arn", f"expected the ARN of a KMS key or alias, got {key!r}")
