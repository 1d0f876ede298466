"""The public names of the package, each with the module that defines it. Reading them imports no SDK."""

from collections.abc import Mapping

from pulumi_vmimport.components.component_catalog import COMPONENTS, ComponentEntry
from pulumi_vmimport.functions.catalog import FUNCTIONS
from pulumi_vmimport.resources.catalog import RESOURCES
from pulumi_vmimport.resources.catalog_entry import ResourceEntry

_ARGUMENT_TYPES = {
    "AmiDistributionConfigurationArgs": "resources.image_builder.distribution_args",
    "ClientDataArgs": "resources.disk_container_args",
    "DiskContainerArgs": "resources.disk_container_args",
    "DistributionArgs": "resources.image_builder.distribution_args",
    "FastLaunchConfigurationArgs": "resources.image_builder.distribution_args",
    "FastLaunchSnapshotConfigurationArgs": "resources.image_builder.distribution_args",
    "FastLaunchTemplateArgs": "resources.image_builder.distribution_args",
    "LaunchPermissionArgs": "resources.image_builder.distribution_args",
    "LaunchTemplateConfigurationArgs": "resources.image_builder.distribution_args",
    "LicenseSpecificationArgs": "resources.disk_container_args",
    "ProviderArgs": "lifecycle.package_provider",
    "ProviderAssumeRoleArgs": "lifecycle.package_provider",
    "ProviderAssumeRoleWithWebIdentityArgs": "lifecycle.package_provider",
    "ProviderDefaultTagsArgs": "lifecycle.package_provider",
    "ProviderEndpointArgs": "lifecycle.package_provider",
    "ProviderIgnoreTagsArgs": "lifecycle.package_provider",
    "RegisterImageOptionsArgs": "resources.image_builder.import_disk_image",
    "RoleObjectArgs": "functions.get_service_role_problems",
    "S3ExportConfigurationArgs": "resources.image_builder.distribution_args",
    "SnapshotDiskContainerArgs": "resources.disk_container_args",
    "SsmParameterConfigurationArgs": "resources.image_builder.distribution_args",
    "UserBucketArgs": "resources.disk_container_args",
    "WindowsConfigurationArgs": "resources.image_builder.import_disk_image",
}
_PROVIDER = {"Provider": "lifecycle.package_provider"}
_HELPERS = {"usage_operation": "aws.ec2.licensing"}


def public_modules() -> Mapping[str, str]:
    """The public names of the package, each with the module below `pulumi_vmimport` that defines it."""
    entries: list[ResourceEntry | ComponentEntry] = [*(entry for entry in RESOURCES if entry.is_public), *COMPONENTS]
    classes = {name: entry.module for entry in entries for name in (entry.name, f"{entry.name}Args")}
    functions = {name: entry.module for entry in FUNCTIONS for name in entry.python_names}
    return dict(sorted({**classes, **functions, **_ARGUMENT_TYPES, **_PROVIDER, **_HELPERS}.items()))
