"""The inputs of imports, as EC2 describes their tasks.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImageTask.html, API_SnapshotDetail.html,
API_SnapshotTaskDetail.html.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.lifecycle.unknown import UNKNOWN

_OVA = "OVA"
_SNAPSHOT = "snap-"

InputsT = TypeVar("InputsT")


def image_inputs(inputs: InputsT, task: Mapping[str, Any], source: str | None) -> InputsT:
    """The inputs of an ImportImage task, UNKNOWN where EC2 does not describe them.

    Args:
        inputs: those that are known without the task.
        task: an element of `ImportImageTasks`.
        source: the object or snapshots in the tags of the task.
    """
    detected = ("Architecture", "BootMode", "Hypervisor", "LicenseType", "Platform")
    reported = {
        **_bag({name: task.get(name, UNKNOWN) for name in detected}),
        "description": task.get("Description"),
        "diskContainers": _image_containers(task.get("SnapshotDetails") or [], source),
        # EC2 derives one of the two from the other, and rejects both.
        "usageOperation": UNKNOWN if task.get("LicenseType") else task.get("UsageOperation", UNKNOWN),
        "licenseSpecifications": _bag(task.get("LicenseSpecifications")) or None,
    }
    return _with(inputs, reported)


def snapshot_inputs(inputs: InputsT, task: Mapping[str, Any]) -> InputsT:
    """The inputs of an ImportSnapshot task, an element of `ImportSnapshotTasks`. See image_inputs."""
    detail = task.get("SnapshotTaskDetail", {})
    container = _container(detail, ("Description", "Format"))
    return _with(inputs, {"description": task.get("Description"), "diskContainer": container or UNKNOWN})


def _with(inputs: InputsT, reported: Mapping[str, Any]) -> InputsT:
    """The inputs with these values; one that this version of the library does not accept is UNKNOWN."""
    of = type(inputs)
    read, _ = read_bag(of, {name: value for name, value in reported.items() if value is not None})
    changed = {name: getattr(read, name) for name in map(_python_name, reported)}
    return of(**{**vars(inputs), **changed})


def _python_name(wire_name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in wire_name)


def _image_containers(details: Sequence[Mapping[str, Any]], source: str | None) -> Any:
    """The disk containers; UNKNOWN if EC2 does not report the source of one of them."""
    snapshots = [id for id in (source or "").split() if id.startswith(_SNAPSHOT)]
    is_of_snapshots = len(snapshots) == len(details) == len((source or "").split())
    found: list[dict[str, Any]] = []
    for number, detail in enumerate(details):
        container = _container(detail, ("Description", "DeviceName", "Format"))
        if container is None and is_of_snapshots:
            container = {**_described(detail, ("Description", "DeviceName")), "snapshotId": snapshots[number]}
        if container is None:
            return UNKNOWN
        found.append(container)
    return _without_volumes(found) or UNKNOWN


def _without_volumes(containers: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The containers with one for each OVA, of which EC2 describes every volume."""
    found: dict[str, dict[str, Any]] = {}
    for container in containers:
        place = str((container.get("url"), container.get("userBucket"), container.get("snapshotId")))
        is_ova = place in found or _key_of(container).lower().endswith(".ova") or container.get("format") == _OVA
        if is_ova:
            others = {name: value for name, value in container.items() if name != "deviceName"}
            found[place] = {**others, "format": _OVA}
        else:
            found[place] = container
    return list(found.values())


def _key_of(container: Mapping[str, Any]) -> str:
    return str(container.get("url") or container.get("userBucket", {}).get("s3Key", "")).partition("?")[0]


def _container(detail: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any] | None:
    """The container of a disk image; None for one of a snapshot, or if EC2 does not report the source."""
    given = _described(detail, names)
    if place := detail.get("UserBucket"):
        return {**given, "userBucket": _bag(place)}
    return {**given, "url": detail["Url"]} if detail.get("Url") else None


def _described(detail: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    members: dict[str, Any] = _bag({name: detail[name] for name in names if detail.get(name)})
    if "format" in members:
        members["format"] = str(members["format"]).upper()
    return members


def _bag(value: Any) -> Any:
    """The value with the names of property bags: `S3Bucket` becomes `s3Bucket`."""
    if isinstance(value, Mapping):
        return {name[0].lower() + name[1:]: _bag(member) for name, member in value.items()}
    return [_bag(item) for item in value] if isinstance(value, list) else value
