"""GuestInstallation: install and prepare the guest of a vSphere virtual machine, with nobody at its console."""

from dataclasses import dataclass
from typing import Any, Unpack, overload

import pulumi

from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.resources.guest_installation.guest_inputs import SECRET_INPUTS, GuestInputs
from pulumi_vmimport.resources.guest_installation.prepared_guest_args import PreparedGuestArgs
from pulumi_vmimport.resources.guest_installation.windows_guest_args import WindowsGuestArgs


@dataclass(frozen=True, kw_only=True)
class GuestInstallationInputs(GuestInputs):
    uuid: str
    datastore: str | None = None
    overwrite_disk: bool | None = updatable()


@dataclass(frozen=True, kw_only=True)
class GuestInstallationState(GuestInstallationInputs):
    installed_at: str | None = None
    passes: int | None = None
    checker_result: str | None = None
    datacenter: str | None = None
    answer_iso: str | None = None
    reported_failures: int | None = None
    screenshot: str | None = None


class GuestInstallationArgs(PreparedGuestArgs, WindowsGuestArgs):
    """The arguments of GuestInstallation.

    Changes to administrator_password, byol_account_password, product_key, overwrite_disk and timeout_minutes are
    applied in place: the installed guest keeps its passwords and its key. Any other change installs the guest again.
    The vSphere connection is configured by the explicit provider, the stack, or the environment (VSPHERE_SERVER,
    VSPHERE_USER, VSPHERE_PASSWORD).
    """

    uuid: pulumi.Input[str]
    """The BIOS UUID of the virtual machine: output `uuid` of SourceVirtualMachine or pulumi-vsphere. The ISO image to
    install from is in its CD drive."""


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
    _secret_arguments = SECRET_INPUTS

    uuid: pulumi.Output[str]
    """The BIOS UUID. The output is known only when the guest is installed, so exports that use it wait for it."""
    installed_at: pulumi.Output[str]
    """When the guest was installed and prepared, in ISO 8601."""
    passes: pulumi.Output[int | None]
    """How many passes the preparation took; None if the guest did not report it."""
    checker_result: pulumi.Output[str | None]
    """`success` if BYOL Checker found nothing; None if byol_checker is not set, or the guest did not report it."""
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
