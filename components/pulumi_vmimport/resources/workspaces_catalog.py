"""The rows of the catalog for Amazon WorkSpaces."""

from pulumi_vmimport.resources.catalog_entry import (
    RECIPIENT_CHECK,
    Actions,
    ResourceEntry,
    iam,
    workspace_image_actions,
)
from pulumi_vmimport.resources.orphan_kinds import OrphanKind

WORKSPACES_RESOURCES = (
    ResourceEntry(
        name="ImportWorkspaceImage",
        module="resources.workspaces.import_workspace_image",
        summary="a WorkSpaces image from a BYOL AMI (WorkSpaces ImportWorkspaceImage)",
        page="workspaces_images.md",
        actions=workspace_image_actions(
            "ImportWorkspaceImage",
            ("ec2:DescribeImages", "workspaces:DescribeAccount"),
            source=("ec2:DescribeImages",),
            implied=iam("ec2", "DescribeImages", "ModifyImageAttribute"),
        ),
        orphans=(OrphanKind.WORKSPACE_IMAGE,),
    ),
    ResourceEntry(
        name="ImportCustomWorkspaceImage",
        module="resources.workspaces.import_custom_workspace_image",
        summary="a WorkSpaces image that EC2 Image Builder builds and tests (WorkSpaces ImportCustomWorkspaceImage)",
        page="workspaces_images.md",
        actions=workspace_image_actions(
            "ImportCustomWorkspaceImage",
            (
                *iam("ec2", "DescribeImages", "DescribeImportImageTasks"),
                *("workspaces:DescribeAccount", "imagebuilder:GetImage"),
            ),
            "DescribeCustomWorkspaceImageImport",
            source=(*iam("ec2", "DescribeImages", "DescribeImportImageTasks"), "imagebuilder:GetImage"),
            implied=(
                *iam("imagebuilder", "GetInfrastructureConfiguration", "GetImage"),
                *("iam:PassRole", "ec2:ModifyImageAttribute"),
            ),
        ),
        orphans=(OrphanKind.WORKSPACE_IMAGE,),
    ),
    ResourceEntry(
        name="CreateWorkspaceImage",
        module="resources.workspaces.create_workspace_image",
        summary="a WorkSpaces image from a WorkSpace (WorkSpaces CreateWorkspaceImage)",
        page="workspaces_images.md",
        actions=workspace_image_actions("CreateWorkspaceImage", iam("workspaces", "DescribeWorkspaces")),
        orphans=(OrphanKind.WORKSPACE_IMAGE,),
    ),
    ResourceEntry(
        name="CopyWorkspaceImage",
        module="resources.workspaces.copy_workspace_image",
        summary="a WorkSpaces image copied from another Region or account (WorkSpaces CopyWorkspaceImage)",
        page="workspaces_images.md",
        actions=workspace_image_actions("CopyWorkspaceImage", ("workspaces:DescribeAccount", "ec2:DescribeRegions")),
        orphans=(OrphanKind.WORKSPACE_IMAGE,),
    ),
    ResourceEntry(
        name="CreateUpdatedWorkspaceImage",
        module="resources.workspaces.create_updated_workspace_image",
        summary="a WorkSpaces image with current drivers and agents (WorkSpaces CreateUpdatedWorkspaceImage)",
        page="workspaces_images.md",
        actions=workspace_image_actions("CreateUpdatedWorkspaceImage", ()),
        orphans=(OrphanKind.WORKSPACE_IMAGE,),
    ),
    ResourceEntry(
        name="WorkspaceImagePermissions",
        module="resources.workspaces.workspace_image_permissions",
        summary="the accounts that may copy a WorkSpaces image",
        page="workspaces_images.md",
        actions=Actions(
            check=RECIPIENT_CHECK,
            create=iam("workspaces", "DescribeWorkspaceImagePermissions", "UpdateWorkspaceImagePermission"),
            read=iam("workspaces", "DescribeWorkspaceImagePermissions"),
            update=iam("workspaces", "DescribeWorkspaceImagePermissions", "UpdateWorkspaceImagePermission"),
            delete=iam("workspaces", "DescribeWorkspaceImagePermissions", "UpdateWorkspaceImagePermission"),
        ),
        orphans=(OrphanKind.IMAGE_PERMISSION,),
    ),
    ResourceEntry(
        name="WorkspaceBundle",
        module="resources.workspaces.workspace_bundle",
        summary="a WorkSpaces bundle: an image with compute type and storage",
        page="workspaces_images.md",
        actions=Actions(
            check=iam("workspaces", "DescribeWorkspaceBundles", "DescribeTags", "DescribeWorkspaceImages"),
            create=(
                *iam("workspaces", "CreateWorkspaceBundle", "DescribeWorkspaceBundles", "UpdateWorkspaceBundle"),
                *iam("workspaces", "DeleteWorkspaceBundle", "DescribeTags", "CreateTags", "DeleteTags"),
            ),
            read=iam("workspaces", "DescribeWorkspaceBundles", "DescribeTags"),
            update=iam("workspaces", "UpdateWorkspaceBundle", "DescribeWorkspaceBundles", "CreateTags", "DeleteTags"),
            delete=iam("workspaces", "DeleteWorkspaceBundle", "DescribeWorkspaceBundles", "DescribeWorkspaces"),
        ),
        orphans=(OrphanKind.BUNDLE,),
    ),
    ResourceEntry(
        name="WorkspacesAccount",
        module="resources.workspaces.workspaces_account",
        summary="BYOL enabled for the account in a Region; AWS cannot disable it",
        page="workspaces_images.md",
        actions=Actions(
            check=iam("workspaces", "DescribeAccount", "ListAvailableManagementCidrRanges"),
            create=iam("workspaces", "ModifyAccount", "DescribeAccount", "DescribeAccountModifications"),
            read=iam("workspaces", "DescribeAccount"),
            update=iam("workspaces", "ModifyAccount", "DescribeAccount", "DescribeAccountModifications"),
            delete=(),
        ),
        no_orphans="AWS cannot disable BYOL for an account, so there is nothing to remove",
    ),
)
