"""From a vSphere virtual machine to an AMI or a WorkSpaces BYOL image with `pulumi up`."""

from pulumi_vmimport.byol_workspace_image import ByolWorkspaceImage, ByolWorkspaceImageArgs
from pulumi_vmimport.import_bucket import ImportBucket, ImportBucketArgs
from pulumi_vmimport.resources.create_workspace_image import CreateWorkspaceImage, CreateWorkspaceImageArgs
from pulumi_vmimport.resources.import_image import ImportImage, ImportImageArgs
from pulumi_vmimport.resources.import_request_args import (
    ClientDataArgs,
    DiskContainerArgs,
    LicenseSpecificationArgs,
    UserBucketArgs,
)
from pulumi_vmimport.resources.import_workspace_image import ImportWorkspaceImage, ImportWorkspaceImageArgs
from pulumi_vmimport.resources.virtual_machine_export import VirtualMachineExport, VirtualMachineExportArgs
from pulumi_vmimport.source_virtual_machine import SourceVirtualMachine, SourceVirtualMachineArgs
from pulumi_vmimport.vmimport_role import VmimportRole, VmimportRoleArgs

__all__ = [
    "ByolWorkspaceImage",
    "ByolWorkspaceImageArgs",
    "ClientDataArgs",
    "CreateWorkspaceImage",
    "CreateWorkspaceImageArgs",
    "DiskContainerArgs",
    "ImportBucket",
    "ImportBucketArgs",
    "ImportImage",
    "ImportImageArgs",
    "ImportWorkspaceImage",
    "ImportWorkspaceImageArgs",
    "LicenseSpecificationArgs",
    "SourceVirtualMachine",
    "SourceVirtualMachineArgs",
    "UserBucketArgs",
    "VirtualMachineExport",
    "VirtualMachineExportArgs",
    "VmimportRole",
    "VmimportRoleArgs",
]
