"""The structures in the arguments of SourceVirtualMachine."""

from typing import NotRequired, TypedDict

import pulumi


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
