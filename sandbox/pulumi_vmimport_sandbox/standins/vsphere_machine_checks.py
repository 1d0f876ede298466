"""The inputs of a virtual machine that pulumi-vsphere rejects in preview, or that its stand-in does not support."""

from collections.abc import Iterator

from . import vsphere_clone
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
    "diskMode": frozenset(
        {"append", "independent_nonpersistent", "independent_persistent", "nonpersistent", "persistent", "undoable"}
    ),
}
_MOST_CDROMS = 2
_LAST_UNIT = 14  # with the one SCSI controller that the stand-in supports
_SHUTDOWN_MINUTES = range(1, 11)
_HARDWARE_VERSIONS = frozenset({4, *range(7, 12), *range(13, 16), *range(17, 23)})


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
    yield from _limits(news)
    yield from vsphere_clone.problems(news)
    for index, structure in enumerate(_structures(news, "networkInterfaces")):
        if structure.get("adapterType") == "sriov":
            reason = "physical_function must be set on SR-IOV Network interface (not supported by the stand-in)"
            yield f"networkInterfaces[{index}].adapterType", reason
    yield from _disk_problems(_structures(olds, "disks"), _structures(news, "disks"))


def _limits(news: Properties) -> Iterator[tuple[str, str]]:
    if (drives := len(_structures(news, "cdroms"))) > _MOST_CDROMS:
        declared = f"supports {_MOST_CDROMS} item maximum, but config has {drives} declared"
        yield "cdroms", f"Too many list items. Attribute cdrom {declared}"
    minutes = news.get("shutdownWaitTimeout", 3)
    if minutes != UNKNOWN and minutes not in _SHUTDOWN_MINUTES:
        yield "shutdownWaitTimeout", f"expected shutdown_wait_timeout to be in the range (1 - 10), got {minutes}"
    version = news.get("hardwareVersion", UNKNOWN)
    if version != UNKNOWN and version not in _HARDWARE_VERSIONS:
        yield "hardwareVersion", f'"hardware_version" must be 4, 7-11, 13-15, 17-22, got: {version}'


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
    yield from _duplicates(news)
    before = {disk.get("label"): disk for disk in olds}
    for index, disk in enumerate(news):
        path = f"disks[{index}]"
        for name, reason in _of_disk(disk, before.get(disk.get("label"), {})):
            yield f"{path}.{name}", reason


def _duplicates(disks: list[Properties]) -> Iterator[tuple[str, str]]:
    """Labels and unit numbers that two disks have; the unit number of every disk is 0 unless it is set."""
    for name, default, title in (("label", None, "name"), ("unitNumber", 0, "SCSI unit_number")):
        seen = []
        for index, disk in enumerate(disks):
            value = disk.get(name, default)
            if value in seen and value not in (None, UNKNOWN):
                yield f"disks[{index}].{name}", f"disk: duplicate {title} {value}"
            seen.append(value)


def _of_disk(disk: Properties, before: Properties) -> Iterator[tuple[str, str]]:
    label, unit = disk.get("label"), disk.get("unitNumber", 0)
    if label is None:
        yield "label", "expected a label, got none"
    if disk.get("attach") and not disk.get("path"):
        yield "path", "path or name cannot be empty when using attach"
    if disk.get("attach") and not disk.get("datastoreId"):
        yield "datastoreId", f'datastore_id for disk "{label}" is required when attach is set'
    if not disk.get("attach") and "size" not in disk:
        yield "size", "size for disk is required when not using attach"
    sizes = [before.get("size", 0), disk.get("size", 0)]
    if not disk.get("attach") and not has_unknown(sizes) and sizes[0] > sizes[1]:
        yield "size", f"virtual disks cannot be shrunk (old: {sizes[0]} new: {sizes[1]})"
    if unit != UNKNOWN and unit > _LAST_UNIT:
        maximum = f"maximum value is {_LAST_UNIT} with 1 SCSI controller(s)"
        yield "unitNumber", f'unit_number on disk "{label}" too high ({unit}) - {maximum}'
    if disk.get("eagerlyScrub") is True and disk.get("thinProvisioned", True) is True:
        yield "eagerlyScrub", f"{label}: eagerly_scrub and thin_provisioned cannot both be set to true"
