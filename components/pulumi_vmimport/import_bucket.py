"""ImportBucket: where disk images lie for VM Import/Export.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html; requirements S3-01, S3-02.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from pulumi_vmimport.aws.iam_documents import VERSION
from pulumi_vmimport.component_base import BUCKET_NAME, CheckedInputs, InvalidInputs, Values, is_given
from pulumi_vmimport.lifecycle.property_bag import Problem

# An upload that broke off costs storage until it is aborted; the AWS examples take seven days.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html
DEFAULT_ABORT_DAYS = 7
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


class ImportBucket(pulumi.ComponentResource):
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

    def __init__(self, name: str, args: ImportBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vmimport:index:ImportBucket", name, None, opts)
        inputs = CheckedInputs(self, name, args, ImportBucketArgs, _check)
        region = aws.get_region_output(opts=pulumi.InvokeOptions(parent=self)).region
        if args.get("existing_bucket") is not None:
            self._adopt(inputs, region)
        else:
            self._create(name, inputs)
            self.region = region
        self.register_outputs({"bucket": self.bucket, "arn": self.arn, "region": self.region})

    def _adopt(self, inputs: CheckedInputs, region: pulumi.Output[str]) -> None:
        found = inputs.or_problem(
            aws.s3.get_bucket_output(
                bucket=inputs.get("existing_bucket"), opts=pulumi.InvokeOutputOptions(parent=self)
            ),
            "existing_bucket",
            "expected a bucket that is there, in the Region of the aws provider, and that you may read",
        )

        def in_region(both: list[Any]) -> Any:
            bucket, expected = both
            if bucket.bucket_region == expected:
                return bucket
            reason = (
                f"bucket {bucket.bucket!r} is in {bucket.bucket_region}, expected {expected}, the Region of the aws "
                "provider and so of the import; copy the images to a bucket there, or give a provider of "
                f"{bucket.bucket_region}"
            )
            raise InvalidInputs(inputs.component, [Problem("existing_bucket", reason)])

        adopted = pulumi.Output.all(found, region).apply(in_region)
        self.bucket, self.arn, self.region = adopted.bucket, adopted.arn, adopted.bucket_region

    def _create(self, name: str, inputs: CheckedInputs) -> None:
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(
            name,
            bucket=inputs.get("bucket"),
            force_destroy=inputs.get("force_destroy", default=False),
            tags=inputs.get("tags"),
            opts=child,
        )
        private = aws.s3.BucketPublicAccessBlock(
            f"{name}-public-access",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        settings = [
            private,
            aws.s3.BucketServerSideEncryptionConfiguration(
                f"{name}-encryption",
                bucket=bucket.bucket,
                rules=inputs.get("kms_key_arn", default="").apply(_encryption),
                opts=child,
            ),
            aws.s3.BucketOwnershipControls(
                f"{name}-ownership",
                bucket=bucket.bucket,
                rule={"object_ownership": "BucketOwnerEnforced"},
                opts=child,
            ),
            aws.s3.BucketPolicy(
                f"{name}-policy",
                bucket=bucket.bucket,
                policy=bucket.arn.apply(tls_only_policy),
                # S3 refuses two changes of a bucket's access at a time (OperationAborted).
                opts=pulumi.ResourceOptions(parent=self, depends_on=[private]),
            ),
            aws.s3.BucketLifecycleConfiguration(
                f"{name}-lifecycle",
                bucket=bucket.bucket,
                rules=pulumi.Output.all(
                    inputs.get("abort_uploads_after_days", default=DEFAULT_ABORT_DAYS),
                    inputs.get("expire_images_after_days"),
                    inputs.get("image_prefix", default=""),
                ).apply(lambda days: _lifecycle(*days)),
                opts=child,
            ),
        ]
        self.bucket = pulumi.Output.all(bucket.bucket, *(s.urn for s in settings)).apply(lambda ready: str(ready[0]))
        self.arn = bucket.arn


def tls_only_policy(bucket_arn: str) -> str:
    """The bucket policy that refuses whoever comes without TLS."""
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": VERSION, "Statement": [statement]})


def _encryption(kms_key_arn: str) -> list[aws.s3.BucketServerSideEncryptionConfigurationRuleArgs]:
    by_default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
        sse_algorithm="aws:kms" if kms_key_arn else "AES256", kms_master_key_id=kms_key_arn or None
    )
    return [
        aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=by_default,
            # A bucket key saves a call to KMS for each part that is read or written.
            bucket_key_enabled=True if kms_key_arn else None,
        )
    ]


def _lifecycle(
    abort_days: int, expire_days: int | None, prefix: str
) -> list[aws.s3.BucketLifecycleConfigurationRuleArgs]:
    def rule(id: str, prefix: str, **action: Any) -> aws.s3.BucketLifecycleConfigurationRuleArgs:
        filter = aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=prefix)
        return aws.s3.BucketLifecycleConfigurationRuleArgs(id=id, status="Enabled", filter=filter, **action)

    abort = rule("abort-uploads", "", abort_incomplete_multipart_upload={"days_after_initiation": abort_days})
    if expire_days is None:
        return [abort]
    return [abort, rule("expire-images", prefix, expiration={"days": expire_days})]


def _check(values: Values) -> Iterator[Problem]:
    if values.get("existing_bucket") is not None:
        for name in _OF_NEW_BUCKETS:
            if values.get(name) is not None:
                yield Problem(name, "is for a new bucket, and existing_bucket is never changed; drop one of the two")
    for name in ("bucket", "existing_bucket"):
        value = values.get(name)
        if is_given(value) and not BUCKET_NAME.fullmatch(value):
            yield Problem(name, f"expected a name of 3 to 63 of a-z, 0-9, '.' and '-', got {value!r}")
    key = values.get("kms_key_arn")
    if is_given(key) and not _KMS_KEY_ARN.fullmatch(key):
        yield Problem("kms_key_arn", f"expected the ARN of a KMS key or alias, got {key!r}")
    for name in ("abort_uploads_after_days", "expire_images_after_days"):
        value = values.get(name)
        if is_given(value) and value < 1:
            yield Problem(name, f"expected at least 1, got {value}")
    if values.get("image_prefix") is not None and values.get("expire_images_after_days") is None:
        yield Problem("image_prefix", "says which images expire and none does; give expire_images_after_days too")
