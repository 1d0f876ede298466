"""One row for each component; resources/catalog.py has those of the custom resources."""

from dataclasses import dataclass

from pulumi_vmimport.resources.orphan_kinds import OrphanKind


@dataclass(frozen=True, kw_only=True)
class ComponentEntry:
    """One component, which pulumi-aws, pulumi-vsphere and the custom resources implement."""

    name: str
    module: str
    summary: str
    page: str
    declares: tuple[str, ...] = ()
    """What it declares and looks up in AWS: components, custom resources, and the names in PROVIDER_ACTIONS"""
    orphans: tuple[OrphanKind, ...] = ()
    """What a killed run can leave of its own resources"""


_OWN_ROLE = ("RoleReadiness", "aws.iam.Role", "aws.iam.RolePolicy", "aws.iam.get_role")
"""What `owned_role` declares"""

COMPONENTS = (
    ComponentEntry(
        name="ByolWorkspaceImage",
        module="components.byol_workspace_image",
        summary="VM and guest, bucket, service role, export, import and WorkSpaces image in one component",
        page="workspaces_images.md",
        declares=(
            "GuestInstallation",
            "ImportBucket",
            "ImportImage",
            "ImportWorkspaceImage",
            "SourceVirtualMachine",
            "VirtualMachineExport",
            "VmimportRole",
            "aws.iam.get_principal_policy_simulation",
            "aws.iam.get_role",
        ),
    ),
    ComponentEntry(
        name="SourceVirtualMachine",
        module="components.source_virtual_machine",
        summary="a vSphere VM that VM Import can import, with presets and rules for Windows 10 and 11 BYOL",
        page="supported_systems.md",
        orphans=(OrphanKind.VIRTUAL_MACHINE,),
    ),
    ComponentEntry(
        name="GuestPreparation",
        module="components.guest_preparation",
        summary="the files with which a guest of Packer, MDT, cloud-init or a template prepares itself for an import",
        page="guest_preparation.md",
        declares=("PreparationFiles",),
    ),
    ComponentEntry(
        name="ImportBucket",
        module="components.import_bucket",
        summary="a private, encrypted, TLS-only bucket with lifecycle rules, or an existing bucket",
        page="permissions.md",
        declares=(
            "aws.s3.Bucket",
            "aws.s3.BucketLifecycleConfiguration",
            "aws.s3.BucketOwnershipControls",
            "aws.s3.BucketPolicy",
            "aws.s3.BucketPublicAccessBlock",
            "aws.s3.BucketServerSideEncryptionConfiguration",
            "aws.s3.get_bucket",
            "aws.s3.get_bucket_policy",
        ),
        orphans=(OrphanKind.BUCKET,),
    ),
    ComponentEntry(
        name="VmimportRole",
        module="components.vmimport_role",
        summary="the service role with least-privilege permissions, or an existing role, which is checked",
        page="permissions.md",
        declares=_OWN_ROLE,
        orphans=(OrphanKind.ROLE,),
    ),
    ComponentEntry(
        name="ExportBucket",
        module="components.export_bucket",
        summary="a bucket that VM Import/Export can write to, or an existing bucket",
        page="exports.md",
        declares=(
            "aws.s3.Bucket",
            "aws.s3.BucketAcl",
            "aws.s3.BucketLifecycleConfiguration",
            "aws.s3.BucketOwnershipControls",
            "aws.s3.BucketPolicy",
            "aws.s3.BucketPublicAccessBlock",
            "aws.s3.BucketServerSideEncryptionConfiguration",
            "aws.s3.get_bucket",
            "aws.s3.get_bucket_policy",
            "aws.s3.get_canonical_user_id",
        ),
        orphans=(OrphanKind.BUCKET,),
    ),
    ComponentEntry(
        name="ImageDistribution",
        module="components.image_distribution",
        summary="an Image Builder distribution configuration: the AMI in each Region and account, checked in preview",
        page="distribution.md",
        declares=(
            "DistributionSettings",
            "aws.imagebuilder.DistributionConfiguration",
            "aws.imagebuilder.get_distribution_configuration",
        ),
        orphans=(OrphanKind.DISTRIBUTION_CONFIGURATION,),
    ),
    ComponentEntry(
        name="CrossAccountDistributionRole",
        module="components.cross_account_distribution_role",
        summary="the role in a target account with which Image Builder copies AMIs into it",
        page="distribution.md",
        declares=_OWN_ROLE,
        orphans=(OrphanKind.ROLE,),
    ),
    ComponentEntry(
        name="DistributionExecutionRole",
        module="components.distribution_execution_role",
        summary="the role with which Image Builder distributes an AMI, with least-privilege permissions",
        page="distribution.md",
        declares=_OWN_ROLE,
        orphans=(OrphanKind.ROLE,),
    ),
    ComponentEntry(
        name="OperatorPolicy",
        module="components.operator_policy",
        summary="the least-privilege IAM policy of the person or pipeline that runs `pulumi up`",
        page="permissions.md",
        declares=(
            "aws.iam.Policy",
            "aws.iam.RolePolicyAttachment",
            "aws.iam.UserPolicyAttachment",
            "aws.iam.get_policy",
        ),
        orphans=(OrphanKind.MANAGED_POLICY,),
    ),
)
