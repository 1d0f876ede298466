"""The bucket of ImportBucket and ExportBucket: a new private one, or an existing one."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from pulumi_vmimport.aws.iam.iam_documents import VERSION
from pulumi_vmimport.aws.s3.s3_names import BUCKET_NAME
from pulumi_vmimport.components.component_base import CheckedInputs, InvalidInputsError, Values
from pulumi_vmimport.components.leftovers import bucket_name, declare_or_import, identity_of, leftover_bucket
from pulumi_vmimport.components.provider_lookups import region_of
from pulumi_vmimport.imported_objects import uncollected_imports
from pulumi_vmimport.lifecycle.contract import Problem, is_set
from pulumi_vmimport.lifecycle.identity import OWNER_TAGS
from pulumi_vmimport.shown_value import shown_value

# An incomplete multipart upload is billed until it is aborted; the examples of AWS use seven days.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html
DEFAULT_ABORT_DAYS = 7
_IMPORTED = (
    "if it is not in the state, Pulumi imports it, which fails unless an interrupted run of this component left it: to "
    "use a bucket that existed before, set existing_bucket; otherwise choose another name"
)


@dataclass(frozen=True)
class Expiry:
    """The id of the lifecycle rule that expires objects, and the arguments that configure it."""

    rule: str
    days: str
    prefix: str


@dataclass(frozen=True)
class NewBucket:
    """The outputs of a bucket that the component creates."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]


def existing_bucket(
    component: pulumi.ComponentResource, inputs: CheckedInputs, region: pulumi.Output[str], *, use: str, advice: str
) -> pulumi.Output[Any]:
    """The bucket of the argument `existing_bucket`, once its Region has been checked.

    `use` and `advice` complete the message when the bucket is in another Region.
    """
    found = inputs.or_problem(
        aws.s3.get_bucket_output(
            bucket=inputs.get("existing_bucket"), opts=pulumi.InvokeOutputOptions(parent=component)
        ),
        "existing_bucket",
        "expected an existing bucket in the Region of the aws provider that the credentials can read",
    )

    def in_region(both: list[Any]) -> Any:
        bucket, expected = both
        if bucket.bucket_region == expected:
            return bucket
        reason = (
            f"bucket {shown_value(bucket.bucket)} is in {bucket.bucket_region}, expected {expected}, the Region "
            "of the aws "
            f"provider and of the {use}; {advice}, or use a provider for {bucket.bucket_region}"
        )
        raise InvalidInputsError(inputs.component, [Problem("existing_bucket", reason)])

    return pulumi.Output.all(found, region).apply(in_region)


def import_s3() -> None:
    """Import the classes of S3, a third of what the components import, before they are needed."""
    with uncollected_imports():
        getattr(aws.s3, "Bucket")  # noqa: B009 - pulumi-aws imports a service on first use


def private_bucket(
    component: pulumi.ComponentResource,
    name: str,
    inputs: CheckedInputs,
    *,
    object_ownership: str,
    kms_key_arn: pulumi.Input[str],
    expiry: Expiry,
) -> tuple[NewBucket, dict[str, pulumi.CustomResource]]:
    """A new bucket that blocks public access, is encrypted and requires TLS; and its access settings by name.

    Its lifecycle configuration is not among them: images need not wait for it, and the aws provider waits up to a
    minute until S3 returns a new one everywhere.
    """
    child = pulumi.ResourceOptions(parent=component)
    bucket = _declare_bucket(component, name, inputs)
    private = aws.s3.BucketPublicAccessBlock(
        f"{name}-public-access",
        bucket=bucket.name,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=child,
    )
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.name,
        rules=pulumi.Output.all(
            inputs.get("abort_uploads_after_days", default=DEFAULT_ABORT_DAYS),
            inputs.get(expiry.days),
            inputs.get(expiry.prefix, default=""),
        ).apply(lambda days: _lifecycle(expiry.rule, *days)),
        opts=child,
    )
    return bucket, {
        "public-access": private,
        "encryption": aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.name,
            rules=pulumi.Output.from_input(kms_key_arn).apply(_encryption),
            opts=child,
        ),
        "ownership": aws.s3.BucketOwnershipControls(
            f"{name}-ownership", bucket=bucket.name, rule={"object_ownership": object_ownership}, opts=child
        ),
        "policy": aws.s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket.name,
            policy=bucket.arn.apply(tls_only_policy),
            # S3 rejects concurrent changes of a bucket's access settings (OperationAborted).
            opts=pulumi.ResourceOptions(parent=component, depends_on=[private]),
        ),
    }


def _declare_bucket(component: pulumi.ComponentResource, name: str, inputs: CheckedInputs) -> NewBucket:
    """A new bucket, which is found again after an interrupted run.

    Pulumi imports the bucket only if it has the tags of the component. Otherwise, for example if it existed before
    under the name that the program gives, the import fails and changes nothing.
    """
    is_named, tags = inputs.is_given("bucket"), inputs.get("tags")
    chosen: pulumi.Output[Any] = (
        inputs.get("bucket") if is_named else inputs.after_check(bucket_name(component, name, region_of(component)))
    )
    tags = pulumi.Output.all(tags, identity_of(component)).apply(lambda v: {**(v[0] or {}), **v[1].owner_tags})
    # The bucket of an earlier version lacks these tags and has another name, if the program gives none; it stays so.
    of_earlier_version = [*([] if is_named else ["bucket"]), *(f'tags["{key}"]' for key in OWNER_TAGS)]

    def declare(leftover: str | None) -> "aws.s3.Bucket":
        if leftover and is_named:
            pulumi.log.info(f"bucket {shown_value(leftover)} exists without a bucket policy; {_IMPORTED}", component)
        return aws.s3.Bucket(
            name,
            bucket=chosen,
            force_destroy=inputs.get("force_destroy", default=False),
            tags=tags,
            opts=pulumi.ResourceOptions(
                parent=component, import_=leftover, ignore_changes=[] if leftover else of_earlier_version
            ),
        )

    created: pulumi.Output[Any] = declare_or_import(leftover_bucket(component, chosen), declare)
    return NewBucket(created.apply(lambda bucket: bucket.bucket), created.apply(lambda bucket: bucket.arn))


def when_ready(bucket: NewBucket, settings: Sequence[pulumi.CustomResource]) -> pulumi.Output[str]:
    """The name of the bucket, available once these settings are applied."""
    return pulumi.Output.all(bucket.name, *(s.urn for s in settings)).apply(lambda ready: str(ready[0]))


def tls_only_policy(bucket_arn: str) -> str:
    """The bucket policy that denies requests without TLS."""
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": VERSION, "Statement": [statement]})


def bucket_problems(values: Values, new_bucket_args: Sequence[str], expiry: Expiry) -> Iterator[Problem]:
    """The problems of the arguments of both components."""
    if values.get("existing_bucket") is not None:
        for name in new_bucket_args:
            if values.get(name) is not None:
                yield Problem(
                    name, "applies only to a new bucket, and existing_bucket is not changed; remove one of the two"
                )
    for name in ("bucket", "existing_bucket"):
        value = values.get(name)
        if is_set(value) and not BUCKET_NAME.fullmatch(value):
            yield Problem(name, f"expected 3 to 63 characters of a-z, 0-9, '.' and '-', got {shown_value(value)}")
    for name in ("abort_uploads_after_days", expiry.days):
        value = values.get(name)
        if is_set(value) and value < 1:
            yield Problem(name, f"expected at least 1, got {value}")
    if values.get(expiry.prefix) is not None and values.get(expiry.days) is None:
        yield Problem(expiry.prefix, f"has no effect without {expiry.days}; set both")


def _encryption(kms_key_arn: str) -> "list[aws.s3.BucketServerSideEncryptionConfigurationRuleArgs]":
    by_default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
        sse_algorithm="aws:kms" if kms_key_arn else "AES256", kms_master_key_id=kms_key_arn or None
    )
    return [
        aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=by_default,
            # A bucket key saves a KMS request for each part that is read or written.
            bucket_key_enabled=True if kms_key_arn else None,
        )
    ]


def _lifecycle(
    expiring: str, abort_days: int, expire_days: int | None, prefix: str
) -> "list[aws.s3.BucketLifecycleConfigurationRuleArgs]":
    def rule(id: str, prefix: str, **action: Any) -> "aws.s3.BucketLifecycleConfigurationRuleArgs":
        filter = aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=prefix)
        return aws.s3.BucketLifecycleConfigurationRuleArgs(id=id, status="Enabled", filter=filter, **action)

    abort = rule("abort-uploads", "", abort_incomplete_multipart_upload={"days_after_initiation": abort_days})
    if expire_days is None:
        return [abort]
    return [abort, rule(expiring, prefix, expiration={"days": expire_days})]
