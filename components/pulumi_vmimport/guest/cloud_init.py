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
STATUS_FILE = "/var/log/vmimport-status.json"
"""The file with the result, as status.json of Windows"""
_SERIAL_PORT = "/dev/ttyS0"


def prepare_sh() -> str:
    """The script that prepares Linux; its head documents the variables."""
    return script_text("prepare_linux.sh")


def user_data(user_name: str, ssh_public_key: str, installation: str) -> str:
    """The user data: it runs the script, copies its log to the serial port, resets cloud-init and shuts down.

    If a step fails, the machine stays on. `installation` is what the status file repeats. JSON is YAML.
    """
    ready = json.dumps({"status": "ready", "installation": installation})
    variables = f"VMIMPORT_USER={shlex.quote(user_name)} VMIMPORT_KEY={shlex.quote(ssh_public_key)}"
    command = (
        f"rm -f {STATUS_FILE}; {variables} sh {_FOLDER}/prepare.sh; status=$?; cat {_LOG} > {_SERIAL_PORT} || true; "
        f"if [ $status -eq 0 ]; then rm -rf {_FOLDER}; cloud-init clean --logs; "
        f"printf '%s\\n' {shlex.quote(ready)} > {STATUS_FILE}; poweroff; fi"
    )
    config = {
        "write_files": [{"path": f"{_FOLDER}/prepare.sh", "permissions": "0700", "content": prepare_sh()}],
        "runcmd": [["sh", "-c", command]],
    }
    return f"#cloud-config\n{json.dumps(config, indent=1)}\n"


def no_cloud_files(instance_id: str, user_name: str, ssh_public_key: str, installation: str = "") -> dict[str, bytes]:
    """The files of the drive. cloud-init runs again for another instance id."""
    return {
        "meta-data": json.dumps({"instance-id": instance_id}).encode(),
        "user-data": user_data(user_name, ssh_public_key, installation).encode(),
    }
