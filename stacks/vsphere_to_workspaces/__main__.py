"""Create a WorkSpaces image from a vSphere virtual machine, or from an ISO image of Windows.

Pulumi.yaml describes the configuration. The connections to AWS and vSphere are configured by environment variables or
by the `aws:` and `vsphere:` configuration keys.
"""

import re
from typing import Any

import pulumi

from pulumi_vmimport import ByolWorkspaceImage, SourceVirtualMachine

config = pulumi.Config()


def configured(**keys: str) -> dict[str, Any]:
    """The arguments whose configuration keys are set."""
    return {name: value for name, key in keys.items() if (value := config.get(key))}


def structured(key: str) -> dict[str, Any]:
    """A structured value of the configuration, whose names are spelled as arguments: kmsHost is kms_host."""
    return {re.sub("(?=[A-Z])", "_", name).lower(): value for name, value in (config.get_object(key) or {}).items()}


def unattended(iso: dict[str, Any], source_machine: dict[str, Any]) -> dict[str, Any]:
    """The source of an image whose Windows is installed and prepared with nobody at the console."""
    guest = structured("guest")
    edition = {} if {"image_name", "image_index"} & guest.keys() else configured(edition="edition")
    secrets = {
        "administrator_password": config.get_secret("administratorPassword"),
        "byol_account_password": config.get_secret("byolAccountPassword"),
        "product_key": config.get_secret("productKey"),
    }
    return {
        "windows_iso": iso,
        "source_machine": source_machine,
        "guest": {
            **configured(windows_release="windowsRelease"),
            **edition,
            "install_updates": config.get_bool("installUpdates"),
            **{name: value for name, value in secrets.items() if value is not None},
            **guest,
        },
    }


machine = config.get("virtualMachine")
if machine:
    source: dict[str, Any] = {"virtual_machine_path": machine}
else:
    iso = {**configured(path="isoPath", local_path="isoLocalPath"), **structured("windowsIso")}
    hardware: dict[str, Any] = {
        **configured(datacenter="datacenter", cluster="cluster", vm_name="vmName"),
        **configured(datastore="datastore", network="network"),
        "disk_gb": config.require_int("diskGb"),
        **structured("sourceMachine"),
    }
    if config.get("administratorPassword") or config.get("guest"):
        source = unattended(iso, hardware)
        pulumi.export("virtualMachine", hardware.get("vm_name", "workspaces"))
    else:
        attended: Any = {**hardware, **configured(phase="phase", windows_release="windowsRelease"), "iso": iso}
        windows = SourceVirtualMachine("windows", attended)
        source = {"virtual_machine_uuid": windows.uuid}
        pulumi.export("virtualMachine", windows.name)

# A release such as 11-23H2 begins with the version of Windows, with which preview checks the ingestion process. The
# component itself derives it from the release of a guest that it installs.
windows_version, is_release, _ = config.get("windowsRelease", "").partition("-")
has_version = is_release and "windows_iso" not in source
image_args: Any = {
    **source,
    **({"os_version": f"Windows_{windows_version}"} if has_version else {}),
    **configured(powered_on="poweredOn", existing_bucket="existingBucket", existing_role_name="existingRoleName"),
    **configured(image_name="imageName", image_description="imageDescription", ingestion_process="ingestionProcess"),
}
image = ByolWorkspaceImage("workspaces", image_args)

pulumi.export("workspaceImageId", image.image_id)
pulumi.export("amiId", image.ec2_image_id)
pulumi.export("importTaskId", image.import_task_id)
pulumi.export("ova", pulumi.Output.format("s3://{0}/{1}", image.bucket, image.ova_key))
pulumi.export("ovaChecksum", image.ova_checksum)
