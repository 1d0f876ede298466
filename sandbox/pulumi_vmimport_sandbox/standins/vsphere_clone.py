"""Virtual machines that are cloned from a virtual machine or template.

Source: https://github.com/vmware/terraform-provider-vsphere/blob/main/vsphere/internal/vmworkflow
"""

from collections.abc import Iterator
from typing import Any

from pyVmomi import vim

from . import vsphere_devices as devices
from .resource_kind import NotFound, Rejected
from .values import Properties, has_unknown
from .vsphere_session import VSphere

MEMBERS = frozenset({"linkedClone", "templateUuid", "timeout"})
_LEAST_TIMEOUT = 10  # minutes


def problems(news: Properties) -> Iterator[tuple[str, str]]:
    """The problems of the input `clone` itself."""
    clone = news.get("clone")
    if not isinstance(clone, dict):
        return
    if "templateUuid" not in clone:
        yield "clone.templateUuid", "expected the UUID of a virtual machine or template, got none"
    timeout = clone.get("timeout", _LEAST_TIMEOUT)
    if not has_unknown(timeout) and timeout < _LEAST_TIMEOUT:
        yield "clone.timeout", f"expected clone.0.timeout to be at least ({_LEAST_TIMEOUT}), got {timeout}"
    for unknown in sorted(clone.keys() - MEMBERS):
        yield f"clone.{unknown}", f"not supported by the stand-in; expected one of {', '.join(sorted(MEMBERS))}"


def live_problems(service: VSphere, news: Properties) -> Iterator[tuple[str, str]]:
    """The problems of a new machine that follow from its template."""
    clone = news.get("clone")
    if not isinstance(clone, dict) or has_unknown(clone) or "templateUuid" not in clone:
        return
    uuid = clone["templateUuid"]
    try:
        template = service.machine(uuid)
    except NotFound:
        missing = f'virtual machine with UUID "{uuid}" not found'
        yield "clone.templateUuid", f'cannot locate virtual machine or template with UUID "{uuid}": {missing}'
        return
    guest, expected = news.get("guestId", ""), template.config.guestId
    if not has_unknown(guest) and guest != expected:
        yield "guestId", f'invalid guest ID "{guest}" for clone. Please set it to "{expected}"'
    if clone.get("linkedClone") and not template.config.template and _snapshot_of(template) is None:
        yield "clone.linkedClone", f"virtual machine {uuid} must have a snapshot to be used as a linked clone"
    yield from _disk_problems(template, news, linked=bool(clone.get("linkedClone")))
    controller = devices.scsi_type(template.config.hardware.device)
    if not has_unknown(news) and controller != news.get("scsiType", devices.DEFAULT_SCSI):
        reason = "the real provider changes the controller of the clone, but the sandbox's stand-in cannot"
        yield "scsiType", f"expected {controller!r}, that of the template: {reason}"


def _disk_problems(template: Any, news: Properties, *, linked: bool) -> Iterator[tuple[str, str]]:
    disks = news.get("disks")
    if not isinstance(disks, list) or has_unknown(disks):
        return
    sources = devices.disks_of(template)
    if len(disks) < len(sources):
        needed = f"you need at least {len(sources)} to use this template (current: {len(disks)})"
        yield "disks", f"not enough disks in configuration - {needed}"
    for index, (source, disk) in enumerate(zip(sources, disks, strict=False)):
        size, wanted = source.capacityInKB * 1024 // devices.GIB, disk.get("size", 0)
        name = f"disk name {disk.get('label')} must be"
        if linked and wanted != size:
            reason = f"{name} the exact size of source when using linked_clone (expected: {size} GiB)"
            yield f"disks[{index}].size", reason
        elif wanted < size:
            yield (
                f"disks[{index}].size",
                f"{name} at least the same size of source when cloning (expected: >= {size} GiB)",
            )


def _snapshot_of(machine: Any) -> Any:
    """The current snapshot of a machine; None if it has none. The simulator then omits the property."""
    return getattr(getattr(machine, "snapshot", None), "currentSnapshot", None)


def clone_machine(service: VSphere, inputs: Properties, folder: Any, config: Any) -> Any:
    """A powered-off copy of the template with the settings and devices of the inputs."""
    template = service.machine(inputs["clone"]["templateUuid"])
    for _, reason in live_problems(service, inputs):  # preview could not check a template of the same run
        raise Rejected(reason)
    linked = bool(inputs["clone"].get("linkedClone"))
    location = vim.vm.RelocateSpec(
        pool=service.by_id(vim.ResourcePool, inputs["resourcePoolId"]),
        datastore=service.by_id(vim.Datastore, inputs["datastoreId"]),
        diskMoveType="createNewChildDiskBacking" if linked else None,
    )
    snapshot = _snapshot_of(template) if linked else None
    spec = vim.vm.CloneSpec(location=location, powerOn=False, template=False, snapshot=snapshot)
    what = f"virtual machine {inputs['name']}"
    machine = service.wait(f"cloning {what}", template.CloneVM_Task(folder=folder, name=inputs["name"], spec=spec))
    try:
        config.deviceChange = devices.device_changes(service, machine, {}, inputs)
        service.wait(f"reconfiguring {what}", machine.ReconfigVM_Task(config))
    except Rejected:  # the real provider deletes the clone too
        service.wait(f"deleting {what}", machine.Destroy_Task())
        raise
    return machine
