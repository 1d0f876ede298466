import pulumi

from pulumi_vmimport import ByolWorkspaceImage

image = ByolWorkspaceImage(
    "desktop",
    image_name="windows-10-22h2",
    image_description="Windows 10 22H2 BYOL",
    ingestion_process="BYOL_REGULAR_WSP",
    virtual_machine_path="DC0/vm/windows-byol",  # powered off, prepared with the BYOL Checker
    tags={"team": "desktops"},
)
pulumi.export("workspaceImageId", image.image_id)
