"""From a vSphere virtual machine to a WorkSpaces BYOL image: export, bucket, service role, AMI and image."""

import pulumi

from pulumi_vmimport import ByolWorkspaceImage

config = pulumi.Config()
name = config.require("imageName")

image = ByolWorkspaceImage(
    "desktop",
    virtual_machine_path=config.require("virtualMachine"),
    image_name=name,
    image_description=f"{name} (imported by Pulumi)",
    ingestion_process=config.require("ingestionProcess"),
)

pulumi.export("workspaceImageId", image.image_id)
pulumi.export("provenance", image.provenance)
