"""The kinds of hardware of a virtual machine, with the names of vSphere and of pulumi-vsphere."""

from enum import StrEnum


class PowerState(StrEnum):
    """vSphere's VirtualMachinePowerState."""

    ON = "poweredOn"
    OFF = "poweredOff"
    SUSPENDED = "suspended"


class ControllerKind(StrEnum):
    """The kind of a storage controller. SCSI controllers have the names of pulumi-vsphere's `scsi_type`."""

    LSI_LOGIC_SAS = "lsilogic-sas"
    LSI_LOGIC = "lsilogic"
    PVSCSI = "pvscsi"
    BUS_LOGIC = "buslogic"
    SATA = "sata"
    NVME = "nvme"
    IDE = "ide"
    OTHER = "other"


class AdapterKind(StrEnum):
    """The kind of a network adapter, with the names of pulumi-vsphere's `adapter_type`."""

    VMXNET3 = "vmxnet3"
    E1000E = "e1000e"
    E1000 = "e1000"
    OTHER = "other"


class DiskBacking(StrEnum):
    """Where a disk stores its bytes. vSphere exports flat and sparse disks."""

    FLAT = "flat"
    SPARSE = "sparse"
    SE_SPARSE = "seSparse"
    RAW_DEVICE = "rawDeviceMapping"
    OTHER = "other"
