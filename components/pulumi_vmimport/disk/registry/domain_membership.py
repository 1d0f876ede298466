"""Whether a machine is a member of a domain, as the hive SECURITY says. Source: [MS-LSAD] names the same facts."""

import struct
from dataclasses import dataclass

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.registry.hive import Hive
from pulumi_vmimport.disk.registry.registry_text import first_text
from pulumi_vmimport.disk.registry.security_identifier import sid_text

DOMAIN_SID = "Policy\\PolPrDmS"
DOMAIN_DNS_NAME = "Policy\\PolDnDDN"
DOMAIN_OR_WORKGROUP = "Policy\\PolPrDmN"

_STRING_HEAD = struct.Struct("<2HI")  # length, size of the buffer, where it starts


@dataclass(frozen=True)
class DomainMembership:
    """The domain of a machine."""

    domain_sid: str | None
    r"""None for a machine of a workgroup; the evidence is the default value of `Policy\PolPrDmS`"""
    domain_name: str
    r"""The DNS name of the domain, empty if there is none; the default value of `Policy\PolDnDDN`"""
    netbios_name: str
    r"""The short name of the domain or workgroup; the default value of `Policy\PolPrDmN`"""


def read_domain_membership(security: Hive) -> DomainMembership:
    """The domain.

    Raises: UnreadableVolumeError, also if the hive does not say; what the source of the image raises.
    """
    key = security.key(DOMAIN_SID)
    value = key.value() if key is not None else None
    if value is None:
        raise UnreadableVolumeError(security.path, f"{DOMAIN_SID} does not exist")
    data = value.data
    sid = sid_text(data)
    if sid is None and data:
        raise UnreadableVolumeError(security.path, f"{DOMAIN_SID} has {len(data)} bytes that are no SID")
    return DomainMembership(sid, _string(security, DOMAIN_DNS_NAME), _string(security, DOMAIN_OR_WORKGROUP))


def _string(security: Hive, path: str) -> str:
    key = security.key(path)
    value = key.value() if key is not None else None
    data = value.data if value is not None else b""
    if len(data) < _STRING_HEAD.size:
        return ""
    length, _, start = _STRING_HEAD.unpack_from(data)
    return first_text(data[start : start + length])
