"""Virtual machines.

Power changes around updates follow terraform-provider-vsphere 2.13, which pulumi-vsphere bridges:
https://github.com/vmware/terraform-provider-vsphere/blob/main/vsphere/resource_vsphere_virtual_machine.go
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from pyVmomi import vim

from . import vsphere_clone, vsphere_machine_checks
from . import vsphere_devices as devices
from .resource_kind import NotFound, Rejected, ResourceKind
from .values import COMPUTED, Properties, same
from .vsphere_machine_outputs import DISK_OUTPUTS, NETWORK_INTERFACE_OUTPUTS, OUTPUTS, REFRESHED
from .vsphere_session import VSphere, datacenter_of

_RESTARTS = frozenset(
    {
        "efiSecureBootEnabled",
        "enableDiskUuid",
        "extraConfig",
        "firmware",
        "guestId",
        "hardwareVersion",
        "memory",
        "numCoresPerSocket",
        "numCpus",
    }
)
"""Inputs whose change requires a powered-off machine, including CPUs and memory: hot-add is not supported."""

_POWER = {"poweredOn": "on", "poweredOff": "off", "suspended": "suspended"}


class VirtualMachineResource(ResourceKind[VSphere]):
    """vsphere:index/virtualMachine:VirtualMachine; its id is the BIOS UUID."""

    inputs = frozenset(
        {"annotation", "bootDelay", "cdroms", "clone", "datastoreId", "disks", "efiSecureBootEnabled", "enableDiskUuid"}
        | {"extraConfig", "firmware", "folder", "forcePowerOff", "guestId", "hardwareVersion", "memory", "name"}
        | {"networkInterfaces", "numCoresPerSocket", "numCpus", "replaceTrigger", "resourcePoolId", "scsiBusSharing"}
        | {"scsiType", "shutdownWaitTimeout", "syncTimeWithHost", "waitForGuestIpTimeout", "waitForGuestNetRoutable"}
        | {"vtpm", "waitForGuestNetTimeout"}
    )
    required = frozenset({"datastoreId", "resourcePoolId"})
    identity_inputs = frozenset({"folder", "name"})
    replaces = frozenset({"replaceTrigger"})
    auto_name = "name"
    defaults: ClassVar = {
        "bootDelay": 0,
        "cdroms": [],
        "efiSecureBootEnabled": False,
        "enableDiskUuid": False,
        "firmware": "bios",
        "memory": 1024,
        "numCoresPerSocket": 1,
        "numCpus": 1,
        "syncTimeWithHost": True,
    }
    computed = frozenset({"annotation", "guestId", "hardwareVersion"})
    outputs = OUTPUTS
    refreshed = REFRESHED
    nested_defaults: ClassVar = {
        **DISK_OUTPUTS,
        **NETWORK_INTERFACE_OUTPUTS,
        "datastoreId": COMPUTED,
        "deviceAddress": COMPUTED,
        "adapterType": "vmxnet3",
        "diskMode": "persistent",
        "key": COMPUTED,
        "macAddress": COMPUTED,
        "path": COMPUTED,
        "thinProvisioned": True,
        "unitNumber": COMPUTED,
        "uuid": COMPUTED,
    }
    write_only = frozenset(
        {"clone", "folder", "forcePowerOff", "replaceTrigger", "scsiBusSharing", "shutdownWaitTimeout"}
        | {"waitForGuestIpTimeout", "waitForGuestNetRoutable", "waitForGuestNetTimeout"}
    )

    def problems(self, olds: Properties, news: Properties) -> Iterator[tuple[str, str]]:
        return vsphere_machine_checks.problems(olds, news)

    def live_problems(self, service: VSphere, news: Properties) -> Iterator[tuple[str, str]]:
        return vsphere_clone.live_problems(service, news)

    def create(self, service: VSphere, inputs: Properties) -> str:
        pool = service.by_id(vim.ResourcePool, inputs["resourcePoolId"])
        datastore = service.by_id(vim.Datastore, inputs["datastoreId"])
        folder = _folder(pool, inputs.get("folder", ""))
        if inputs.get("clone"):
            return str(vsphere_clone.clone_machine(service, inputs, folder, _config(inputs)).config.uuid)
        spec = _config({"guestId": "otherGuest64", **inputs})
        spec.files = vim.vm.FileInfo(vmPathName=f"[{datastore.name}]")
        spec.deviceChange = devices.new_devices(service, inputs)
        task = folder.CreateVM_Task(config=spec, pool=pool)
        machine = service.wait(f"creating virtual machine {inputs['name']}", task)
        return str(machine.config.uuid)

    def configure(self, service: VSphere, id: str, inputs: Properties) -> None:
        service.wait(f"powering on virtual machine {inputs['name']}", service.machine(id).PowerOnVM_Task())

    def read(self, service: VSphere, id: str, state: Properties) -> Properties:
        return read_machine(service.machine(id), state)

    def update(self, service: VSphere, id: str, olds: Properties, news: Properties) -> None:
        machine, what = _existing(service, id), f"virtual machine {news['name']}"
        spec = _config(news)
        spec.deviceChange = devices.device_changes(service, machine, olds, news)
        live, inputs = read_machine(machine, news), {**self.defaults, **news}
        restarts = any(not same(live[name], inputs[name]) for name in _RESTARTS & inputs.keys())
        if machine.runtime.powerState != vim.VirtualMachine.PowerState.poweredOff:
            if restarts or devices.need_power_off(spec.deviceChange):
                _power_off(service, machine, what)
            elif devices.cannot_while_on(spec.deviceChange):
                raise Rejected(
                    f"reconfiguring {what}: InvalidPowerState: a CD drive cannot be added or removed while powered on"
                )
        service.wait(f"reconfiguring {what}", machine.ReconfigVM_Task(spec))
        # The real provider powers a machine on after every change, even if it was off before.
        if machine.runtime.powerState != vim.VirtualMachine.PowerState.poweredOn:
            service.wait(f"powering on {what}", machine.PowerOnVM_Task())

    def delete(self, service: VSphere, id: str, state: Properties) -> None:
        machine, what = _existing(service, id), f"virtual machine {state.get('name', id)}"
        if machine.runtime.powerState != vim.VirtualMachine.PowerState.poweredOff:
            _power_off(service, machine, what)
        kept = [
            devices.change("remove", device)
            for disk in state.get("disks", [])
            for device in machine.config.hardware.device
            if (disk.get("attach") or disk.get("keepOnRemove"))
            and isinstance(device, vim.vm.device.VirtualDisk)
            and device.unitNumber == devices.unit_of(disk)
        ]
        if kept:
            service.wait(f"detaching disks of {what}", machine.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=kept)))
        service.wait(f"deleting {what}", machine.Destroy_Task())


def read_machine(machine: Any, state: Properties) -> Properties:
    """The properties of a live machine."""
    config = machine.config
    configured = state.get("extraConfig") or {}
    return {
        "annotation": config.annotation or "",
        "bootDelay": (config.bootOptions and config.bootOptions.bootDelay) or 0,
        "changeVersion": config.changeVersion,
        "datastoreId": machine.datastore[0]._moId,  # noqa: SLF001 - pyVmomi has no public attribute for an object's id
        "efiSecureBootEnabled": bool(config.bootOptions and config.bootOptions.efiSecureBootEnabled),
        "enableDiskUuid": bool(config.flags and config.flags.diskUuidEnabled),
        "extraConfig": {option.key: option.value for option in config.extraConfig if option.key in configured} or None,
        "firmware": config.firmware,
        "guestId": config.guestId,
        "guestIpAddresses": [],
        "hardwareVersion": int(config.version.removeprefix("vmx-")),
        "hostSystemId": machine.runtime.host._moId,  # noqa: SLF001
        "memory": config.hardware.memoryMB,
        "moid": machine._moId,  # noqa: SLF001
        "name": config.name,
        "numCoresPerSocket": config.hardware.numCoresPerSocket or 1,
        "numCpus": config.hardware.numCPU,
        "powerState": _POWER[machine.runtime.powerState],
        "rebootRequired": False,
        "resourcePoolId": machine.resourcePool._moId,  # noqa: SLF001
        "syncTimeWithHost": bool(config.tools and config.tools.syncTimeWithHost),
        "uuid": config.uuid,
        "vmwareToolsStatus": machine.guest.toolsRunningStatus,
        "vmxPath": config.files.vmPathName.split("] ", 1)[-1],
        **devices.read_devices(machine, state),
    }


def _config(inputs: Properties) -> Any:
    extra = inputs.get("extraConfig") or {}
    version = inputs.get("hardwareVersion")
    return vim.vm.ConfigSpec(
        name=inputs["name"],
        guestId=inputs.get("guestId"),
        firmware=inputs.get("firmware", "bios"),
        numCPUs=inputs.get("numCpus", 1),
        numCoresPerSocket=inputs.get("numCoresPerSocket", 1),
        memoryMB=inputs.get("memory", 1024),
        annotation=inputs.get("annotation"),
        version=f"vmx-{version:02}" if version else None,
        extraConfig=[vim.option.OptionValue(key=key, value=value) for key, value in extra.items()],
        bootOptions=vim.vm.BootOptions(
            bootDelay=inputs.get("bootDelay", 0), efiSecureBootEnabled=inputs.get("efiSecureBootEnabled", False)
        ),
        flags=vim.vm.FlagInfo(diskUuidEnabled=inputs.get("enableDiskUuid", False)),
        tools=vim.vm.ToolsConfigInfo(syncTimeWithHost=inputs.get("syncTimeWithHost", True)),
    )


def _existing(service: VSphere, id: str) -> Any:
    """A machine to change or delete. The real provider fails if it does not exist, also to delete it."""
    try:
        return service.machine(id)
    except NotFound as gone:
        missing = f'virtual machine with UUID "{id}" not found'
        raise Rejected(f'cannot locate virtual machine with UUID "{id}": {missing}') from gone


def _folder(pool: Any, path: str) -> Any:
    folder = datacenter_of(pool).vmFolder
    for name in filter(None, path.split("/")):
        found = [item for item in folder.childEntity if isinstance(item, vim.Folder) and item.name == name]
        if not found:
            raise Rejected(f"folder {path!r} not found: {folder.name} has no folder {name!r}")
        folder = found[0]
    return folder


def _power_off(service: VSphere, machine: Any, what: str) -> None:
    """Power a machine off. The real provider first shuts down the guest, but sandbox guests have no VMware Tools."""
    service.wait(f"powering off {what}", machine.PowerOffVM_Task())
