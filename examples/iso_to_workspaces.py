import pulumi

from pulumi_vmimport import ImportCustomWorkspaceImage, ImportDiskImage

config = pulumi.Config()
infrastructure = config.require("infrastructureConfigurationArn")
windows = ImportDiskImage(
    "windows",
    name="windows-11",
    semantic_version="1.0.0",
    platform="Windows",
    os_version="Microsoft Windows 11",
    uri=config.require("iso"),  # s3://bucket/windows-11.iso, an ISO file from Microsoft
    infrastructure_configuration_arn=infrastructure,
    execution_role=config.require("executionRole"),
    register_image_options={"secure_boot_enabled": True},
    windows_configuration={"image_index": 1},
)
desktop = ImportCustomWorkspaceImage(
    "desktop",
    image_name="windows-11",
    image_description="Windows 11 Enterprise",
    image_build_version_arn=windows.image_build_version_arn,
    infrastructure_configuration_arn=infrastructure,
    compute_type="BASE",
    protocol="DCV",
    os_version="Windows_11",
)
pulumi.export("ami", windows.image_id)
pulumi.export("image", desktop.image_id)
