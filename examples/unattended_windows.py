import pulumi

from pulumi_vmimport import ByolWorkspaceImage

config = pulumi.Config()
image = ByolWorkspaceImage(
    "windows-10",
    image_name="windows-10-byol",
    image_description="Windows 10 BYOL",
    ingestion_process="BYOL_REGULAR_WSP",
    windows_iso={"path": "iso/windows-10-22h2.iso"},
    source_machine={
        "datastore": config.require("datastore"),
        "network": config.require("network"),
        "cluster": config.require("cluster"),
    },
    guest={
        "windows_release": "10-22H2",
        "administrator_password": config.require_secret("administratorPassword"),
        "byol_account_password": config.require_secret("byolAccountPassword"),
        "kms_host": "kms.example.com",
    },
)
pulumi.export("imageId", image.image_id)
