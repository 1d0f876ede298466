"""A virtual machine in the sandbox's vSphere and the Windows installed in it: their arguments, and the ISO image."""

import io
from typing import Any

from pulumi_vmimport_sandbox import Sandbox

PASSWORDS = ("Final-administrator-1", "Final-byol-1")
PLACE: dict[str, Any] = {"datastore": "LocalDS_0", "network": "VM Network", "cluster": "DC0_C0"}
ISO_PATH = "iso/windows.iso"
MACHINE_ARGS: dict[str, Any] = {
    **PLACE,
    "windows_release": "10-22H2",
    "datacenter": "DC0",
    "iso": {"path": ISO_PATH},
}
GUEST_ARGS: dict[str, Any] = {
    "guest_profile": "byol-workspaces",
    "windows_release": "10-22H2",
    "administrator_password": PASSWORDS[0],
    "byol_account_password": PASSWORDS[1],
}


def put_windows_iso(sandbox: Sandbox, path: str = ISO_PATH) -> None:
    """Upload an ISO image, which the sandbox's guests do not read."""
    sandbox.vcenter.put_file(PLACE["datastore"], path, io.BytesIO(bytes(1 << 16)))
