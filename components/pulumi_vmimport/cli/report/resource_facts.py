"""What the report shows of a resource's outputs: a list of known ones, so that no secret is shown by accident."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeGuard

from pulumi_vmimport.cli.provenance.provenance_titles import PROVENANCE_TITLES
from pulumi_vmimport.cli.report.event_log import shown_text
from pulumi_vmimport.cli.report.quantities import size

_TITLES = {
    "importTaskId": "import task",
    "exportImageTaskId": "export task",
    "exportTaskId": "export task",
    "imageId": "image",
    "imageName": "image name",
    "imageBuildVersionArn": "image build version",
    "snapshotId": "snapshot",
    "snapshotIds": "snapshots",
    "bundleId": "bundle",
    "taskStatus": "task status",
    "imageState": "image state",
    "statusMessage": "status message",
    "stateReason": "reason of the state",
    "virtualMachineName": "virtual machine",
    "uuid": "BIOS UUID",
    "installedAt": "installed at",
    "sizeBytes": "size",
    "capacityBytes": "capacity",
    "checksum": "checksum",
    "diskSha256": "SHA-256 of disks",
    "detectedPlatform": "platform",
    "detectedLicenseType": "license type",
    "detectedBootMode": "boot mode",
    "billedUsageOperation": "usage operation",
    "requiredTenancy": "tenancy",
    "sharedAccountIds": "shared with accounts",
    "region": "Region",
    "awsAccountId": "account",
}
_GUEST = ("release", "distribution", "edition", "build", "architecture", "language")
_MANAGED_BY = frozenset({"stack", "resource"})
"""What the heading of the report and of the resource show already."""
_SIZES = frozenset({"sizeBytes", "capacityBytes"})
# How Pulumi marks a secret, and other values that are not plain.
_SIGNATURE = "4dabf18193072939515e22adb298388d"


class Fact(NamedTuple):
    """A title and a value."""

    title: str
    value: str


def facts(outputs: Mapping[str, Any]) -> list[Fact]:
    """The listed outputs that have a value."""
    found = [Fact("object", _object(outputs))] if _object(outputs) else []
    if guest := _guest(outputs.get("detectedGuest")):
        found.append(Fact("guest", guest))
    for name, title in _TITLES.items():
        value: Any = outputs.get(name)
        text = size(value) if name in _SIZES and _is_amount(value) else _text(value)
        if text:
            found.append(Fact(title, text))
    return found


def bytes_of(outputs: Mapping[str, Any]) -> int | None:
    """The size of the object that the resource wrote."""
    value: Any = outputs.get("sizeBytes")
    return int(value) if _is_amount(value) else None


def provenance(outputs: Mapping[str, Any]) -> list[Fact]:
    """Where an image comes from, from its source to the image; empty for what has no output `provenance`."""
    recorded = outputs.get("provenance")
    if not isinstance(recorded, dict) or _SIGNATURE in recorded:
        return []
    return [
        Fact(PROVENANCE_TITLES[name], text)
        for name in reversed(PROVENANCE_TITLES)
        if name not in _MANAGED_BY
        if (text := _text(recorded.get(name)))
    ]


def findings(outputs: Mapping[str, Any]) -> dict[str, list[str]]:
    """The lines of `postImportReport` by their kind: changes, hardening, check, license, cost."""
    kinds: dict[str, list[str]] = {}
    for line in _lines(outputs.get("postImportReport")):
        kind, separator, text = line.partition(": ")
        kinds.setdefault(kind if separator else "check", []).append(text or line)
    return kinds


def _object(outputs: Mapping[str, Any]) -> str:
    bucket = outputs.get("bucket") or outputs.get("s3Bucket")
    key = outputs.get("key") or outputs.get("s3Key")
    return f"s3://{_text(bucket)}/{_text(key)}" if _text(bucket) and _text(key) else ""


def _guest(guest: Any) -> str:
    if not isinstance(guest, dict) or _SIGNATURE in guest:
        return ""
    return ", ".join(filter(None, (_text(guest.get(name)) for name in _GUEST)))


def _is_amount(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def _text(value: Any) -> str:
    """A text, a number, or several of them; empty for everything else, secrets included."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, (int, float)):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, list):
        return ", ".join(_lines(value))
    return shown_text(value)


def _lines(values: Any) -> Iterator[str]:
    for value in values if isinstance(values, list) else []:
        if text := shown_text(value):
            yield text
