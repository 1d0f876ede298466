import base64

import pulumi

from pulumi_vmimport import GuestPreparation

linux = GuestPreparation(
    "linux",
    guest_profile="ec2-linux",
    user_name="admin",
    ssh_public_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExample admin@example.com",
)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# extra_config of a vsphere.VirtualMachine that is cloned from a template with cloud-init and open-vm-tools.
extra_config = linux.files.apply(
    lambda files: {
        "guestinfo.metadata": encoded(files["meta-data"]),
        "guestinfo.metadata.encoding": "base64",
        "guestinfo.userdata": encoded(files["user-data"]),
        "guestinfo.userdata.encoding": "base64",
    }
)
pulumi.export("extraConfig", extra_config)
