"""The disks of an export lease, and their match with the disks of the machine."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pulumi_vmimport.vsphere import tls
from pulumi_vmimport.vsphere.machine_facts import MachineFacts, VirtualDisk
from pulumi_vmimport.vsphere.vsphere_errors import ExportError


@dataclass(frozen=True)
class LeaseDisk:
    """One disk of a lease and its URL."""

    key: str
    """vSphere's device key, such as `/vm-29/VirtualLsiLogicSASController0:0`"""
    target: str
    """vSphere's file name, such as `disk-0.vmdk`"""
    url: str
    thumbprint: str | None
    """The thumbprint of the host's certificate, as lower-case digits; None: verify as the session does"""

    @classmethod
    def of(cls, device: Any, host: str, port: int) -> "LeaseDisk":
        """The disk of an HttpNfcLeaseDeviceUrl, for a client connected to this host and port."""
        thumbprint = None
        if device.sslThumbprint:
            thumbprint = tls.normalize_thumbprint(device.sslThumbprint)
        elif device.sslCertificate:
            thumbprint = tls.certificate_fingerprint(device.sslCertificate)
        url = device_url(device.url, host, port)
        return cls(device.key, device.targetId or url.rpartition("/")[2], url, thumbprint)


def device_url(url: str, host: str, port: int) -> str:
    """The URL with its host `*` replaced by the host that the client is connected to."""
    parts = urlsplit(url)
    if parts.hostname != "*":
        return url
    name = f"[{host}]" if ":" in host else host
    return urlunsplit(parts._replace(netloc=f"{name}:{parts.port or port}"))


def match_lease_disks(
    facts: MachineFacts, lease_disks: tuple[LeaseDisk, ...]
) -> tuple[tuple[VirtualDisk, LeaseDisk], ...]:
    """Each disk of the machine, in its order, with its disk of the lease.

    vSphere's device key ends in the slot of the disk (`VirtualLsiLogicSASController0:1`). The simulator's keys do not;
    its disks are in the order of the machine. Raises: ExportError if the lease does not have the machine's disks.
    """
    if len(lease_disks) != len(facts.disks):
        names = ", ".join(disk.target for disk in lease_disks)
        raise ExportError(
            f"virtual machine {facts.moid} has {len(facts.disks)} disks, but vSphere exports {len(lease_disks)}"
            f" ({names}); detach the disks that it does not export"
        )
    by_slot = {disk.key.rpartition("/")[2]: disk for disk in lease_disks}
    slots = [_slot(facts, disk) for disk in facts.disks]
    if not any(slot in by_slot for slot in slots):
        return tuple(zip(facts.disks, lease_disks, strict=True))
    if missing := [slot for slot in slots if slot not in by_slot]:
        raise ExportError(
            f"virtual machine {facts.moid}: vSphere does not export the disk in slot {', '.join(missing)}, only "
            f"{', '.join(by_slot)}"
        )
    return tuple((disk, by_slot[slot]) for disk, slot in zip(facts.disks, slots, strict=True))


def _slot(facts: MachineFacts, disk: VirtualDisk) -> str:
    controller = facts.controller_of(disk)
    return f"{controller.type_name}{controller.bus_number}:{disk.unit_number}"
