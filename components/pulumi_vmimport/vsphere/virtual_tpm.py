"""Whether a server can add a virtual TPM to a virtual machine.

Source: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.vm.device.VirtualTPM.html
"""

from pulumi_vmimport.vsphere.session import VSphereSession

_VCENTER = "VirtualCenter"
_FIRST_VERSION = (6, 7)


def no_tpm_cause(session: VSphereSession) -> str | None:
    """Why the server adds no virtual TPM; None if it may, which also requires a key provider."""
    about = session.content.about
    if about.apiType != _VCENTER:
        return f"{session.server} is an ESXi host, and only vCenter adds one"
    version = tuple(int(part) for part in str(about.apiVersion).split(".")[:2] if part.isdecimal())
    if version < _FIRST_VERSION:
        first = ".".join(map(str, _FIRST_VERSION))
        return f"vCenter {about.apiVersion} adds none; version {first} is the first that does"
    return None
