"""Whether an OVF descriptor or a virtual machine names a 32-bit system or a Windows Server.

Sources: the guest ids of vSphere (VirtualMachineGuestOsIdentifier) and of VirtualBox; CIM_OperatingSystem.OSType.
"""

import re

from pulumi_vmimport.shown_value import shown_value

_GUEST_ID = re.compile(
    r"(?:win|windows|rhel|rockylinux|almalinux|centos|oracleLinux|sles|sled|nld|oes|suse|opensuse|debian|ubuntu|fedora|asianux"
    r"|mandriva|mandrake|turboLinux|sjds|redhat|coreos|vmwarePhoton|other\dxLinux|otherLinux|other\w*xLinux)\w*Guest",
    re.IGNORECASE,
)
# Systems of 64 bits whose id does not say so.
_IS_64_BIT = re.compile(r"64|srv|server|windows(?:1[1-9]|20\d\d)|hyperv|photon|coreos", re.IGNORECASE)
_32_BITS = re.compile(r"\b(?:32[- ]?bit|x86|i[3-6]86)\b(?![-_]?64)", re.IGNORECASE)
_64_BITS = re.compile(r"64[- ]?bit|x86[-_]64|amd64|x64", re.IGNORECASE)
# windows2019srv_64Guest, windows8Server64Guest, winNetStandard64Guest, win2000ServGuest ...
_WINDOWS_SERVER = re.compile(r"win(?:dows\w*?(?:srv|server)|net|2000(?:adv)?serv)|windows\d{4}", re.IGNORECASE)


def is_windows_server(guest_id: str) -> bool:
    """Whether the guest id of a virtual machine is that of a Windows Server."""
    return _WINDOWS_SERVER.match(guest_id) is not None


def name_of_32_bit_guest(guest_id: str, description: str) -> str | None:
    """The guest id or the description that names a 32-bit system; None if neither does."""
    if _64_BITS.search(description):
        return None
    if _GUEST_ID.fullmatch(guest_id) and not _IS_64_BIT.search(guest_id):
        return f"{guest_id}, a 32-bit system"
    return shown_value(description) if _32_BITS.search(description) else None
