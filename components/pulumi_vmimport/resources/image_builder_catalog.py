"""The rows of the catalog for EC2 Image Builder."""

from pulumi_vmimport.resources.catalog_entry import Actions, ResourceEntry, iam
from pulumi_vmimport.resources.orphan_kinds import OrphanKind

_FOLLOW = iam("imagebuilder", "GetImage", "TagResource")
_REMOVE_AMIS = iam(
    "imagebuilder", "StartResourceStateUpdate", "GetLifecycleExecution", "ListLifecycleExecutionResources"
)

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
                *iam("ec2", "GetEbsDefaultKmsKeyId", "DescribeRegions", "GetImageBlockPublicAccessState"),
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
                *iam("ec2", "DescribeImages", "DeleteTags", "DeregisterImage", "DeleteSnapshot"),
                *iam("imagebuilder", "GetImage", "CancelImageCreation", "StartResourceStateUpdate", "UntagResource"),
                *iam("imagebuilder", "GetLifecycleExecution", "ListLifecycleExecutionResources", "DeleteImage"),
            ),
            implied=("iam:PassRole",),
        ),
        orphans=(OrphanKind.BUILDER_IMAGE,),
    ),
    ResourceEntry(
        name="ImportVmImage",
        module="resources.image_builder.import_vm_image",
        summary="an Image Builder image of an EC2 import task, also of a running one (ImportVmImage)",
        page="image_builder.md",
        actions=Actions(
            check=iam("ec2", "DescribeImportImageTasks", "DescribeImages"),
            create=(
                *iam("imagebuilder", "ListImageBuildVersions", "ImportVmImage", "DeleteImage"),
                *(*_FOLLOW, "ec2:DescribeImages"),
            ),
            read=("imagebuilder:GetImage", "ec2:DescribeImages"),
            update=(*_FOLLOW, *iam("imagebuilder", "UntagResource", "DeleteImage")),
            delete=iam("imagebuilder", "GetImage", "CancelImageCreation", "DeleteImage", "UntagResource"),
        ),
        orphans=(OrphanKind.BUILDER_IMAGE,),
    ),
    ResourceEntry(
        name="ImportDiskImage",
        module="resources.image_builder.import_disk_image",
        summary="an Image Builder image and an AMI of a Windows 11 ISO file in S3 (ImportDiskImage)",
        page="image_builder.md",
        actions=Actions(
            check=(
                *iam("s3", "ListBucket", "GetObject"),
                *("imagebuilder:GetInfrastructureConfiguration", "iam:GetRole"),
            ),
            create=(
                *iam("imagebuilder", "ListImageBuildVersions", "ImportDiskImage", "DeleteImage"),
                *(*_FOLLOW, *_REMOVE_AMIS, *iam("ec2", "DescribeImages", "CreateTags"), "s3:GetObject"),
            ),
            read=("imagebuilder:GetImage", "ec2:DescribeImages"),
            update=(
                *(*_FOLLOW, *_REMOVE_AMIS, *iam("imagebuilder", "UntagResource", "DeleteImage")),
                "ec2:CreateTags",
            ),
            delete=(
                *iam("imagebuilder", "GetImage", "CancelImageCreation", "DeleteImage", "UntagResource"),
                *(*_REMOVE_AMIS, *iam("ec2", "DescribeImages", "DeleteTags", "DeregisterImage", "DeleteSnapshot")),
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
                *iam("ec2", "DescribeRegions", "GetImageBlockPublicAccessState"),
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
