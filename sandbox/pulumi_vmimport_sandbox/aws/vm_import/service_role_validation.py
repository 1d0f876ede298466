"""Whether VM Import can assume the service role and has the required permissions.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from moto.utilities.utils import get_partition

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.iam.iam_roles import IamRole, find_role
from pulumi_vmimport_sandbox.aws.iam.policy_evaluation import PolicyRequest, allowed, verdict
from pulumi_vmimport_sandbox.aws.kms.key_lookup import find_kms_key
from pulumi_vmimport_sandbox.aws.s3.s3_buckets import S3Bucket
from pulumi_vmimport_sandbox.aws.s3.s3_objects import S3Object

DEFAULT_ROLE = "vmimport"
_SERVICE = ("Service", "vmie.amazonaws.com")
_EXTERNAL_ID = "vmimport"
_EC2_ACTIONS = (
    "ec2:ModifySnapshotAttribute", "ec2:CopySnapshot", "ec2:RegisterImage",
    # AWS's role policy grants ec2:Describe*; which calls the service uses is not documented.
    "ec2:DescribeImages", "ec2:DescribeSnapshots", "ec2:DescribeVolumes",
)  # fmt: skip
_KMS_ACTIONS = (
    "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom", "kms:ReEncryptTo",
)  # fmt: skip
_LICENSE_ACTIONS = (
    "license-manager:GetLicenseConfiguration", "license-manager:UpdateLicenseSpecificationsForResource",
    "license-manager:ListLicenseSpecificationsForResource",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RequiredAccess:
    """The access that a task requires."""

    task_type: str
    """The type of the task in its ARN."""
    objects: Sequence[S3Object] = ()
    """The objects that it reads."""
    kms_key: str | None = None
    """The KMS key of the new snapshots, if the request names one."""
    with_licenses: bool = False
    target: tuple[S3Bucket, str] | None = None
    """The bucket and the key of the object that it writes."""


def require_service_role(cloud: Cloud, account_region: AccountRegion, name: str, work: RequiredAccess) -> None:
    """Reject a role that does not exist, cannot be assumed or lacks permissions.

    Raises:
        ServiceError: InvalidParameter; message from aws/aws-cli#8873.
    """
    role = find_role(account_region, name)
    if role is None or not _is_usable(cloud, role, name, account_region, work):
        text = f"The service role {name} provided does not exist or does not have sufficient permissions"
        raise ServiceError("InvalidParameter", text)


def _is_usable(cloud: Cloud, role: IamRole, name: str, account_region: AccountRegion, work: RequiredAccess) -> bool:
    return (
        all(cloud.has_propagated(changed) for changed in (name, *role.attached))
        and _trusts(role, account_region, work.task_type)
        and _suffices(role, account_region, work)
    )


def _trusts(role: IamRole, account_region: AccountRegion, task_type: str) -> bool:
    partition, region, account = get_partition(account_region.region), account_region.region, account_region.account
    context = {
        "sts:ExternalId": _EXTERNAL_ID,
        "aws:SourceAccount": account,
        "aws:SourceArn": f"arn:{partition}:vmie:{region}:{account}:{task_type}/*",
    }
    return verdict(role.trust, PolicyRequest("sts:AssumeRole", None, context, _SERVICE)) == "allow"


def _suffices(role: IamRole, account_region: AccountRegion, work: RequiredAccess) -> bool:
    return (
        all(_may(role, request) for request in _needs(account_region, work))
        and all(_may_read(role, account_region, s3_object) for s3_object in work.objects)
        and (work.target is None or _may_write(role, account_region, *work.target))
    )


def _needs(account_region: AccountRegion, work: RequiredAccess) -> Iterator[PolicyRequest]:
    context = _context(account_region)
    for action in _EC2_ACTIONS:
        yield PolicyRequest(action, "*", context)
    if work.with_licenses:
        for action in _LICENSE_ACTIONS:
            yield PolicyRequest(action, "*", context)
    if work.kms_key is not None:
        key = find_kms_key(account_region, work.kms_key)
        # The service reports a missing key later, but the role needs the permissions.
        partition, region, account = get_partition(account_region.region), account_region.region, account_region.account
        arn = key.arn if key else f"arn:{partition}:kms:{region}:{account}:key/unknown"
        for action in _KMS_ACTIONS:
            yield PolicyRequest(action, arn, context)


def _may_read(role: IamRole, account_region: AccountRegion, s3_object: S3Object) -> bool:
    wanted = {
        "s3:GetBucketLocation": s3_object.bucket_arn,
        "s3:ListBucket": s3_object.bucket_arn,
        "s3:GetObject": s3_object.arn,
    }
    return _may_in_bucket(role, account_region, s3_object.bucket_policy, wanted) and _may_decrypt(
        role, account_region, s3_object
    )


def _may_write(role: IamRole, account_region: AccountRegion, bucket: S3Bucket, key: str) -> bool:
    # The actions of AWS's role policy for export buckets; that the service uses all of them is assumed.
    wanted = dict.fromkeys(("s3:GetBucketLocation", "s3:ListBucket", "s3:GetBucketAcl"), bucket.arn)
    wanted |= dict.fromkeys(("s3:GetObject", "s3:PutObject"), f"{bucket.arn}/{key}")
    return _may_in_bucket(role, account_region, bucket.policy, wanted)


def _may_in_bucket(role: IamRole, account_region: AccountRegion, policy: str | None, wanted: Mapping[str, str]) -> bool:
    """Whether the role may perform actions on resources in a bucket with a policy."""
    context = _context(account_region)
    if policy is not None:
        as_role = [PolicyRequest(action, resource, context, ("AWS", role.arn)) for action, resource in wanted.items()]
        if any(verdict(policy, request) == "deny" for request in as_role):
            return False
    return all(_may(role, PolicyRequest(action, resource, context)) for action, resource in wanted.items())


def _may_decrypt(role: IamRole, account_region: AccountRegion, s3_object: S3Object) -> bool:
    key = find_kms_key(account_region, s3_object.kms_key) if s3_object.kms_key else None
    if key is None:
        return True
    # The key policy may allow the role or delegate to IAM policies.
    by_key = verdict(key.policy, PolicyRequest("kms:Decrypt", None, _context(account_region), ("AWS", role.arn)))
    return by_key == "allow" or (
        by_key == "none" and _may(role, PolicyRequest("kms:Decrypt", key.arn, _context(account_region)))
    )


def _may(role: IamRole, request: PolicyRequest) -> bool:
    return allowed(role.policies, request) and (role.boundary is None or allowed([role.boundary], request))


def _context(account_region: AccountRegion) -> dict[str, str]:
    return {
        "aws:SecureTransport": "true",
        "aws:RequestedRegion": account_region.region,
        "aws:PrincipalAccount": account_region.account,
        "aws:ResourceAccount": account_region.account,
        "s3:ResourceAccount": account_region.account,
    }
