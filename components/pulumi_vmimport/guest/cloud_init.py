"""The NoCloud data of cloud-init, with which a Linux cloud image prepares itself for an import and shuts down.

Source: https://cloudinit.readthedocs.io/en/latest/reference/datasources/nocloud.html
"""

import json
import shlex

from pulumi_vmimport.guest.preparation_script import script_text

LABEL = "CIDATA"
"""The label by which cloud-init finds the drive"""
_FOLDER = "/var/lib/vmimport"
_LOG = "/var/log/vmimport-prepare.jsonl"
_SERIAL_PORT = "/dev/ttyS0"


def prepare_sh() -> str:
    """The script that prepares Linux; its head documents the variables."""
    return script_text("prepare_linux.sh")


def user_data(user_name: str, ssh_public_key: str) -> str:
    """The user data: it runs the script, copies its log to the serial port, resets cloud-init and shuts down.

    If a step fails, the machine stays on. JSON is YAML.
    """
    variables = f"VMIMPORT_USER={shlex.quote(user_name)} VMIMPORT_KEY={shlex.quote(ssh_public_key)}"
    command = (
        f"{variables} sh {_FOLDER}/prepare.sh; status=$?; cat {_LOG} > {_SERIAL_PORT} || true; "
        f"if [ $status -eq 0 ]; then rm -rf {_FOLDER}; cloud-init clean --logs; poweroff; fi"
    )
    config = {
        "write_files": [{"path": f"{_FOLDER}/prepare.sh", "permissions": "0700", "content": prepare_sh()}],
        "runcmd": [["sh", "-c", command]],
    }
    return f"#cloud-config\n{json.dumps(config, indent=1)}\n"


def no_cloud_files(instance_id: str, user_name: str, ssh_public_key: str) -> dict[str, bytes]:
    """The files of the drive. cloud-init runs again for another instance id."""
    return {
        "meta-data": json.dumps({"instance-id": instance_id}).encode(),
        "user-data": user_data(user_name, ssh_public_key).encode(),
    }
