import pulumi

from pulumi_vmimport import ByolWorkspaceImage, GuestInstallation, SourceVirtualMachine

config = pulumi.Config()
machine = SourceVirtualMachine(
    "windows",
    windows_release="10-22H2",
    datastore=config.require("datastore"),
    network=config.require("network"),
    cluster=config.require("cluster"),
    iso={"path": "iso/windows-10-22h2.iso"},
)
guest = GuestInstallation(
    "windows",
    uuid=machine.uuid,
    guest_profile="byol-workspaces",
    windows_release="10-22H2",
    administrator_password=config.require_secret("administratorPassword"),
    byol_account_password=config.require_secret("byolAccountPassword"),
    kms_host="kms.example.com",
)
image = ByolWorkspaceImage(
    "workspaces",
    image_name="windows-10-byol",
    image_description="Windows 10 BYOL",
    ingestion_process="BYOL_REGULAR_WSP",
    virtual_machine_uuid=guest.uuid,
)
pulumi.export("imageId", image.image_id)
