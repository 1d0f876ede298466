"""SourceVirtualMachine: a virtual machine on vSphere, made so that AWS takes it. Requirements VM-01 to VM-12."""

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any, Literal, NotRequired, TypedDict, Unpack, overload

import pulumi
import pulumi_vsphere as vsphere

from pulumi_vmimport.components.byol_presets import WindowsRelease
from pulumi_vmimport.components.component_base import CheckedInputs, Component, Values
from pulumi_vmimport.components.source_machine_rules import (
    DEFAULT_SCSI,
    Phase,
    Rules,
    SourceMachine,
    release_of,
)
from pulumi_vmimport.components.vm_placement import Places, place_problems
from pulumi_vmimport.lifecycle.contract import Problem, is_set
from pulumi_vmimport.resources.allowed_values import ImageProfileValue
from pulumi_vmimport.service_limits import BYOL_DISK_GIB

# VM-08 leaves these open: what Windows 11 asks for at least,
# https://www.microsoft.com/windows/windows-11-specifications, and the card that Windows has a driver for on its ISO.
DEFAULT_CPUS, DEFAULT_MEMORY_MB, DEFAULT_ADAPTER = 2, 4096, "e1000e"
_ANY_SYSTEM = WindowsRelease(firmware="bios", guest_id="otherGuest64")  # as pulumi-vsphere's own defaults
_MACHINE_ARGS = frozenset(n for n, v in vars(vsphere.VirtualMachineArgs).items() if isinstance(v, property))


class IsoArgs(TypedDict):
    """The ISO image that Windows is installed from: one in a datastore, or a local file that is uploaded."""

    path: NotRequired[pulumi.Input[str]]
    """Where it is in the datastore, or is put, such as iso/windows.iso. Default: iso/ and the name of local_path."""
    datastore_id: NotRequired[pulumi.Input[str]]
    """The datastore it is in. Default: the machine's."""
    datastore: NotRequired[pulumi.Input[str]]
    """The name of the datastore it is in, instead of datastore_id; needed for an upload. Default: the machine's."""
    datacenter: NotRequired[pulumi.Input[str]]
    """The name of that datastore's datacenter. Default: the machine's."""
    local_path: NotRequired[pulumi.Input[str]]
    """A file on the machine where Pulumi runs, to upload; another path, not other content, uploads anew. That it is
    given, not its value, decides which resources there are. Default: nothing is uploaded."""


class WindowsReleaseArgs(TypedDict):
    """What a release of Windows wants of its machine."""

    firmware: pulumi.Input[str]
    """bios or efi."""
    guest_id: pulumi.Input[str]
    """vSphere's name of the system, such as windows11_64Guest."""


class GuestArgs(TypedDict):
    """What you know of the guest; vSphere does not. Whatever is true here and cannot be imported is refused."""

    language: NotRequired[pulumi.Input[str]]
    """The language Windows was installed in; WorkSpaces takes English only. Default: en-US."""
    static_ip: NotRequired[pulumi.Input[bool]]
    """Its network card has an address of its own. Default: false, it asks DHCP."""
    raw_device_mapping: NotRequired[pulumi.Input[bool]]
    """A disk is a raw device mapping. Default: false."""
    se_sparse_disks: NotRequired[pulumi.Input[bool]]
    """A disk is an SEsparse delta file, as of a snapshot. Default: false."""
    dual_boot: NotRequired[pulumi.Input[bool]]
    """It starts one of several systems. Default: false."""
    mbr_on_other_disk: NotRequired[pulumi.Input[bool]]
    """The root partition and the MBR are on two disks. Default: false."""
    physical_origin: NotRequired[pulumi.Input[bool]]
    """It was converted from a physical machine (P2V). Default: false."""
    encrypted_volumes: NotRequired[pulumi.Input[bool]]
    """A volume is encrypted, as by BitLocker. Default: false."""
    arm64: NotRequired[pulumi.Input[bool]]
    """It is for ARM64. Default: false."""
    hyper_v_role: NotRequired[pulumi.Input[bool]]
    """It has the Hyper-V role. Default: false."""


class SourceVirtualMachineArgs(TypedDict):
    """The arguments of SourceVirtualMachine."""

    profile: NotRequired[pulumi.Input[ImageProfileValue]]
    """byol-workspaces, or ec2, whose rules are those of ImportImage alone. Default: byol-workspaces."""
    windows_release: NotRequired[pulumi.Input[str]]
    """The release on the ISO, such as 10-22H2 or 11-23H2 (byol_presets.py); it sets firmware and guest_id. Required
    for byol-workspaces."""
    windows_releases: NotRequired[pulumi.Input[dict[str, pulumi.Input[WindowsReleaseArgs]]]]
    """Releases beside those of the table, or instead of some. Default: the table's."""
    phase: NotRequired[pulumi.Input[Literal["install", "export"]]]
    """install: the ISO is in the CD drive; export: there is no CD drive, which needs the machine off. Default:
    install."""
    rules: NotRequired[pulumi.Input[Literal["enforce", "warn", "off"]]]
    """What becomes of what AWS would refuse: enforce fails in preview, warn only says so, off is silent. Default:
    enforce."""
    guest: NotRequired[GuestArgs]
    """What you know of the guest. Default: nothing that is refused."""
    iso: NotRequired[IsoArgs]
    """The ISO image to install from. Default: none, there is no CD drive."""
    vm_name: NotRequired[pulumi.Input[str]]
    """The machine's name in vSphere. Default: the component's name."""
    folder: NotRequired[pulumi.Input[str]]
    """The folder of the machine. Default: the datacenter's own."""
    datacenter: NotRequired[pulumi.Input[str]]
    """The name of the datacenter that names are looked up in. Default: the only one."""
    datastore_id: NotRequired[pulumi.Input[str]]
    """The datastore; or datastore, its name."""
    datastore: NotRequired[pulumi.Input[str]]
    """The name of the datastore."""
    network_id: NotRequired[pulumi.Input[str]]
    """The network; or network, its name."""
    network: NotRequired[pulumi.Input[str]]
    """The name of the network."""
    resource_pool_id: NotRequired[pulumi.Input[str]]
    """The resource pool; or one of resource_pool, cluster and host. Default: that of an ESXi host without vCenter."""
    resource_pool: NotRequired[pulumi.Input[str]]
    """The name or path of the resource pool."""
    cluster: NotRequired[pulumi.Input[str]]
    """The name of the cluster whose resource pool it is."""
    host: NotRequired[pulumi.Input[str]]
    """The name of the host whose resource pool it is."""
    num_cpus: NotRequired[pulumi.Input[int]]
    """Processors. Default: 2."""
    memory_mb: NotRequired[pulumi.Input[int]]
    """Memory in MB. Default: 4096."""
    disk_gb: NotRequired[pulumi.Input[int]]
    """The size of the one disk in GB, thin provisioned. Default: 70, the most that WorkSpaces imports."""
    firmware: NotRequired[pulumi.Input[str]]
    """bios or efi. Default: that of windows_release, else bios."""
    guest_id: NotRequired[pulumi.Input[str]]
    """vSphere's name of the system. Default: that of windows_release, else otherGuest64."""
    scsi_type: NotRequired[pulumi.Input[str]]
    """lsilogic-sas, lsilogic or pvscsi. Default: lsilogic-sas; others warn."""
    adapter_type: NotRequired[pulumi.Input[str]]
    """The network card: e1000e, e1000, vmxnet3, sriov or vrdma. Default: e1000e, which Windows knows without Tools."""
    virtual_machine_args: NotRequired[dict[str, Any]]
    """Any arguments of vsphere.VirtualMachine, which go before everything else here; the rules hold for them too.
    Default: none."""


class SourceVirtualMachine(Component):
    """A virtual machine to install Windows on and to export: by default a WorkSpaces BYOL image's.

    One disk, one network card, the controller and firmware that AWS takes; what it refuses fails in preview, all at
    once. When Windows is installed, shut it down and set phase to export: vSphere takes a CD drive only from a machine
    that is off, and pulumi-vsphere starts the machine after every change; the next shutdown is the one to export after.
    Nothing waits for an address of the guest. Changes of the machine in vSphere show in preview (`--refresh`).

    vCenter: a single licensed ESXi host suffices by the documentation of pulumi-vsphere, which asks for vCenter only to
    clone and to deploy OVF, and excludes the free licence, whose API only reads (not tested here). On such a host leave
    out datacenter and resource pool.
    Source: https://github.com/vmware/terraform-provider-vsphere/blob/main/docs/index.md and its issues 268, 1033.
    """

    moid: pulumi.Output[str]
    """The machine's managed object id."""
    uuid: pulumi.Output[str]
    """The machine's BIOS UUID."""
    name: pulumi.Output[str]
    """The machine's name."""
    power_state: pulumi.Output[str]
    """on, off or suspended, when Pulumi last looked; an export wants it off, which is done in the guest."""

    @overload
    def __init__(
        self, resource_name: str, args: SourceVirtualMachineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[SourceVirtualMachineArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: SourceVirtualMachineArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__("vmimport:index:SourceVirtualMachine", resource_name, args, opts, **kwargs)

    def _declare(self, name: str, args: SourceVirtualMachineArgs) -> None:
        self._inputs = CheckedInputs(self, name, args, SourceVirtualMachineArgs, self._check)
        override = {k: v for k, v in (args.get("virtual_machine_args") or {}).items() if k in _MACHINE_ARGS}
        machine = vsphere.VirtualMachine(
            name, **{**self._machine(name, args), **override}, opts=pulumi.ResourceOptions(parent=self)
        )
        self.moid, self.uuid = machine.moid, machine.uuid
        self.name, self.power_state = machine.name, machine.power_state
        self.register_outputs({"moid": self.moid, "uuid": self.uuid, "name": self.name, "powerState": self.power_state})

    def _machine(self, name: str, args: SourceVirtualMachineArgs) -> dict[str, Any]:
        """The arguments of the machine but for what overrides them."""
        inputs = self._inputs
        places = Places(self, inputs, args)
        disk = vsphere.VirtualMachineDiskArgs(
            label="disk0", size=inputs.get("disk_gb", default=BYOL_DISK_GIB), thin_provisioned=True
        )
        card = vsphere.VirtualMachineNetworkInterfaceArgs(
            network_id=places.network_id, adapter_type=inputs.get("adapter_type", default=DEFAULT_ADAPTER)
        )
        release = pulumi.Output.all(inputs.get("windows_release"), inputs.get("windows_releases")).apply(
            lambda v: release_of(*v) or _ANY_SYSTEM
        )
        return {
            "name": inputs.get("vm_name", default=name),
            "folder": inputs.get("folder"),
            "resource_pool_id": places.resource_pool_id,
            "datastore_id": places.datastore_id,
            "num_cpus": inputs.get("num_cpus", default=DEFAULT_CPUS),
            "memory": inputs.get("memory_mb", default=DEFAULT_MEMORY_MB),
            "firmware": inputs.get("firmware", default=release.apply(lambda r: r.firmware)),
            "guest_id": inputs.get("guest_id", default=release.apply(lambda r: r.guest_id)),
            "scsi_type": inputs.get("scsi_type", default=DEFAULT_SCSI),
            "disks": [disk],
            "network_interfaces": [card],
            # A guest that is being installed, or that is off, has no address: an `up` would fail after five minutes.
            "wait_for_guest_net_timeout": 0,
            **self._cd_drive(name, args, places),
        }

    def _cd_drive(self, name: str, args: SourceVirtualMachineArgs, places: Places) -> dict[str, Any]:
        iso = args.get("iso")
        if iso is None:
            return {}
        path: pulumi.Output[Any] = self._inputs.after_check(iso.get("path"))
        local_path = iso.get("local_path")
        if local_path is not None:
            file = vsphere.File(
                f"{name}-iso",
                source_file=self._inputs.after_check(local_path),
                destination_file=pulumi.Output.all(path, local_path).apply(lambda v: v[0] or _uploaded(v[1])),
                datastore=iso.get("datastore") or args.get("datastore") or "",
                datacenter=iso.get("datacenter") or args.get("datacenter"),
                create_directories=True,
                opts=pulumi.ResourceOptions(parent=self),
            )
            path = file.destination_file
        drive = pulumi.Output.all(datastore_id=places.iso_datastore_id, path=path)
        phase = self._inputs.get("phase", default=Phase.INSTALL)
        return {"cdroms": phase.apply(lambda phase: [] if phase == Phase.EXPORT else drive.apply(lambda d: [d]))}

    def _check(self, values: Values) -> Iterator[Problem]:
        yield from place_problems(values)
        yield from _iso_problems(values)
        yield from self._rule_problems(values)
        override = values.get("virtual_machine_args")
        for name in override if is_set(override) else ():
            if name not in _MACHINE_ARGS:
                yield Problem(f"virtual_machine_args.{name}", "is no argument of vsphere.VirtualMachine")

    def _rule_problems(self, values: Values) -> Iterator[Problem]:
        rules = values.get("rules") if values.get("rules") is not None else Rules.ENFORCE
        if rules == Rules.OFF:
            return
        for finding in SourceMachine(values).findings():
            if finding.is_fatal and rules == Rules.ENFORCE:
                yield finding
            else:
                pulumi.log.warn(f"{finding.path}: {finding.reason}", self)


def _uploaded(local_path: str) -> str:
    return f"iso/{PurePath(local_path).name}"


def _iso_problems(values: Values) -> Iterator[Problem]:
    iso = values.get("iso")
    if not is_set(iso):
        return
    local_path = iso.get("local_path")
    if local_path is None and iso.get("path") is None:
        yield Problem("iso.path", "is required, expected the path in the datastore, or local_path to upload")
    if is_set(local_path) and not Path(local_path).is_file():
        yield Problem("iso.local_path", f"expected a file on this machine, got {local_path!r}")
    if local_path is not None and iso.get("datastore") is None and values.get("datastore") is None:
        yield Problem("iso.datastore", "is required to upload local_path: expected the datastore's name, not its id")
    if iso.get("datastore") is not None and iso.get("datastore_id") is not None:
        yield Problem("iso.datastore", "excludes iso.datastore_id; give one of the two")
