"""ExportBucket: where VM Import/Export puts exported images and instances.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/vmexport-prerequisites.html; requirements S3-06, EXP-05.
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
    adopted_bucket,
    bucket_problems,
    private_bucket,
    when_ready,
)
from pulumi_vmimport.lifecycle.contract import Problem, is_set

_EXPIRY = Expiry("expire-exports", "expire_exports_after_days", "export_prefix")
_CANONICAL_USER_ID = re.compile("[0-9a-f]{64}")
_OF_NEW_BUCKETS = (
    "bucket", "canonical_user_id", "abort_uploads_after_days", "expire_exports_after_days", "export_prefix",
    "force_destroy", "tags",
)  # fmt: skip


class ExportBucketArgs(TypedDict):
    """The arguments of ExportBucket: those of a new bucket, or existing_bucket alone."""

    existing_bucket: NotRequired[pulumi.Input[str]]
    """The name of a bucket to take instead of a new one; nothing about it is changed, the exports tell what it lacks.
    That it is given, not its value, decides which resources there are. Default: a new bucket."""
    bucket: NotRequired[pulumi.Input[str]]
    """The name of the new bucket, unique in the AWS partition; a change replaces it. Default: the component's name with
    a random suffix."""
    canonical_user_id: NotRequired[pulumi.Input[str]]
    """The canonical user id of VM Import/Export in the Region, 64 hexadecimal digits, from AWS's page of prerequisites.
    Required where this library does not know it. Default: the one that it knows for the Region."""
    abort_uploads_after_days: NotRequired[pulumi.Input[int]]
    """Days after which an upload that was not completed is removed. Default: 7."""
    expire_exports_after_days: NotRequired[pulumi.Input[int]]
    """Days after which an exported object is deleted; a refresh then shows its export as gone, and `pulumi up` exports
    anew. Default: exported objects are kept."""
    export_prefix: NotRequired[pulumi.Input[str]]
    """Which objects expire: those whose keys begin so. Default: all of the bucket."""
    force_destroy: NotRequired[pulumi.Input[bool]]
    """Delete what is left in the bucket too when the bucket is deleted. Default: false, a bucket with objects in it is
    not deleted."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the new bucket. Default: those of the aws provider."""


class ExportBucket(Component):
    """A private bucket for exports, in the Region of the aws provider, where the AMIs and instances must be too.

    A new one is closed to the public, encrypted with keys of S3 (KMS is refused for exports), open to TLS only, and has
    an ACL that lets the Region's account of VM Import/Export write to it, as InstanceExport needs; ExportImage comes
    with a role (VmimportRole, export_buckets). An existing one is taken as it is and refused in preview when it is in
    another Region.
    """

    bucket: pulumi.Output[str]
    """The bucket's name, there once the bucket is protected and lets exports in."""
    arn: pulumi.Output[str]
    """The bucket's ARN."""
    region: pulumi.Output[str]
    """The bucket's Region."""

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
        region = aws.get_region_output(opts=pulumi.InvokeOptions(parent=self)).region
        if args.get("existing_bucket") is not None:
            found = adopted_bucket(self, inputs, region, use="export", advice="take a bucket there")
            self.bucket, self.arn, self.region = found.bucket, found.arn, found.bucket_region
        else:
            grantee = _grantee(inputs, region)
            bucket, settings = private_bucket(
                self, name, inputs, object_ownership="BucketOwnerPreferred", kms_key_arn="", expiry=_EXPIRY
            )
            owner = aws.s3.get_canonical_user_id_output(opts=pulumi.InvokeOptions(parent=self)).id
            acl = aws.s3.BucketAcl(
                f"{name}-acl",
                bucket=bucket.bucket,
                access_control_policy=pulumi.Output.all(owner, grantee).apply(lambda ids: _access(*ids)),
                # S3 takes no ACL before they are enabled, and refuses two changes of a bucket's access at a time.
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
                f"is required in {name}, whose account of VM Import/Export is not known here; take it from "
                "https://docs.aws.amazon.com/vm-import/latest/userguide/vmexport-prerequisites.html"
            )
            raise InvalidInputsError(inputs.component, [Problem("canonical_user_id", reason)])
        return found

    return pulumi.Output.all(inputs.get("canonical_user_id"), region).apply(of_region)


def _access(owner_id: str, grantee_id: str) -> aws.s3.BucketAclAccessControlPolicyArgs:
    """An ACL that leaves everything to the owner and lets the grantee write and read the ACL."""
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
    yield from bucket_problems(values, _OF_NEW_BUCKETS, _EXPIRY)
    id = values.get("canonical_user_id")
    if is_set(id) and not _CANONICAL_USER_ID.fullmatch(id):
        yield Problem("canonical_user_id", f"expected 64 hexadecimal digits, got {id!r}")
