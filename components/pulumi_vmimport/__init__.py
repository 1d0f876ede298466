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
    from pulumi_vmimport.resources.create_workspace_image import CreateWorkspaceImage, CreateWorkspaceImageArgs
    from pulumi_vmimport.resources.direct_snapshot import DirectSnapshot, DirectSnapshotArgs
    from pulumi_vmimport.resources.export_image import ExportImage, ExportImageArgs
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
    from pulumi_vmimport.source_virtual_machine import SourceVirtualMachine, SourceVirtualMachineArgs
    from pulumi_vmimport.vmimport_role import VmimportRole, VmimportRoleArgs

__all__ = [
    "ByolWorkspaceImage",
    "ByolWorkspaceImageArgs",
    "ClientDataArgs",
    "CreateWorkspaceImage",
    "CreateWorkspaceImageArgs",
    "DirectSnapshot",
    "DirectSnapshotArgs",
    "DiskContainerArgs",
    "ExportBucket",
    "ExportBucketArgs",
    "ExportImage",
    "ExportImageArgs",
    "ImportBucket",
    "ImportBucketArgs",
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
    "usage_operation",
]

_MODULES = {
    "ByolWorkspaceImage": "byol_workspace_image",
    "ByolWorkspaceImageArgs": "byol_workspace_image",
    "ClientDataArgs": "resources.import_request_args",
    "CreateWorkspaceImage": "resources.create_workspace_image",
    "CreateWorkspaceImageArgs": "resources.create_workspace_image",
    "DirectSnapshot": "resources.direct_snapshot",
    "DirectSnapshotArgs": "resources.direct_snapshot",
    "DiskContainerArgs": "resources.import_request_args",
    "ExportBucket": "export_bucket",
    "ExportBucketArgs": "export_bucket",
    "ExportImage": "resources.export_image",
    "ExportImageArgs": "resources.export_image",
    "ImportBucket": "import_bucket",
    "ImportBucketArgs": "import_bucket",
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
