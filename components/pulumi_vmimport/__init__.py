"""From a vSphere virtual machine to an AMI or a WorkSpaces BYOL image with `pulumi up`.

Names are imported when they are first used: the provider process of a stack needs neither pulumi-aws nor
pulumi-vsphere, which the components do.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_MODULES = {
    "ByolWorkspaceImage": "byol_workspace_image",
    "ByolWorkspaceImageArgs": "byol_workspace_image",
    "ClientDataArgs": "resources.import_request_args",
    "CreateWorkspaceImage": "resources.create_workspace_image",
    "CreateWorkspaceImageArgs": "resources.create_workspace_image",
    "DiskContainerArgs": "resources.import_request_args",
    "ImportBucket": "import_bucket",
    "ImportBucketArgs": "import_bucket",
    "ImportImage": "resources.import_image",
    "ImportImageArgs": "resources.import_image",
    "ImportWorkspaceImage": "resources.import_workspace_image",
    "ImportWorkspaceImageArgs": "resources.import_workspace_image",
    "LicenseSpecificationArgs": "resources.import_request_args",
    "SourceVirtualMachine": "source_virtual_machine",
    "SourceVirtualMachineArgs": "source_virtual_machine",
    "UserBucketArgs": "resources.import_request_args",
    "VirtualMachineExport": "resources.virtual_machine_export",
    "VirtualMachineExportArgs": "resources.virtual_machine_export",
    "VmimportRole": "vmimport_role",
    "VmimportRoleArgs": "vmimport_role",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
