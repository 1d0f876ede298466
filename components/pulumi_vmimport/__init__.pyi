# Generated from resources/catalog.py by docs/generate.py: `make docs`.
from collections.abc import Mapping

from pulumi_vmimport.aws.ec2.licensing import usage_operation
from pulumi_vmimport.components.byol_workspace_image import ByolWorkspaceImage, ByolWorkspaceImageArgs
from pulumi_vmimport.components.cross_account_distribution_role import (
    CrossAccountDistributionRole,
    CrossAccountDistributionRoleArgs,
)
from pulumi_vmimport.components.distribution_execution_role import (
    DistributionExecutionRole,
    DistributionExecutionRoleArgs,
)
from pulumi_vmimport.components.export_bucket import ExportBucket, ExportBucketArgs
from pulumi_vmimport.components.guest_preparation import GuestPreparation, GuestPreparationArgs
from pulumi_vmimport.components.image_distribution import ImageDistribution, ImageDistributionArgs
from pulumi_vmimport.components.import_bucket import ImportBucket, ImportBucketArgs
from pulumi_vmimport.components.operator_policy import OperatorPolicy, OperatorPolicyArgs
from pulumi_vmimport.components.source_virtual_machine import SourceVirtualMachine, SourceVirtualMachineArgs
from pulumi_vmimport.components.vmimport_role import VmimportRole, VmimportRoleArgs
from pulumi_vmimport.functions.get_import_image_task import (
    GetImportImageTaskResult,
    get_import_image_task,
    get_import_image_task_output,
)
from pulumi_vmimport.functions.get_inspection import GetInspectionResult, get_inspection, get_inspection_output
from pulumi_vmimport.functions.get_provenance import GetProvenanceResult, get_provenance, get_provenance_output
from pulumi_vmimport.functions.get_service_role_problems import (
    GetServiceRoleProblemsResult,
    RoleObjectArgs,
    get_service_role_problems,
    get_service_role_problems_output,
)
from pulumi_vmimport.functions.get_supported_systems import (
    GetSupportedSystemsResult,
    get_supported_systems,
    get_supported_systems_output,
)
from pulumi_vmimport.lifecycle.package_provider import (
    Provider,
    ProviderArgs,
    ProviderAssumeRoleArgs,
    ProviderAssumeRoleWithWebIdentityArgs,
    ProviderDefaultTagsArgs,
    ProviderEndpointArgs,
    ProviderIgnoreTagsArgs,
)
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshot, DirectSnapshotArgs
from pulumi_vmimport.resources.disk_container_args import (
    ClientDataArgs,
    DiskContainerArgs,
    LicenseSpecificationArgs,
    SnapshotDiskContainerArgs,
    UserBucketArgs,
)
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUpload, DiskImageUploadArgs
from pulumi_vmimport.resources.ec2_images.fast_launch import FastLaunch, FastLaunchArgs
from pulumi_vmimport.resources.ec2_tasks.export_image import ExportImage, ExportImageArgs
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImage, ImportImageArgs
from pulumi_vmimport.resources.ec2_tasks.import_snapshot import ImportSnapshot, ImportSnapshotArgs
from pulumi_vmimport.resources.ec2_tasks.instance_export import InstanceExport, InstanceExportArgs
from pulumi_vmimport.resources.guest_installation.guest_installation import GuestInstallation, GuestInstallationArgs
from pulumi_vmimport.resources.image_builder.distribute_image import DistributeImage, DistributeImageArgs
from pulumi_vmimport.resources.image_builder.distribution_args import (
    AmiDistributionConfigurationArgs,
    DistributionArgs,
    FastLaunchConfigurationArgs,
    FastLaunchSnapshotConfigurationArgs,
    FastLaunchTemplateArgs,
    LaunchPermissionArgs,
    LaunchTemplateConfigurationArgs,
    S3ExportConfigurationArgs,
    SsmParameterConfigurationArgs,
)
from pulumi_vmimport.resources.image_builder.import_disk_image import (
    ImportDiskImage,
    ImportDiskImageArgs,
    RegisterImageOptionsArgs,
    WindowsConfigurationArgs,
)
from pulumi_vmimport.resources.image_builder.import_vm_image import ImportVmImage, ImportVmImageArgs
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import (
    VirtualMachineExport,
    VirtualMachineExportArgs,
)
from pulumi_vmimport.resources.workspaces.copy_workspace_image import CopyWorkspaceImage, CopyWorkspaceImageArgs
from pulumi_vmimport.resources.workspaces.create_updated_workspace_image import (
    CreateUpdatedWorkspaceImage,
    CreateUpdatedWorkspaceImageArgs,
)
from pulumi_vmimport.resources.workspaces.create_workspace_image import CreateWorkspaceImage, CreateWorkspaceImageArgs
from pulumi_vmimport.resources.workspaces.import_custom_workspace_image import (
    ImportCustomWorkspaceImage,
    ImportCustomWorkspaceImageArgs,
)
from pulumi_vmimport.resources.workspaces.import_workspace_image import ImportWorkspaceImage, ImportWorkspaceImageArgs
from pulumi_vmimport.resources.workspaces.workspace_bundle import WorkspaceBundle, WorkspaceBundleArgs
from pulumi_vmimport.resources.workspaces.workspace_image_permissions import (
    WorkspaceImagePermissions,
    WorkspaceImagePermissionsArgs,
)
from pulumi_vmimport.resources.workspaces.workspaces_account import WorkspacesAccount, WorkspacesAccountArgs

__all__ = [
    "AmiDistributionConfigurationArgs",
    "ByolWorkspaceImage",
    "ByolWorkspaceImageArgs",
    "ClientDataArgs",
    "CopyWorkspaceImage",
    "CopyWorkspaceImageArgs",
    "CreateUpdatedWorkspaceImage",
    "CreateUpdatedWorkspaceImageArgs",
    "CreateWorkspaceImage",
    "CreateWorkspaceImageArgs",
    "CrossAccountDistributionRole",
    "CrossAccountDistributionRoleArgs",
    "DirectSnapshot",
    "DirectSnapshotArgs",
    "DiskContainerArgs",
    "DiskImageUpload",
    "DiskImageUploadArgs",
    "DistributeImage",
    "DistributeImageArgs",
    "DistributionArgs",
    "DistributionExecutionRole",
    "DistributionExecutionRoleArgs",
    "ExportBucket",
    "ExportBucketArgs",
    "ExportImage",
    "ExportImageArgs",
    "FastLaunch",
    "FastLaunchArgs",
    "FastLaunchConfigurationArgs",
    "FastLaunchSnapshotConfigurationArgs",
    "FastLaunchTemplateArgs",
    "GetImportImageTaskResult",
    "GetInspectionResult",
    "GetProvenanceResult",
    "GetServiceRoleProblemsResult",
    "GetSupportedSystemsResult",
    "GuestInstallation",
    "GuestInstallationArgs",
    "GuestPreparation",
    "GuestPreparationArgs",
    "ImageDistribution",
    "ImageDistributionArgs",
    "ImportBucket",
    "ImportBucketArgs",
    "ImportCustomWorkspaceImage",
    "ImportCustomWorkspaceImageArgs",
    "ImportDiskImage",
    "ImportDiskImageArgs",
    "ImportImage",
    "ImportImageArgs",
    "ImportSnapshot",
    "ImportSnapshotArgs",
    "ImportVmImage",
    "ImportVmImageArgs",
    "ImportWorkspaceImage",
    "ImportWorkspaceImageArgs",
    "InstanceExport",
    "InstanceExportArgs",
    "LaunchPermissionArgs",
    "LaunchTemplateConfigurationArgs",
    "LicenseSpecificationArgs",
    "OperatorPolicy",
    "OperatorPolicyArgs",
    "Provider",
    "ProviderArgs",
    "ProviderAssumeRoleArgs",
    "ProviderAssumeRoleWithWebIdentityArgs",
    "ProviderDefaultTagsArgs",
    "ProviderEndpointArgs",
    "ProviderIgnoreTagsArgs",
    "RegisterImageOptionsArgs",
    "RoleObjectArgs",
    "S3ExportConfigurationArgs",
    "SnapshotDiskContainerArgs",
    "SourceVirtualMachine",
    "SourceVirtualMachineArgs",
    "SsmParameterConfigurationArgs",
    "UserBucketArgs",
    "VirtualMachineExport",
    "VirtualMachineExportArgs",
    "VmimportRole",
    "VmimportRoleArgs",
    "WindowsConfigurationArgs",
    "WorkspaceBundle",
    "WorkspaceBundleArgs",
    "WorkspaceImagePermissions",
    "WorkspaceImagePermissionsArgs",
    "WorkspacesAccount",
    "WorkspacesAccountArgs",
    "get_import_image_task",
    "get_import_image_task_output",
    "get_inspection",
    "get_inspection_output",
    "get_provenance",
    "get_provenance_output",
    "get_service_role_problems",
    "get_service_role_problems_output",
    "get_supported_systems",
    "get_supported_systems_output",
    "usage_operation",
]

_MODULES: Mapping[str, str]
