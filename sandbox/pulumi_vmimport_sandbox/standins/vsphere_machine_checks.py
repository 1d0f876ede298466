"""The inputs of a virtual machine that pulumi-vsphere rejects in preview, or that its stand-in does not support."""

from collections.abc import Iterator

from . import vsphere_devices as devices
from .values import UNKNOWN, Properties, has_unknown, same

_FIXED = {"datastoreId": "", "folder": "", "resourcePoolId": "", "scsiBusSharing": "noSharing", "scsiType": "pvscsi"}
"""Inputs that the real provider changes in place by moving the machine or its disks, with their defaults."""

_GUEST_WAITS = {"waitForGuestIpTimeout": 0, "waitForGuestNetTimeout": 5}
"""How many minutes the real provider waits for an address by default; a value less than 1 disables the wait."""

_STRUCTURES = {
    "cdroms": frozenset({"clientDevice", "datastoreId", "path"}),
    "disks": frozenset(
        {"attach", "datastoreId", "diskMode", "eagerlyScrub", "keepOnRemove", "label", "path", "size"}
        | {"thinProvisioned", "unitNumber"}
    ),
    "networkInterfaces": frozenset({"adapterType", "networkId"}),
}
_CHOICES = {
    "firmware": frozenset({"bios", "efi"}),
    "scsiType": frozenset(devices.SCSI),
    "adapterType": frozenset(devices.NIC),
}


def problems(olds: Properties, news: Properties) -> Iterator[tuple[str, str]]:
    """Every problem of the new inputs, as (path, reason). `olds` are the inputs of the existing machine, if any."""
    if not news.get("disks"):
        yield "disks", "there must be at least one disk specified"
    if not news.get("networkInterfaces"):
        yield "networkInterfaces", "network_interface parameter is required when not deploying from ovf template"
    yield from _guest_waits(news)
    if olds and same(olds.get("replaceTrigger"), news.get("replaceTrigger")):
        yield from _moves(olds, news)
    yield from _choices("", news)
    for name in _STRUCTURES:
        yield from _members(name, news)
    for index, structure in enumerate(_structures(news, "cdroms")):
        if bool(structure.get("clientDevice")) == ("datastoreId" in structure and "path" in structure):
            yield f"cdroms[{index}]", "either client_device or datastore_id and path must be set"
    yield from _disk_problems(_structures(olds, "disks"), _structures(news, "disks"))


def _guest_waits(news: Properties) -> Iterator[tuple[str, str]]:
    for name, default in _GUEST_WAITS.items():
        minutes = news.get(name, default)
        if minutes != UNKNOWN and minutes > 0:
            reason = f"guests of the sandbox have no address: pulumi up would fail after {minutes} minutes"
            yield name, f"expected 0, got {minutes}: {reason}"


def _moves(olds: Properties, news: Properties) -> Iterator[tuple[str, str]]:
    for name, default in _FIXED.items():
        old, new = olds.get(name, default), news.get(name, default)
        if new != UNKNOWN and not same(old, new):
            reason = "the real provider changes it in place, but the sandbox's stand-in cannot"
            yield name, f"expected {old!r}, got {new!r}: {reason}"


def _members(name: str, news: Properties) -> Iterator[tuple[str, str]]:
    members = _STRUCTURES[name]
    for index, structure in enumerate(_structures(news, name)):
        yield from _choices(f"{name}[{index}].", structure)
        for unknown in sorted(structure.keys() - members):
            reason = f"not supported by the stand-in; expected one of {', '.join(sorted(members))}"
            yield f"{name}[{index}].{unknown}", reason


def _structures(properties: Properties, name: str) -> list[Properties]:
    """The structures of a list; empty if the list is unknown."""
    items = properties.get(name) or []
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _choices(path: str, structure: Properties) -> Iterator[tuple[str, str]]:
    for name, choices in _CHOICES.items():
        if name in structure and structure[name] not in choices | {UNKNOWN}:
            yield f"{path}{name}", f"expected one of {', '.join(sorted(choices))}, got {structure[name]!r}"


def _disk_problems(olds: list[Properties], news: list[Properties]) -> Iterator[tuple[str, str]]:
    before = {disk.get("label"): disk for disk in olds}
    units = [devices.unit_of(disk, index) for index, disk in enumerate(news) if not has_unknown(disk)]
    if len(set(units)) < len(units):
        yield "disks", f"expected a unique unit number for each disk, got {units}"
    for index, disk in enumerate(news):
        path = f"disks[{index}]"
        if "label" not in disk:
            yield f"{path}.label", "expected a label, got none"
        if disk.get("attach") and not disk.get("path"):
            yield f"{path}.path", "path or name cannot be empty when using attach"
        if not disk.get("attach") and "size" not in disk:
            yield f"{path}.size", "size for disk is required when not using attach"
        sizes = [before.get(disk.get("label"), {}).get("size", 0), disk.get("size", 0)]
        if not disk.get("attach") and not has_unknown(sizes) and sizes[0] > sizes[1]:
            yield f"{path}.size", f"virtual disks cannot be shrunk (old: {sizes[0]} new: {sizes[1]})"
