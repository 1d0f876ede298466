"""From a vSphere virtual machine to a WorkSpaces image; the same program for the sandbox and for a real account.

All keys of the configuration are in Pulumi.yaml. How to reach AWS and vSphere comes from the environment or from the
`aws:` and `vsphere:` keys.
"""

from typing import Any

import pulumi

from pulumi_vmimport import ByolWorkspaceImage, SourceVirtualMachine

config = pulumi.Config()


def given(**keys: str) -> dict[str, Any]:
    """The arguments whose configuration key is not empty."""
    return {name: value for name, key in keys.items() if (value := config.get(key))}


machine = config.get("virtualMachine")
if machine:
    source: dict[str, Any] = {"virtual_machine_path": machine}
else:
    iso: Any = given(path="isoPath", local_path="isoLocalPath")
    source_machine: Any = {
        **given(datacenter="datacenter", cluster="cluster", phase="phase", windows_release="windowsRelease"),
        **given(vm_name="vmName", datastore="datastore", network="network"),
        "disk_gb": config.require_int("diskGb"),
        "iso": iso,
    }
    windows = SourceVirtualMachine("windows", source_machine)
    source = {"virtual_machine_uuid": windows.uuid}
    pulumi.export("virtualMachine", windows.name)

line: Any = {
    **source,
    **given(powered_on="poweredOn", existing_bucket="existingBucket", existing_role_name="existingRoleName"),
    **given(image_name="imageName", image_description="imageDescription", ingestion_process="ingestionProcess"),
}
image = ByolWorkspaceImage("workspaces", line)

pulumi.export("workspaceImageId", image.image_id)
pulumi.export("amiId", image.ec2_image_id)
pulumi.export("importTaskId", image.import_task_id)
pulumi.export("ova", pulumi.Output.format("s3://{0}/{1}", image.bucket, image.ova_key))
pulumi.export("ovaChecksum", image.ova_checksum)
