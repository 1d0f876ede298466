"""ExportBucket: an S3 bucket for the images and instances that VM Import/Export exports.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/vmexport-prerequisites.html
"""

import re
from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict, Unpack, overload

import pulumi
import pulumi_aws as aws

from pulumi_vmimport.aws.s3.export_grantees import ACL_PERMISSIONS, CANONICAL_USER_IDS
from pulumi_vmimport.components.component_base import CheckedInputs, Component, InvalidInputsError, Values
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

_EXPIRY = Expiry("expire-exports", "expire_exports_after_days", "export_prefix")
_CANONICAL_USER_ID = re.compile("[0-9a-f]{64}")
_NEW_BUCKET_ARGS = (
    "bucket", "canonical_user_id", "abort_uploads_after_days", "expire_exports_after_days", "export_prefix",
    "force_destroy", "tags",
)  # fmt: skip


class ExportBucketArgs(TypedDict):
    """The arguments of ExportBucket. Set arguments of a new bucket, or existing_bucket alone."""

    existing_bucket: NotRequired[pulumi.Input[str]]
    """The name of an existing bucket to use; it is not changed, and the exports report what it lacks. The name may be
    an output, but whether it is set must be known. Default: a new bucket."""
    bucket: NotRequired[pulumi.Input[str]]
    """The name of the new bucket, unique in the AWS partition; a change replaces it. Default: the component's name with
    a random suffix."""
    canonical_user_id: NotRequired[pulumi.Input[str]]
    """The canonical user id of VM Import/Export in the Region, 64 hexadecimal digits. Required in Regions that this
    library does not know. Default: the id that AWS documents for the Region.
    Source: https://docs.aws.amazon.com/vm-import/latest/userguide/vmexport-prerequisites.html"""
    abort_uploads_after_days: NotRequired[pulumi.Input[int]]
    """Days after which an incomplete multipart upload is aborted. Default: 7."""
    expire_exports_after_days: NotRequired[pulumi.Input[int]]
    """Days after which an exported object is deleted; the next `pulumi up --refresh` exports it again. Default:
    exported objects are kept."""
    export_prefix: NotRequired[pulumi.Input[str]]
    """The prefix of the keys that expire. Default: every key in the bucket."""
    force_destroy: NotRequired[pulumi.Input[bool]]
    """Delete the objects in the bucket when the bucket is deleted. Default: false; a bucket that is not empty cannot be
    deleted."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the new bucket. Default: the default tags of the aws provider."""


class ExportBucket(Component):
    """A private bucket for exports. The AMIs and instances must be in its Region, that of the aws provider.

    A new bucket blocks public access, requires TLS and is encrypted with SSE-S3, because exports do not support
    SSE-KMS. Its ACL lets the account of VM Import/Export in the Region write to it, as InstanceExport requires;
    ExportImage writes with a role (`export_buckets` of VmimportRole). An existing bucket is not changed; preview fails
    when it is in another Region.
    """

    bucket: pulumi.Output[str]
    """The name of the bucket, available once the bucket is protected and accepts exports."""
    arn: pulumi.Output[str]
    """The ARN of the bucket."""
    region: pulumi.Output[str]
    """The Region of the bucket."""

    @overload
    def __init__(
        self, resource_name: str, args: ExportBucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[ExportBucketArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: ExportBucketArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__("vmimport:index:ExportBucket", resource_name, args, opts, **kwargs)

    def _declare(self, name: str, args: ExportBucketArgs) -> None:
        inputs = CheckedInputs(self, name, args, ExportBucketArgs, _check)
        region = region_of(self)
        if args.get("existing_bucket") is not None:
            found = existing_bucket(self, inputs, region, use="export", advice="use a bucket in that Region")
            self.bucket, self.arn, self.region = found.bucket, found.arn, found.bucket_region
        else:
            grantee = _grantee(inputs, region)
            bucket, settings = private_bucket(
                self, name, inputs, object_ownership="BucketOwnerPreferred", kms_key_arn="", expiry=_EXPIRY
            )
            owner = aws.s3.get_canonical_user_id_output(opts=pulumi.InvokeOptions(parent=self)).id
            acl = aws.s3.BucketAcl(
                f"{name}-acl",
                bucket=bucket.name,
                access_control_policy=pulumi.Output.all(owner, grantee).apply(lambda ids: _access(*ids)),
                # S3 rejects an ACL before ACLs are enabled, and concurrent changes of a bucket's access settings.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[settings["ownership"], settings["policy"]]),
            )
            self.bucket, self.arn, self.region = when_ready(bucket, [*settings.values(), acl]), bucket.arn, region
        self.register_outputs({"bucket": self.bucket, "arn": self.arn, "region": self.region})


def _grantee(inputs: CheckedInputs, region: pulumi.Output[str]) -> pulumi.Output[str]:
    def of_region(both: list[str | None]) -> str:
        given, name = both
        found = given or CANONICAL_USER_IDS.get(str(name))
        if found is None:
            reason = (
                f"is required in {name}, whose VM Import/Export account is not in the table of this version; see "
                "https://docs.aws.amazon.com/vm-import/latest/userguide/vmexport-prerequisites.html"
            )
            raise InvalidInputsError(inputs.component, [Problem("canonical_user_id", reason)])
        return found

    return pulumi.Output.all(inputs.get("canonical_user_id"), region).apply(of_region)


def _access(owner_id: str, grantee_id: str) -> "aws.s3.BucketAclAccessControlPolicyArgs":
    """An ACL with full control for the owner; the grantee can write objects and read the ACL."""
    grants = [(owner_id, "FULL_CONTROL"), *((grantee_id, permission) for permission in ACL_PERMISSIONS)]
    return aws.s3.BucketAclAccessControlPolicyArgs(
        owner=aws.s3.BucketAclAccessControlPolicyOwnerArgs(id=owner_id),
        grants=[
            aws.s3.BucketAclAccessControlPolicyGrantArgs(
                permission=permission,
                grantee=aws.s3.BucketAclAccessControlPolicyGrantGranteeArgs(type="CanonicalUser", id=id),
            )
            for id, permission in grants
        ],
    )


def _check(values: Values) -> Iterator[Problem]:
    yield from bucket_problems(values, _NEW_BUCKET_ARGS, _EXPIRY)
    id = values.get("canonical_user_id")
    if is_set(id) and not _CANONICAL_USER_ID.fullmatch(id):
        yield Problem("canonical_user_id", f"expected 64 hexadecimal digits, got {shown_value(id)}")
