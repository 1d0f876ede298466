"""From a vSphere virtual machine to an AMI or a WorkSpaces BYOL image with `pulumi up`.

Names are imported when they are first used: the provider process of a stack needs neither pulumi-aws nor
pulumi-vsphere, which the components do.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_vmimport.aws.licensing import usage_operation
    from pulumi_vmimport.byol_workspace_image import ByolWorkspaceImage, ByolWorkspaceImageArgs
    from pulumi_vmimport.export_bucket import ExportBucket, ExportBucketArgs
    from pulumi_vmimport.import_bucket import ImportBucket, ImportBucketArgs
    from pulumi_vmimport.resources.copy_workspace_image import CopyWorkspaceImage, CopyWorkspaceImageArgs
    from pulumi_vmimport.resources.create_updated_workspace_image import (
        CreateUpdatedWorkspaceImage,
        CreateUpdatedWorkspaceImageArgs,
    )
    from pulumi_vmimport.resources.create_workspace_image import CreateWorkspaceImage, CreateWorkspaceImageArgs
    from pulumi_vmimport.resources.direct_snapshot import DirectSnapshot, DirectSnapshotArgs
    from pulumi_vmimport.resources.disk_image_upload import DiskImageUpload, DiskImageUploadArgs
    from pulumi_vmimport.resources.export_image import ExportImage, ExportImageArgs
    from pulumi_vmimport.resources.import_custom_workspace_image import (
        ImportCustomWorkspaceImage,
        ImportCustomWorkspaceImageArgs,
    )
    from pulumi_vmimport.resources.import_image import ImportImage, ImportImageArgs
    from pulumi_vmimport.resources.import_request_args import (
        ClientDataArgs,
        DiskContainerArgs,
        LicenseSpecificationArgs,
        SnapshotDiskContainerArgs,
        UserBucketArgs,
    )
    from pulumi_vmimport.resources.import_snapshot import ImportSnapshot, ImportSnapshotArgs
    from pulumi_vmimport.resources.import_workspace_image import ImportWorkspaceImage, ImportWorkspaceImageArgs
    from pulumi_vmimport.resources.instance_export import InstanceExport, InstanceExportArgs
    from pulumi_vmimport.resources.virtual_machine_export import VirtualMachineExport, VirtualMachineExportArgs
    from pulumi_vmimport.resources.workspace_bundle import WorkspaceBundle, WorkspaceBundleArgs
    from pulumi_vmimport.resources.workspace_image_permissions import (
        WorkspaceImagePermissions,
        WorkspaceImagePermissionsArgs,
    )
    from pulumi_vmimport.resources.workspaces_account import WorkspacesAccount, WorkspacesAccountArgs
    from pulumi_vmimport.source_virtual_machine import SourceVirtualMachine, SourceVirtualMachineArgs
    from pulumi_vmimport.vmimport_role import VmimportRole, VmimportRoleArgs

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
    "ByolWorkspaceImage": "byol_workspace_image",
    "ByolWorkspaceImageArgs": "byol_workspace_image",
    "ClientDataArgs": "resources.import_request_args",
    "CopyWorkspaceImage": "resources.copy_workspace_image",
    "CopyWorkspaceImageArgs": "resources.copy_workspace_image",
    "CreateUpdatedWorkspaceImage": "resources.create_updated_workspace_image",
    "CreateUpdatedWorkspaceImageArgs": "resources.create_updated_workspace_image",
    "CreateWorkspaceImage": "resources.create_workspace_image",
    "CreateWorkspaceImageArgs": "resources.create_workspace_image",
    "DirectSnapshot": "resources.direct_snapshot",
    "DirectSnapshotArgs": "resources.direct_snapshot",
    "DiskContainerArgs": "resources.import_request_args",
    "DiskImageUpload": "resources.disk_image_upload",
    "DiskImageUploadArgs": "resources.disk_image_upload",
    "ExportBucket": "export_bucket",
    "ExportBucketArgs": "export_bucket",
    "ExportImage": "resources.export_image",
    "ExportImageArgs": "resources.export_image",
    "ImportBucket": "import_bucket",
    "ImportBucketArgs": "import_bucket",
    "ImportCustomWorkspaceImage": "resources.import_custom_workspace_image",
    "ImportCustomWorkspaceImageArgs": "resources.import_custom_workspace_image",
    "ImportImage": "resources.import_image",
    "ImportImageArgs": "resources.import_image",
    "ImportSnapshot": "resources.import_snapshot",
    "ImportSnapshotArgs": "resources.import_snapshot",
    "ImportWorkspaceImage": "resources.import_workspace_image",
    "ImportWorkspaceImageArgs": "resources.import_workspace_image",
    "InstanceExport": "resources.instance_export",
    "InstanceExportArgs": "resources.instance_export",
    "LicenseSpecificationArgs": "resources.import_request_args",
    "SnapshotDiskContainerArgs": "resources.import_request_args",
    "SourceVirtualMachine": "source_virtual_machine",
    "SourceVirtualMachineArgs": "source_virtual_machine",
    "UserBucketArgs": "resources.import_request_args",
    "VirtualMachineExport": "resources.virtual_machine_export",
    "VirtualMachineExportArgs": "resources.virtual_machine_export",
    "VmimportRole": "vmimport_role",
    "VmimportRoleArgs": "vmimport_role",
    "WorkspaceBundle": "resources.workspace_bundle",
    "WorkspaceBundleArgs": "resources.workspace_bundle",
    "WorkspaceImagePermissions": "resources.workspace_image_permissions",
    "WorkspaceImagePermissionsArgs": "resources.workspace_image_permissions",
    "WorkspacesAccount": "resources.workspaces_account",
    "WorkspacesAccountArgs": "resources.workspaces_account",
    "usage_operation": "aws.licensing",
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
