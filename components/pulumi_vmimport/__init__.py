"""From a vSphere virtual machine to an AMI or a WorkSpaces BYOL image with `pulumi up`.

Names are imported when they are first used: the provider process of a stack needs neither pulumi-aws nor
pulumi-vsphere, which the components do.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_vmimport.aws.ec2.licensing import usage_operation
    from pulumi_vmimport.components.byol_workspace_image import ByolWorkspaceImage, ByolWorkspaceImageArgs
    from pulumi_vmimport.components.export_bucket import ExportBucket, ExportBucketArgs
    from pulumi_vmimport.components.import_bucket import ImportBucket, ImportBucketArgs
    from pulumi_vmimport.components.source_virtual_machine import SourceVirtualMachine, SourceVirtualMachineArgs
    from pulumi_vmimport.components.vmimport_role import VmimportRole, VmimportRoleArgs
    from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshot, DirectSnapshotArgs
    from pulumi_vmimport.resources.disk_container_args import (
        ClientDataArgs,
        DiskContainerArgs,
        LicenseSpecificationArgs,
        SnapshotDiskContainerArgs,
        UserBucketArgs,
    )
    from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUpload, DiskImageUploadArgs
    from pulumi_vmimport.resources.ec2_tasks.export_image import ExportImage, ExportImageArgs
    from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImage, ImportImageArgs
    from pulumi_vmimport.resources.ec2_tasks.import_snapshot import ImportSnapshot, ImportSnapshotArgs
    from pulumi_vmimport.resources.ec2_tasks.instance_export import InstanceExport, InstanceExportArgs
    from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import (
        VirtualMachineExport,
        VirtualMachineExportArgs,
    )
    from pulumi_vmimport.resources.workspaces.copy_workspace_image import CopyWorkspaceImage, CopyWorkspaceImageArgs
    from pulumi_vmimport.resources.workspaces.create_updated_workspace_image import (
        CreateUpdatedWorkspaceImage,
        CreateUpdatedWorkspaceImageArgs,
    )
    from pulumi_vmimport.resources.workspaces.create_workspace_image import (
        CreateWorkspaceImage,
        CreateWorkspaceImageArgs,
    )
    from pulumi_vmimport.resources.workspaces.import_custom_workspace_image import (
        ImportCustomWorkspaceImage,
        ImportCustomWorkspaceImageArgs,
    )
    from pulumi_vmimport.resources.workspaces.import_workspace_image import (
        ImportWorkspaceImage,
        ImportWorkspaceImageArgs,
    )
    from pulumi_vmimport.resources.workspaces.workspace_bundle import WorkspaceBundle, WorkspaceBundleArgs
    from pulumi_vmimport.resources.workspaces.workspace_image_permissions import (
        WorkspaceImagePermissions,
        WorkspaceImagePermissionsArgs,
    )
    from pulumi_vmimport.resources.workspaces.workspaces_account import WorkspacesAccount, WorkspacesAccountArgs

__all__ = [
    "ByolWorkspaceImage",
    "ByolWorkspaceImageArgs",
    "ClientDataArgs",
    "CopyWorkspaceImage",
    "CopyWorkspaceImageArgs",
    "CreateUpdatedWorkspaceImage",
    "CreateUpdatedWorkspaceImageArgs",
    "CreateWorkspaceImage",
    "CreateWorkspaceImageArgs",
    "DirectSnapshot",
    "DirectSnapshotArgs",
    "DiskContainerArgs",
    "DiskImageUpload",
    "DiskImageUploadArgs",
    "ExportBucket",
    "ExportBucketArgs",
    "ExportImage",
    "ExportImageArgs",
    "ImportBucket",
    "ImportBucketArgs",
    "ImportCustomWorkspaceImage",
    "ImportCustomWorkspaceImageArgs",
    "ImportImage",
    "ImportImageArgs",
    "ImportSnapshot",
    "ImportSnapshotArgs",
    "ImportWorkspaceImage",
    "ImportWorkspaceImageArgs",
    "InstanceExport",
    "InstanceExportArgs",
    "LicenseSpecificationArgs",
    "SnapshotDiskContainerArgs",
    "SourceVirtualMachine",
    "SourceVirtualMachineArgs",
    "UserBucketArgs",
    "VirtualMachineExport",
    "VirtualMachineExportArgs",
    "VmimportRole",
    "VmimportRoleArgs",
    "WorkspaceBundle",
    "WorkspaceBundleArgs",
    "WorkspaceImagePermissions",
    "WorkspaceImagePermissionsArgs",
    "WorkspacesAccount",
    "WorkspacesAccountArgs",
    "usage_operation",
]

_MODULES = {
    "ByolWorkspaceImage": "components.byol_workspace_image",
    "ByolWorkspaceImageArgs": "components.byol_workspace_image",
    "ClientDataArgs": "resources.disk_container_args",
    "CopyWorkspaceImage": "resources.workspaces.copy_workspace_image",
    "CopyWorkspaceImageArgs": "resources.workspaces.copy_workspace_image",
    "CreateUpdatedWorkspaceImage": "resources.workspaces.create_updated_workspace_image",
    "CreateUpdatedWorkspaceImageArgs": "resources.workspaces.create_updated_workspace_image",
    "CreateWorkspaceImage": "resources.workspaces.create_workspace_image",
    "CreateWorkspaceImageArgs": "resources.workspaces.create_workspace_image",
    "DirectSnapshot": "resources.direct_snapshot.direct_snapshot",
    "DirectSnapshotArgs": "resources.direct_snapshot.direct_snapshot",
    "DiskContainerArgs": "resources.disk_container_args",
    "DiskImageUpload": "resources.disk_image_upload.disk_image_upload",
    "DiskImageUploadArgs": "resources.disk_image_upload.disk_image_upload",
    "ExportBucket": "components.export_bucket",
    "ExportBucketArgs": "components.export_bucket",
    "ExportImage": "resources.ec2_tasks.export_image",
    "ExportImageArgs": "resources.ec2_tasks.export_image",
    "ImportBucket": "components.import_bucket",
    "ImportBucketArgs": "components.import_bucket",
    "ImportCustomWorkspaceImage": "resources.workspaces.import_custom_workspace_image",
    "ImportCustomWorkspaceImageArgs": "resources.workspaces.import_custom_workspace_image",
    "ImportImage": "resources.ec2_tasks.import_image",
    "ImportImageArgs": "resources.ec2_tasks.import_image",
    "ImportSnapshot": "resources.ec2_tasks.import_snapshot",
    "ImportSnapshotArgs": "resources.ec2_tasks.import_snapshot",
    "ImportWorkspaceImage": "resources.workspaces.import_workspace_image",
    "ImportWorkspaceImageArgs": "resources.workspaces.import_workspace_image",
    "InstanceExport": "resources.ec2_tasks.instance_export",
    "InstanceExportArgs": "resources.ec2_tasks.instance_export",
    "LicenseSpecificationArgs": "resources.disk_container_args",
    "SnapshotDiskContainerArgs": "resources.disk_container_args",
    "SourceVirtualMachine": "components.source_virtual_machine",
    "SourceVirtualMachineArgs": "components.source_virtual_machine",
    "UserBucketArgs": "resources.disk_container_args",
    "VirtualMachineExport": "resources.virtual_machine_export.virtual_machine_export",
    "VirtualMachineExportArgs": "resources.virtual_machine_export.virtual_machine_export",
    "VmimportRole": "components.vmimport_role",
    "VmimportRoleArgs": "components.vmimport_role",
    "WorkspaceBundle": "resources.workspaces.workspace_bundle",
    "WorkspaceBundleArgs": "resources.workspaces.workspace_bundle",
    "WorkspaceImagePermissions": "resources.workspaces.workspace_image_permissions",
    "WorkspaceImagePermissionsArgs": "resources.workspaces.workspace_image_permissions",
    "WorkspacesAccount": "resources.workspaces.workspaces_account",
    "WorkspacesAccountArgs": "resources.workspaces.workspaces_account",
    "usage_operation": "aws.ec2.licensing",
}

# INS-01: what AWS has and this library does not, and what there is instead.
_REFUSED = {
    "ImportInstance": "there is no ImportInstance: it takes one volume and no Windows licence of your own, and AWS "
    "advises against it; import the machine with ImportImage and launch its AMI (docs/supported_systems.md)",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in _REFUSED:
        raise ImportError(_REFUSED[name], name=__name__)  # `from ... import` would hide an AttributeError's words
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
