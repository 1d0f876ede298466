"""The stand-in for pulumi-resource-aws: its types and functions."""

from . import (
    aws_bucket,
    aws_bucket_settings,
    aws_functions,
    aws_iam,
    aws_iam_policies,
    aws_image_builder,
    aws_images,
    aws_volumes,
)
from .aws_client import Aws
from .provider import Function, Tables
from .resource_kind import ResourceKind

KINDS: dict[str, ResourceKind[Aws]] = {
    "aws:ebs/volume:Volume": aws_volumes.EbsVolume(),
    "aws:ec2/amiCopy:AmiCopy": aws_images.AmiCopy(),
    "aws:ec2/amiLaunchPermission:AmiLaunchPermission": aws_images.AmiLaunchPermission(),
    "aws:ec2/volumeAttachment:VolumeAttachment": aws_volumes.VolumeAttachment(),
    "aws:iam/policy:Policy": aws_iam_policies.Policy(),
    "aws:iam/role:Role": aws_iam.Role(),
    "aws:iam/rolePolicy:RolePolicy": aws_iam.RolePolicy(),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": aws_iam_policies.RolePolicyAttachment(),
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": aws_iam_policies.UserPolicyAttachment(),
    "aws:imagebuilder/distributionConfiguration:DistributionConfiguration": (
        aws_image_builder.DistributionConfiguration()
    ),
    "aws:s3/bucket:Bucket": aws_bucket.Bucket(),
    "aws:s3/bucketAcl:BucketAcl": aws_bucket_settings.Acl(),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": aws_bucket_settings.LifecycleConfiguration(),
    "aws:s3/bucketObjectv2:BucketObjectv2": aws_bucket.BucketObject(),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": aws_bucket_settings.OwnershipControls(),
    "aws:s3/bucketPolicy:BucketPolicy": aws_bucket_settings.Policy(),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": aws_bucket_settings.PublicAccessBlock(),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        aws_bucket_settings.Encryption()
    ),
    "aws:s3/bucketVersioning:BucketVersioning": aws_bucket_settings.Versioning(),
}

FUNCTIONS: dict[str, Function[Aws]] = {
    "aws:ec2/getInstance:getInstance": aws_functions.instance,
    "aws:iam/getPolicy:getPolicy": aws_iam_policies.policy,
    "aws:iam/getPolicyDocument:getPolicyDocument": aws_functions.policy_document,
    "aws:iam/getPrincipalPolicySimulation:getPrincipalPolicySimulation": aws_functions.policy_simulation,
    "aws:iam/getRole:getRole": aws_functions.role,
    "aws:imagebuilder/getDistributionConfiguration:getDistributionConfiguration": (
        aws_image_builder.distribution_configuration
    ),
    "aws:index/getCallerIdentity:getCallerIdentity": aws_functions.caller_identity,
    "aws:index/getPartition:getPartition": aws_functions.partition,
    "aws:index/getRegion:getRegion": aws_functions.region,
    "aws:s3/getBucket:getBucket": aws_functions.bucket,
    "aws:s3/getBucketPolicy:getBucketPolicy": aws_functions.bucket_policy,
    "aws:s3/getCanonicalUserId:getCanonicalUserId": aws_functions.canonical_user_id,
}

TABLES = Tables(KINDS, FUNCTIONS, Aws)
