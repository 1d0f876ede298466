"""Virtual machines in the sandbox's vCenter whose disks are files of the benchmark."""

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyVmomi import vim

from pulumi_vmimport_sandbox.environment import for_vsphere
from pulumi_vmimport_sandbox.vcenter import VCenterSandbox

DEVICE = vim.vm.device
_DATASTORE = "LocalDS_0"


@dataclass(frozen=True)
class VCenter:
    """A running vCenter simulator."""

    simulator: VCenterSandbox

    @property
    def port(self) -> int:
        """The port that the simulator listens on."""
        return self.simulator.port

    def environment(self, port: int | None = None) -> dict[str, str]:
        """An environment that directs the library and govc to the simulator, or to a relay that listens on `port`."""
        server, user, password = (
            f"{self.simulator.host}:{port or self.port}",
            self.simulator.user,
            self.simulator.password,
        )
        return {
            **for_vsphere(server, user, password, self.simulator.ca_file),
            "GOVC_URL": f"https://{server}/sdk",
            "GOVC_USERNAME": user,
            "GOVC_PASSWORD": password,
            "GOVC_TLS_CA_CERTS": str(self.simulator.ca_file),
            "GOVC_PERSIST_SESSION": "false",
        }

    def create_vm(self, name: str, disks: Sequence[tuple[Path, int]]) -> str:
        """Create a powered-off VM with disks of (file, capacity in bytes). Returns its BIOS UUID."""
        root = self.simulator.session.content.rootFolder.childEntity[0]
        spec = vim.vm.ConfigSpec(
            name=name,
            files=vim.vm.FileInfo(vmPathName=f"[{_DATASTORE}]"),
            deviceChange=_devices([capacity for _, capacity in disks]),
            guestId="windows9_64Guest",
            numCPUs=2,
            memoryMB=4096,
            firmware="bios",
        )
        pool = root.hostFolder.childEntity[0].resourcePool
        vm = self.simulator.session.wait("create", root.vmFolder.CreateVM_Task(config=spec, pool=pool))
        vm_disks: list[Any] = [device for device in vm.config.hardware.device if isinstance(device, DEVICE.VirtualDisk)]
        for device, (file, _) in zip(vm_disks, disks, strict=True):
            path = device.backing.fileName.split("] ")[1]
            self.simulator.put_file(_DATASTORE, path, io.BytesIO())
            placeholder = self.simulator.folder_of(_DATASTORE) / path  # a link, because the file may have 8 GiB
            placeholder.unlink()
            os.link(file, placeholder)
        return str(vm.config.uuid)


@contextmanager
def vcenter(directory: Path) -> Iterator[VCenter]:
    """Run a simulator inside the block, with its datastore below `directory`. Disks must be on that file system."""
    with VCenterSandbox(directory / "vcenter") as simulator:
        # Lease URLs then have `*` as their host, as on ESXi. A fixed host would bypass the relay.
        anywhere = vim.option.OptionValue(key="vcsim.server.url", value="https://*/sdk")
        simulator.session.content.setting.UpdateOptions([anywhere])
        yield VCenter(simulator)


def _devices(capacities: Sequence[int]) -> list[vim.vm.device.VirtualDeviceSpec]:
    controller = DEVICE.VirtualLsiLogicSASController(key=1000, busNumber=0, sharedBus="noSharing")
    network = DEVICE.VirtualEthernetCard.NetworkBackingInfo(deviceName="VM Network")
    devices = [controller, DEVICE.VirtualE1000e(key=4000, backing=network)]
    changes = [DEVICE.VirtualDeviceSpec(operation="add", device=device) for device in devices]
    for number, capacity in enumerate(capacities):
        backing = DEVICE.VirtualDisk.FlatVer2BackingInfo(
            fileName=f"[{_DATASTORE}]", diskMode="persistent", thinProvisioned=True
        )
        disk = DEVICE.VirtualDisk(
            key=2000 + number, controllerKey=1000, unitNumber=number, backing=backing, capacityInKB=capacity >> 10
        )
        changes.append(DEVICE.VirtualDeviceSpec(operation="add", fileOperation="create", device=disk))
    return changes
