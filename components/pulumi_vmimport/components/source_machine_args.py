"""The arguments of SourceVirtualMachine."""

from typing import Any, Literal, NotRequired, TypedDict

import pulumi

from pulumi_vmimport.resources.allowed_values import ImageProfileValue


class IsoArgs(TypedDict):
    """The ISO image that Windows is installed from: a file in a datastore, or a local file to upload."""

    path: NotRequired[pulumi.Input[str]]
    """The path in the datastore, such as iso/windows.iso. Default: iso/ and the file name of local_path."""
    datastore_id: NotRequired[pulumi.Input[str]]
    """The id of the datastore. Default: that of the virtual machine."""
    datastore: NotRequired[pulumi.Input[str]]
    """The name of the datastore, instead of datastore_id; an upload requires it. Default: that of the virtual
    machine."""
    datacenter: NotRequired[pulumi.Input[str]]
    """The name of the datacenter of that datastore. Default: that of the virtual machine."""
    local_path: NotRequired[pulumi.Input[str]]
    """A file to upload from the machine that runs Pulumi; a change of the path, not of the content, uploads it again.
    The path may be an output, but whether it is set must be known. Default: nothing is uploaded."""


class WindowsReleaseArgs(TypedDict):
    """The virtual machine that a release of Windows requires."""

    firmware: pulumi.Input[str]
    """bios or efi."""
    guest_id: pulumi.Input[str]
    """The guest id in vSphere, such as windows11_64Guest."""


class GuestArgs(TypedDict):
    """Facts about the guest that vSphere does not expose.

    Anything set here that VM Import/Export does not support fails preview.
    """

    language: NotRequired[pulumi.Input[str]]
    """The language of the Windows installation; WorkSpaces supports only English. Default: en-US."""
    static_ip: NotRequired[pulumi.Input[bool]]
    """The network adapter has a static address. Default: false; it uses DHCP."""
    raw_device_mapping: NotRequired[pulumi.Input[bool]]
    """A disk is a raw device mapping. Default: false."""
    se_sparse_disks: NotRequired[pulumi.Input[bool]]
    """A disk is an SEsparse delta file, as snapshots create them. Default: false."""
    dual_boot: NotRequired[pulumi.Input[bool]]
    """Several operating systems are installed. Default: false."""
    mbr_on_other_disk: NotRequired[pulumi.Input[bool]]
    """The root partition and the MBR are on different disks. Default: false."""
    physical_origin: NotRequired[pulumi.Input[bool]]
    """The virtual machine was converted from a physical machine (P2V). Default: false."""
    encrypted_volumes: NotRequired[pulumi.Input[bool]]
    """A volume is encrypted, for example with BitLocker. Default: false."""
    arm64: NotRequired[pulumi.Input[bool]]
    """The operating system is for ARM64. Default: false."""
    hyper_v_role: NotRequired[pulumi.Input[bool]]
    """The Hyper-V role is installed. Default: false."""


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
    unattended: NotRequired[bool]
    """Whether GuestInstallation installs the guest. It removes the virtual TPM at the end; with true, Pulumi does not
    add the TPM again, and later changes of vtpm have no effect. Default: false."""
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
