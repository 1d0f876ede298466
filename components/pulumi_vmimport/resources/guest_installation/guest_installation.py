"""GuestInstallation: install and prepare the guest of a vSphere virtual machine, with nobody at its console."""

from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.guest.answer_file import PartitionLayout
from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.guest.windows_preparation import ExtraScript, Sysprep
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable, updatable_secret
from pulumi_vmimport.resources.guest_installation.windows_guest_args import WindowsGuestArgs


@dataclass(frozen=True, kw_only=True)
class GuestInstallationInputs:
    uuid: str
    guest_profile: GuestProfile
    windows_release: str | None = None
    edition: str | None = None
    image_name: str | None = None
    image_index: int | None = None
    setup_key: str | None = None
    partition_layout: PartitionLayout | None = None
    administrator_password: str | None = updatable_secret()
    byol_account_password: str | None = updatable_secret()
    product_key: str | None = updatable_secret()
    kms_host: str | None = None
    with_office: bool | None = None
    install_updates: bool | None = None
    ignored_updates: tuple[str, ...] | None = None
    kept_apps: tuple[str, ...] | None = None
    extra_scripts: tuple[ExtraScript, ...] | None = None
    byol_checker: str | None = None
    page_file_mb: int | None = None
    sysprep: Sysprep | None = None
    computer_name: str | None = None
    time_zone: str | None = None
    owner: str | None = None
    organization: str | None = None
    bypass_tpm: bool | None = None
    user_name: str | None = None
    ssh_public_key: str | None = None
    datastore: str | None = None
    overwrite_disk: bool | None = updatable()
    timeout_minutes: int | None = updatable()


@dataclass(frozen=True, kw_only=True)
class GuestInstallationState(GuestInstallationInputs):
    installed_at: str | None = None
    passes: int | None = None
    datacenter: str | None = None
    answer_iso: str | None = None
    reported_failures: int | None = None
    screenshot: str | None = None


class GuestInstallationArgs(WindowsGuestArgs):
    """The arguments of GuestInstallation.

    Changes to administrator_password, byol_account_password, product_key, overwrite_disk and timeout_minutes are
    applied in place: the installed guest keeps its passwords and its key. Any other change installs the guest again.
    The vSphere connection is configured by the environment (VSPHERE_SERVER, VSPHERE_USER, VSPHERE_PASSWORD) or the
    stack (vsphere:vsphereServer, vsphere:user, vsphere:password).
    """

    uuid: pulumi.Input[str]
    """The BIOS UUID of the virtual machine: output `uuid` of SourceVirtualMachine or pulumi-vsphere. The ISO image to
    install from is in its CD drive."""
    guest_profile: pulumi.Input[Literal["byol-workspaces", "ec2-windows", "ec2-linux"]]
    """What the guest is prepared for: a WorkSpaces BYOL image, or an AMI of Windows or Linux."""
    page_file_mb: NotRequired[pulumi.Input[int]]
    """The size of the page file, for ec2-windows. Default: 4096."""
    sysprep: NotRequired[pulumi.Input[Literal["none", "before-export"]]]
    """Whether Sysprep generalizes Windows before the shutdown, for ec2-windows. Default: none."""
    user_name: NotRequired[pulumi.Input[str]]
    """The account that the key is for, for ec2-linux. Default: ec2-user."""
    ssh_public_key: NotRequired[pulumi.Input[str]]
    """The public key of the account. Required for ec2-linux."""


class GuestInstallation(ManagedResource, module="vmimport", name="GuestInstallation"):
    """Installs an operating system from the ISO image in the CD drive and prepares it for an import.

    The resource's id is the BIOS UUID. An ISO image with the answer file and the scripts is attached as a second CD
    drive until the guest has shut itself down. Passwords are on this ISO image only; it is deleted at the end, and when
    the resource is deleted. A failed step ends the update with its message, and the virtual machine stays on; correct
    the cause at its console, restart it, and run `pulumi up` again. Deleting the resource does not delete the guest.
    """

    _inputs_type = GuestInstallationInputs
    _state_type = GuestInstallationState

    _uses_vsphere = True
    _secret_arguments = ("administrator_password", "byol_account_password", "product_key")

    uuid: pulumi.Output[str]
    """The BIOS UUID. The output is known only when the guest is installed, so exports that use it wait for it."""
    installed_at: pulumi.Output[str]
    """When the guest was installed and prepared, in ISO 8601."""
    passes: pulumi.Output[int | None]
    """How many passes the preparation took; None if the guest did not report it."""
    answer_iso: pulumi.Output[str | None]
    """The answer ISO in the datastore, such as `[datastore1] pulumi-vmimport/0a1b.iso`; None after the installation."""
    datacenter: pulumi.Output[str | None]
    """The inventory path of the datacenter of the answer ISO; None after the installation."""
    reported_failures: pulumi.Output[int | None]
    """How many failures of steps earlier runs have reported; None after the installation."""
    screenshot: pulumi.Output[str | None]
    """A picture of the console in the datastore, taken when a step failed or the run ended; None after the
    installation."""

    @overload
    def __init__(
        self, resource_name: str, args: GuestInstallationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[GuestInstallationArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: GuestInstallationArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
