"""The disks that an export lease offers, and which disk of the machine each one is."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pulumi_vmimport.vsphere import tls
from pulumi_vmimport.vsphere.virtual_machine import MachineFacts, VirtualDisk
from pulumi_vmimport.vsphere.vsphere_errors import ExportError


@dataclass(frozen=True)
class LeaseDisk:
    """One disk of a lease, and where its bytes are."""

    key: str
    """vSphere's id of the device, such as `/vm-29/VirtualLsiLogicSASController0:0`"""
    target: str
    """vSphere's name for the file, such as `disk-0.vmdk`"""
    url: str
    thumbprint: str | None
    """Of the host's own certificate, as lower-case digits; None: the session's way to verify holds"""

    @classmethod
    def of(cls, device: Any, host: str, port: int) -> "LeaseDisk":
        """The disk of an HttpNfcLeaseDeviceUrl, for a client that is connected to host and port."""
        thumbprint = None
        if device.sslThumbprint:
            thumbprint = tls.normalized(device.sslThumbprint)
        elif device.sslCertificate:
            thumbprint = tls.certificate_fingerprint(device.sslCertificate)
        url = device_url(device.url, host, port)
        return cls(device.key, device.targetId or url.rpartition("/")[2], url, thumbprint)


def device_url(url: str, host: str, port: int) -> str:
    """A URL of a lease with its `*` filled in, which stands for the host that the client is connected to."""
    parts = urlsplit(url)
    if parts.hostname != "*":
        return url
    name = f"[{host}]" if ":" in host else host
    return urlunsplit(parts._replace(netloc=f"{name}:{parts.port or port}"))


def disks_of_lease(facts: MachineFacts, offered: tuple[LeaseDisk, ...]) -> tuple[tuple[VirtualDisk, LeaseDisk], ...]:
    """Which disk of the machine each disk of its lease is, in the machine's order.

    vSphere's key ends in the disk's slot (`VirtualLsiLogicSASController0:1`); where it does not, as in the simulator,
    both sides stand in the machine's order. Raises: ExportError when the lease has not just the machine's disks.
    """
    if len(offered) != len(facts.disks):
        names = ", ".join(disk.target for disk in offered)
        raise ExportError(
            f"virtual machine {facts.moid} has {len(facts.disks)} disks, but vSphere offers {len(offered)} for export"
            f" ({names}); detach those that it does not export"
        )
    by_slot = {disk.key.rpartition("/")[2]: disk for disk in offered}
    slots = [_slot(facts, disk) for disk in facts.disks]
    if not any(slot in by_slot for slot in slots):
        return tuple(zip(facts.disks, offered, strict=True))
    if missing := [slot for slot in slots if slot not in by_slot]:
        raise ExportError(
            f"virtual machine {facts.moid}: vSphere offers no disk of {', '.join(missing)} for export, only "
            f"{', '.join(by_slot)}"
        )
    return tuple((disk, by_slot[slot]) for disk, slot in zip(facts.disks, slots, strict=True))


def _slot(facts: MachineFacts, disk: VirtualDisk) -> str:
    controller = facts.controller_of(disk)
    return f"{controller.type_name}{controller.bus_number}:{disk.unit_number}"
