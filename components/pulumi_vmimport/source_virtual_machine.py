"""SourceVirtualMachine: a virtual machine on vSphere, made so that AWS takes it. Requirements VM-01 to VM-12."""

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_vsphere as vsphere

from pulumi_vmimport.component_base import CheckedInputs, Values, is_given, one_of
from pulumi_vmimport.lifecycle.property_bag import Problem
from pulumi_vmimport.source_machine_rules import (
    BYOL_DISK_GB,
    DEFAULT_SCSI,
    Phase,
    Profile,
    Rules,
    SourceMachine,
    release_of,
)

# VM-08 leaves these open: what Windows 11 asks for at least,
# https://www.microsoft.com/windows/windows-11-specifications, and the card that Windows has a driver for on its ISO.
DEFAULT_CPUS, DEFAULT_MEMORY_MB, DEFAULT_ADAPTER = 2, 4096, "e1000e"
# Each is given by id or by one of these names.
_PLACES = {
    "datastore_id": ("datastore",),
    "network_id": ("network",),
    "resource_pool_id": ("resource_pool", "cluster", "host"),
}
_OVERRIDING = {"datastore_id": ("datastore_id", "datastore_cluster_id"), "network_id": ("network_interfaces",)}
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

    profile: NotRequired[pulumi.Input[str]]
    """byol-workspaces, or ec2, whose rules are those of ImportImage alone. Default: byol-workspaces."""
    windows_release: NotRequired[pulumi.Input[str]]
    """The release on the ISO, such as 10-22H2 or 11-23H2 (byol_presets.py); it sets firmware and guest_id. Required
    for byol-workspaces."""
    windows_releases: NotRequired[pulumi.Input[dict[str, pulumi.Input[WindowsReleaseArgs]]]]
    """Releases beside those of the table, or instead of some. Default: the table's."""
    phase: NotRequired[pulumi.Input[str]]
    """install: the ISO is in the CD drive; export: there is no CD drive. Default: install."""
    rules: NotRequired[pulumi.Input[str]]
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
    """vSphere's name of the system. Default: that of windows_release; required without one."""
    scsi_type: NotRequired[pulumi.Input[str]]
    """lsilogic-sas, lsilogic or pvscsi. Default: lsilogic-sas; others warn."""
    adapter_type: NotRequired[pulumi.Input[str]]
    """The network card: e1000e, e1000, vmxnet3, sriov or vrdma. Default: e1000e, which Windows knows without Tools."""
    virtual_machine_args: NotRequired[dict[str, Any]]
    """Any arguments of vsphere.VirtualMachine, which go before everything else here; the rules hold for them too.
    Default: none."""


class SourceVirtualMachine(pulumi.ComponentResource):
    """A virtual machine to install Windows on and to export: by default a WorkSpaces BYOL image's.

    One disk, one network card, the controller and firmware that AWS takes; what it refuses fails in preview, all at
    once. Set phase to export when Windows is installed and before its last shutdown: pulumi-vsphere shuts a machine
    down to take its CD drive (hard, without VMware Tools) and starts it after every change. It waits for no address of
    the guest. Later changes of the machine in vSphere show in preview (`--refresh`).

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

    def __init__(self, name: str, args: SourceVirtualMachineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vmimport:index:SourceVirtualMachine", name, None, opts)
        self._inputs = CheckedInputs(self, name, args, SourceVirtualMachineArgs, self._check)
        self._args = args
        override = {k: v for k, v in (args.get("virtual_machine_args") or {}).items() if k in _MACHINE_ARGS}
        machine = vsphere.VirtualMachine(
            name, **{**self._machine(name, override), **override}, opts=pulumi.ResourceOptions(parent=self)
        )
        self.moid, self.uuid = machine.moid, machine.uuid
        self.name, self.power_state = machine.name, machine.power_state
        self.register_outputs(
            {"moid": self.moid, "uuid": self.uuid, "name": self.name, "powerState": self.power_state}
        )
