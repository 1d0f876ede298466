"""The arguments of GuestPreparation."""

from typing import NotRequired

import pulumi

from pulumi_vmimport.resources.guest_installation.prepared_guest_args import PreparedGuestArgs


class GuestPreparationArgs(PreparedGuestArgs):
    """The arguments of GuestPreparation.

    The passwords and the product key are always secrets. A change of any argument generates the files again.
    """

    iso_path: NotRequired[pulumi.Input[str]]
    """Where to write the files as an ISO image on the machine that runs Pulumi. The image contains the passwords: the
    file is readable by its owner only (mode 0600), and is deleted with the component. Default: no file is written."""
