"""Create a WorkSpaces image from a vSphere virtual machine, in the sandbox or in a real account.

Pulumi.yaml describes the configuration. The connections to AWS and vSphere are configured by environment variables or
by the `aws:` and `vsphere:` configuration keys.
"""

from typing import Any

import pulumi

from pulumi_vmimport import ByolWorkspaceImage, GuestInstallation, SourceVirtualMachine

config = pulumi.Config()


def configured(**keys: str) -> dict[str, Any]:
    """The arguments whose configuration keys are set."""
    return {name: value for name, key in keys.items() if (value := config.get(key))}


machine = config.get("virtualMachine")
if machine:
    source: dict[str, Any] = {"virtual_machine_path": machine}
else:
    iso: Any = configured(path="isoPath", local_path="isoLocalPath")
    source_machine: Any = {
        **configured(datacenter="datacenter", cluster="cluster", phase="phase", windows_release="windowsRelease"),
        **configured(vm_name="vmName", datastore="datastore", network="network"),
        "disk_gb": config.require_int("diskGb"),
        "iso": iso,
        "unattended": bool(config.get("administratorPassword")),
    }
    windows = SourceVirtualMachine("windows", source_machine)
    source = {"virtual_machine_uuid": windows.uuid}
    if config.get("administratorPassword"):
        guest_args: Any = {
            "uuid": windows.uuid,
            "guest_profile": "byol-workspaces",
            "administrator_password": config.require_secret("administratorPassword"),
            "byol_account_password": config.require_secret("byolAccountPassword"),
            "install_updates": config.get_bool("installUpdates"),
            **configured(windows_release="windowsRelease", edition="edition"),
        }
        source = {"virtual_machine_uuid": GuestInstallation("windows", guest_args).uuid}
    pulumi.export("virtualMachine", windows.name)

# A release such as 11-23H2 begins with the version of Windows, with which preview checks the ingestion process.
windows_version, is_release, _ = config.get("windowsRelease", "").partition("-")
image_args: Any = {
    **source,
    **({"os_version": f"Windows_{windows_version}"} if is_release else {}),
    **configured(powered_on="poweredOn", existing_bucket="existingBucket", existing_role_name="existingRoleName"),
    **configured(image_name="imageName", image_description="imageDescription", ingestion_process="ingestionProcess"),
}
image = ByolWorkspaceImage("workspaces", image_args)

pulumi.export("workspaceImageId", image.image_id)
pulumi.export("amiId", image.ec2_image_id)
pulumi.export("importTaskId", image.import_task_id)
pulumi.export("ova", pulumi.Output.format("s3://{0}/{1}", image.bucket, image.ova_key))
pulumi.export("ovaChecksum", image.ova_checksum)
