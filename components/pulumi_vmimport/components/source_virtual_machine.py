"""SourceVirtualMachine: a virtual machine on vSphere that VM Import/Export and WorkSpaces accept.

Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html
"""

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, Literal, NotRequired, TypedDict, Unpack, overload

import pulumi
import pulumi_vsphere as vsphere

from pulumi_vmimport.components.component_base import CheckedInputs, Component, Values
from pulumi_vmimport.components.provider_rules import provider_problems
from pulumi_vmimport.components.source_machine_args import GuestArgs, IsoArgs, WindowsReleaseArgs
from pulumi_vmimport.components.source_machine_rules import (
    DEFAULT_SCSI,
    Phase,
    Rules,
    SourceMachine,
    release_of,
)
from pulumi_vmimport.components.vm_placement import Placement, placement_problems
from pulumi_vmimport.lifecycle.contract import Problem, is_set
from pulumi_vmimport.local_files import is_local_file
from pulumi_vmimport.resources.allowed_values import ImageProfileValue
from pulumi_vmimport.service_limits import BYOL_DISK_GIB
from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.vsphere.hardware_kinds import AdapterKind
from pulumi_vmimport.windows_releases import EFI, WindowsRelease

# AWS documents no values. The minimum of Windows 11 (https://www.microsoft.com/windows/windows-11-specifications), and
# the network adapter whose driver the Windows ISO contains.
DEFAULT_CPUS, DEFAULT_MEMORY_MB, DEFAULT_ADAPTER = 2, 4096, AdapterKind.E1000E.value
_TPM_VERSION = "2.0"
_ANY_SYSTEM = WindowsRelease(firmware="bios", guest_id="otherGuest64")  # the defaults of pulumi-vsphere
_MACHINE_ARGS = frozenset(n for n, v in vars(vsphere.VirtualMachineArgs).items() if isinstance(v, property))


class SourceVirtualMachineArgs(TypedDict):
    """The arguments of SourceVirtualMachine."""

    profile: NotRequired[pulumi.Input[ImageProfileValue]]
    """byol-workspaces, or ec2 for the rules of ImportImage alone. Default: byol-workspaces."""
    windows_release: NotRequired[pulumi.Input[str]]
    """The Windows release on the ISO, such as 10-22H2 or 11-23H2; it sets firmware and guest_id. Required for the
    profile byol-workspaces."""
    windows_releases: NotRequired[pulumi.Input[dict[str, pulumi.Input[WindowsReleaseArgs]]]]
    """Releases to add to the table of this version, or to override in it. Default: none."""
    phase: NotRequired[pulumi.Input[Literal["install", "export"]]]
    """install: the ISO is in the CD drive; export: there is neither a CD drive nor a virtual TPM, which requires the VM
    to be powered off. Default: install."""
    rules: NotRequired[pulumi.Input[Literal["enforce", "warn", "off"]]]
    """How to report what AWS does not support: enforce fails preview, warn reports a warning, off reports nothing.
    Default: enforce."""
    guest: NotRequired[GuestArgs]
    """Facts about the guest. Default: a supported guest."""
    iso: NotRequired[IsoArgs]
    """The ISO image to install from. Default: none; there is no CD drive."""
    vm_name: NotRequired[pulumi.Input[str]]
    """The name of the virtual machine in vSphere. Default: the component's name."""
    folder: NotRequired[pulumi.Input[str]]
    """The folder of the virtual machine. Default: the root folder of the datacenter."""
    datacenter: NotRequired[pulumi.Input[str]]
    """The name of the datacenter in which names are looked up. Default: the only datacenter."""
    datastore_id: NotRequired[pulumi.Input[str]]
    """The id of the datastore; alternatively, set datastore."""
    datastore: NotRequired[pulumi.Input[str]]
    """The name of the datastore."""
    network_id: NotRequired[pulumi.Input[str]]
    """The id of the network; alternatively, set network."""
    network: NotRequired[pulumi.Input[str]]
    """The name of the network."""
    resource_pool_id: NotRequired[pulumi.Input[str]]
    """The id of the resource pool; alternatively, set resource_pool, cluster or host. Default: that of an ESXi host
    without vCenter."""
    resource_pool: NotRequired[pulumi.Input[str]]
    """The name or path of the resource pool."""
    cluster: NotRequired[pulumi.Input[str]]
    """The name of the cluster whose root resource pool is used."""
    host: NotRequired[pulumi.Input[str]]
    """The name of the host whose root resource pool is used."""
    num_cpus: NotRequired[pulumi.Input[int]]
    """The number of virtual processors. Default: 2."""
    memory_mb: NotRequired[pulumi.Input[int]]
    """Memory in MB. Default: 4096."""
    disk_gb: NotRequired[pulumi.Input[int]]
    """The size of the disk in GB; it is thin provisioned. Default: 70, the maximum for WorkSpaces."""
    firmware: NotRequired[pulumi.Input[str]]
    """bios or efi. Default: that of windows_release, else bios."""
    secure_boot: NotRequired[pulumi.Input[bool]]
    """Whether Secure Boot is enabled, as Windows 11 Setup requires; needs firmware efi. Default: true for Windows 11,
    else false."""
    vtpm: NotRequired[pulumi.Input[bool]]
    """Whether the virtual machine has a virtual TPM 2.0 in phase install, as Windows 11 Setup requires; needs firmware
    efi and a key provider in vCenter. vSphere does not export a VM with a virtual TPM, so phase export removes it:
    suspend BitLocker first. Set it to false if the answer file bypasses the check of Setup. Default: true for Windows
    11, else false."""
    guest_id: NotRequired[pulumi.Input[str]]
    """The guest id in vSphere. Default: that of windows_release, else otherGuest64."""
    scsi_type: NotRequired[pulumi.Input[str]]
    """lsilogic-sas, lsilogic or pvscsi. Default: lsilogic-sas; others cause a warning."""
    adapter_type: NotRequired[pulumi.Input[str]]
    """The network adapter: e1000, e1000e, vmxnet3, vmxnet3vrdma, or sriov, which requires network_interfaces with a
    physical_function in virtual_machine_args. Default: e1000e, which Windows supports without VMware Tools."""
    virtual_machine_args: NotRequired[dict[str, Any]]
    """Any arguments of vsphere.VirtualMachine. They take precedence over the others, and the rules apply to them too.
    Of several disks, each requires its own unit_number. clone requires the guest_id of the template.
    Default: none."""


class SourceVirtualMachine(Component):
    """A virtual machine to install Windows on and to export, by default as a WorkSpaces BYOL image.

    It has one disk, one network adapter, and a controller and firmware that AWS supports. Preview reports everything
    that AWS does not support at once. When Windows is installed, shut it down and set phase to export: vSphere removes
    a CD drive and a virtual TPM only from a VM that is powered off, and pulumi-vsphere powers the VM on after every
    change, so shut it down once more before the export. The component does not wait for an IP address of the guest.
    `pulumi preview --refresh` shows changes made in vSphere.

    A single licensed ESXi host is enough according to the documentation of pulumi-vsphere, which requires vCenter only
    to clone and to deploy OVF; the API of the free license is read-only (not tested here). On a host without vCenter,
    omit datacenter and resource pool. Source:
    https://github.com/vmware/terraform-provider-vsphere/blob/main/docs/index.md and its issues 268, 1033.
    """

    moid: pulumi.Output[str]
    """The managed object id of the virtual machine."""
    uuid: pulumi.Output[str]
    """The BIOS UUID of the virtual machine."""
    name: pulumi.Output[str]
    """The name of the virtual machine."""
    power_state: pulumi.Output[str]
    """on, off or suspended as of the last refresh. An export requires off: shut the guest down."""

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

    @property
    def _phase(self) -> pulumi.Output[str]:
        return self._inputs.get("phase", default=Phase.INSTALL)

    def _machine(self, name: str, args: SourceVirtualMachineArgs) -> dict[str, Any]:
        """The arguments of the virtual machine without virtual_machine_args."""
        inputs = self._inputs
        placement = Placement(self, inputs, args)
        disk = vsphere.VirtualMachineDiskArgs(
            label="disk0", size=inputs.get("disk_gb", default=BYOL_DISK_GIB), thin_provisioned=True
        )
        card = vsphere.VirtualMachineNetworkInterfaceArgs(
            network_id=placement.network_id, adapter_type=inputs.get("adapter_type", default=DEFAULT_ADAPTER)
        )
        release = pulumi.Output.all(inputs.get("windows_release"), inputs.get("windows_releases")).apply(
            lambda v: release_of(*v) or _ANY_SYSTEM
        )
        firmware = inputs.get("firmware", default=release.apply(lambda r: r.firmware))
        # Only releases that WorkSpaces boots with UEFI have this firmware: Windows 11.
        is_windows_11 = pulumi.Output.all(release, firmware).apply(lambda v: v[0].firmware == v[1] == EFI)
        security = pulumi.Output.all(is_windows_11, inputs.get("secure_boot"), inputs.get("vtpm"), self._phase)
        return {
            "name": inputs.get("vm_name", default=name),
            "folder": inputs.get("folder"),
            "resource_pool_id": placement.resource_pool_id,
            "datastore_id": placement.datastore_id,
            "num_cpus": inputs.get("num_cpus", default=DEFAULT_CPUS),
            "memory": inputs.get("memory_mb", default=DEFAULT_MEMORY_MB),
            "firmware": firmware,
            "efi_secure_boot_enabled": security.apply(lambda v: (v[0] or None) if v[1] is None else v[1]),
            "vtpm": security.apply(lambda v: _tpm(v[0] if v[2] is None else v[2], v[3])),
            "guest_id": inputs.get("guest_id", default=release.apply(lambda r: r.guest_id)),
            "scsi_type": inputs.get("scsi_type", default=DEFAULT_SCSI),
            "disks": [disk],
            "network_interfaces": [card],
            # A guest during installation, or powered off, has no address: `pulumi up` would fail after five minutes.
            "wait_for_guest_net_timeout": 0,
            **self._cd_drive(name, args, placement),
        }

    def _cd_drive(self, name: str, args: SourceVirtualMachineArgs, placement: Placement) -> dict[str, Any]:
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
        drive = pulumi.Output.all(datastore_id=placement.iso_datastore_id, path=path)
        return {"cdroms": self._phase.apply(lambda phase: [] if phase == Phase.EXPORT else drive.apply(lambda d: [d]))}

    def _check(self, values: Values) -> Iterator[Problem]:
        yield from placement_problems(values)
        yield from _iso_problems(values)
        yield from provider_problems(values)
        yield from self._rule_problems(values)
        override = values.get("virtual_machine_args")
        for name in override if is_set(override) else ():
            if name not in _MACHINE_ARGS:
                yield Problem(f"virtual_machine_args.{name}", "is not an argument of vsphere.VirtualMachine")

    def _rule_problems(self, values: Values) -> Iterator[Problem]:
        rules = values.get("rules") if values.get("rules") is not None else Rules.ENFORCE
        if rules == Rules.OFF:
            return
        for finding in SourceMachine(values).findings():
            if finding.is_fatal and rules == Rules.ENFORCE:
                yield finding
            else:
                pulumi.log.warn(f"{finding.path}: {finding.reason}", self)


def _tpm(is_wanted: bool, phase: str) -> vsphere.VirtualMachineVtpmArgs | None:
    return vsphere.VirtualMachineVtpmArgs(version=_TPM_VERSION) if is_wanted and phase != Phase.EXPORT else None


def _uploaded(local_path: str) -> str:
    return f"iso/{PurePath(local_path).name}"


def _iso_problems(values: Values) -> Iterator[Problem]:
    iso = values.get("iso")
    if not is_set(iso):
        return
    local_path = iso.get("local_path")
    if local_path is None and iso.get("path") is None:
        yield Problem("iso.path", "is required, expected the path in the datastore, or local_path to upload a file")
    if is_set(local_path) and not is_local_file(local_path):
        yield Problem("iso.local_path", f"expected a file on this machine, got {shown_value(local_path)}")
    if local_path is not None and iso.get("datastore") is None and values.get("datastore") is None:
        yield Problem("iso.datastore", "is required to upload local_path: expected the datastore's name, not its id")
    if iso.get("datastore") is not None and iso.get("datastore_id") is not None:
        yield Problem("iso.datastore", "excludes iso.datastore_id; set one of the two")
