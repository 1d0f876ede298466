"""The rows of the catalog for EC2 Image Builder."""

from pulumi_vmimport.resources.catalog_entry import Actions, ResourceEntry, iam
from pulumi_vmimport.resources.orphan_kinds import OrphanKind

IMAGE_BUILDER_RESOURCES = (
    ResourceEntry(
        name="DistributeImage",
        module="resources.image_builder.distribute_image",
        summary="copies of an AMI in Regions and accounts, with EC2 Image Builder (DistributeImage)",
        page="distribution.md",
        actions=Actions(
            check=(
                *iam("imagebuilder", "GetDistributionConfiguration", "GetImage"),
                *iam("ec2", "DescribeImages", "DescribeSnapshots"),
                *("iam:GetRole", "ssm:GetParameter", *iam("kms", "DescribeKey", "GetKeyPolicy", "ListGrants")),
                "ec2:GetEbsDefaultKmsKeyId",
            ),
            create=(
                *iam("imagebuilder", "ListImageBuildVersions", "DistributeImage", "TagResource", "UntagResource"),
                *iam("imagebuilder", "GetImage", "RetryImage", "GetDistributionConfiguration"),
                *(*iam("ec2", "DescribeImages", "CreateTags"), "ssm:GetParameter"),
            ),
            read=("imagebuilder:GetImage", "ec2:DescribeImages"),
            update=(
                *iam("imagebuilder", "GetImage", "RetryImage", "GetDistributionConfiguration"),
                *iam("imagebuilder", "TagResource", "UntagResource"),
                *(*iam("ec2", "DescribeImages", "CreateTags"), "ssm:GetParameter"),
            ),
            delete=(
                *iam("ec2", "DescribeImages", "DeregisterImage", "DeleteSnapshot"),
                *iam("imagebuilder", "GetImage", "CancelImageCreation", "StartResourceStateUpdate", "UntagResource"),
                *iam("imagebuilder", "GetLifecycleExecution", "ListLifecycleExecutionResources", "DeleteImage"),
            ),
            implied=("iam:PassRole",),
        ),
        orphans=(OrphanKind.BUILDER_IMAGE,),
    ),
    ResourceEntry(
        name="DistributionSettings",
        module="resources.image_builder.distribution_settings",
        summary="checks a distribution configuration with Image Builder; part of ImageDistribution",
        page="distribution.md",
        actions=Actions(
            check=(
                *iam("imagebuilder", "GetDistributionConfiguration", "CreateDistributionConfiguration"),
                *("ec2:DescribeImages", *iam("s3", "ListBucket", "GetEncryptionConfiguration")),
                *iam("ec2", "DescribeSnapshots", "GetEbsDefaultKmsKeyId"),
                *iam("kms", "DescribeKey", "GetKeyPolicy", "ListGrants"),
            ),
            create=(),
            read=(),
            update=(),
            delete=(),
        ),
        no_orphans="it only checks",
        is_public=False,
    ),
)
