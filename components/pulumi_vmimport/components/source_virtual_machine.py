"""SourceVirtualMachine: a virtual machine on vSphere that VM Import/Export and WorkSpaces accept.

Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html
"""

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, Unpack, overload

import pulumi
import pulumi_vsphere as vsphere

from pulumi_vmimport.components.component_base import CheckedInputs, Component, Values
from pulumi_vmimport.components.source_machine_args import SourceVirtualMachineArgs
from pulumi_vmimport.components.source_machine_problems import MACHINE_ARGS, machine_problems
from pulumi_vmimport.components.source_machine_rules import DEFAULT_SCSI, Phase, release_of
from pulumi_vmimport.components.vm_placement import Placement
from pulumi_vmimport.lifecycle.contract import Problem
from pulumi_vmimport.service_limits import BYOL_DISK_GIB
from pulumi_vmimport.vsphere.hardware_kinds import AdapterKind
from pulumi_vmimport.windows_releases import EFI, WindowsRelease

# AWS documents no values. The minimum of Windows 11 (https://www.microsoft.com/windows/windows-11-specifications), and
# the network adapter whose driver the Windows ISO contains.
DEFAULT_CPUS, DEFAULT_MEMORY_MB, DEFAULT_ADAPTER = 2, 4096, AdapterKind.E1000E.value
_TPM_VERSION = "2.0"
_ANY_SYSTEM = WindowsRelease(firmware="bios", guest_id="otherGuest64")  # the defaults of pulumi-vsphere

__all__ = ["SourceVirtualMachine", "SourceVirtualMachineArgs"]


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
        override = {k: v for k, v in (args.get("virtual_machine_args") or {}).items() if k in MACHINE_ARGS}
        opts = pulumi.ResourceOptions(parent=self, ignore_changes=["vtpm"] if args.get("unattended") else None)
        machine = vsphere.VirtualMachine(name, **{**self._machine(name, args), **override}, opts=opts)
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
        return machine_problems(values, lambda warning: pulumi.log.warn(warning, self))


def _tpm(is_wanted: bool, phase: str) -> vsphere.VirtualMachineVtpmArgs | None:
    return vsphere.VirtualMachineVtpmArgs(version=_TPM_VERSION) if is_wanted and phase != Phase.EXPORT else None


def _uploaded(local_path: str) -> str:
    return f"iso/{PurePath(local_path).name}"
