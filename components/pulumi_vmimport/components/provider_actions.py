"""The IAM actions of pulumi-aws for the resources and functions that the components use.

pulumi-aws reads every setting of a bucket, also those that no component sets. It reads tags with S3 Control where the
caller may, and else with GetBucketTagging.

Source: https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service
"""

from collections.abc import Mapping

from pulumi_vmimport.resources.catalog_entry import iam

_ROLE_READ = iam("iam", "GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies")

PROVIDER_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "aws.get_caller_identity": (),
    "aws.get_partition": (),
    "aws.get_region": (),
    "aws.iam.Policy": (
        *iam("iam", "CreatePolicy", "GetPolicy", "GetPolicyVersion", "ListPolicyVersions", "CreatePolicyVersion"),
        *iam("iam", "DeletePolicyVersion", "DeletePolicy", "TagPolicy", "UntagPolicy"),
    ),
    "aws.iam.Role": (
        *_ROLE_READ,
        *iam("iam", "CreateRole", "UpdateRole", "UpdateAssumeRolePolicy", "TagRole", "UntagRole", "DeleteRole"),
        *iam("iam", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary", "ListInstanceProfilesForRole"),
        *iam("iam", "DeleteRolePolicy", "DetachRolePolicy"),
    ),
    "aws.iam.RolePolicy": iam("iam", "PutRolePolicy", "GetRolePolicy", "DeleteRolePolicy"),
    "aws.iam.RolePolicyAttachment": iam("iam", "AttachRolePolicy", "DetachRolePolicy", "ListAttachedRolePolicies"),
    "aws.iam.UserPolicyAttachment": iam("iam", "AttachUserPolicy", "DetachUserPolicy", "ListAttachedUserPolicies"),
    "aws.iam.get_policy": iam("iam", "GetPolicy", "GetPolicyVersion"),
    "aws.iam.get_principal_policy_simulation": ("iam:SimulatePrincipalPolicy",),
    "aws.iam.get_role": ("iam:GetRole",),
    "aws.imagebuilder.DistributionConfiguration": iam(
        "imagebuilder",
        "CreateDistributionConfiguration",
        "GetDistributionConfiguration",
        "UpdateDistributionConfiguration",
        "DeleteDistributionConfiguration",
        "TagResource",
        "UntagResource",
    ),
    "aws.imagebuilder.get_distribution_configuration": ("imagebuilder:GetDistributionConfiguration",),
    "aws.s3.Bucket": (
        *iam("s3", "CreateBucket", "DeleteBucket", "ListBucket", "PutBucketTagging", "GetBucketTagging"),
        *iam("s3", "GetBucketPolicy", "GetBucketAcl", "GetBucketCORS", "GetBucketWebsite", "GetBucketVersioning"),
        *iam("s3", "GetAccelerateConfiguration", "GetBucketRequestPayment", "GetBucketLogging"),
        *iam("s3", "GetLifecycleConfiguration", "GetReplicationConfiguration", "GetEncryptionConfiguration"),
        "s3:GetBucketObjectLockConfiguration",
        # with force_destroy
        *iam("s3", "ListBucketVersions", "DeleteObject", "DeleteObjectVersion"),
    ),
    "aws.s3.BucketAcl": iam("s3", "PutBucketAcl", "GetBucketAcl"),
    "aws.s3.BucketLifecycleConfiguration": iam("s3", "PutLifecycleConfiguration", "GetLifecycleConfiguration"),
    "aws.s3.BucketOwnershipControls": iam("s3", "PutBucketOwnershipControls", "GetBucketOwnershipControls"),
    "aws.s3.BucketPolicy": iam("s3", "PutBucketPolicy", "GetBucketPolicy", "DeleteBucketPolicy"),
    "aws.s3.BucketPublicAccessBlock": iam("s3", "PutBucketPublicAccessBlock", "GetBucketPublicAccessBlock"),
    "aws.s3.BucketServerSideEncryptionConfiguration": iam(
        "s3", "PutEncryptionConfiguration", "GetEncryptionConfiguration"
    ),
    "aws.s3.get_bucket": ("s3:ListBucket",),
    "aws.s3.get_bucket_policy": ("s3:GetBucketPolicy",),
    "aws.s3.get_canonical_user_id": ("s3:ListAllMyBuckets",),
}
