"""GuestPreparation: the files with which a guest installs and prepares itself for an import, however it is installed.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/prepare-vm-image.html
"""

from typing import Any, Unpack, overload

import pulumi

from pulumi_vmimport.components.component_base import Component
from pulumi_vmimport.resources.guest_installation.guest_preparation_args import GuestPreparationArgs
from pulumi_vmimport.resources.guest_installation.preparation_files import PreparationFiles

__all__ = ["GuestPreparation", "GuestPreparationArgs"]


class GuestPreparation(Component):
    """The answer file, the scripts and the secrets for a guest that is installed by other means than GuestInstallation.

    Packer, MDT, cloud-init, a template or a person brings the files into the guest (docs/guest_preparation.md). They
    are those of GuestInstallation, and prepare the guest in the same way. The answer file has passwords that were
    generated for it; they stay the same until an argument changes.
    """

    label: pulumi.Output[str]
    """The label that the volume with the files must have: VMIMPORT, or CIDATA for Linux."""
    files: pulumi.Output[dict[str, str]]
    """By path on the volume, the content of the files without secrets, such as vmimport/prepare.ps1 for Windows, or
    user-data, meta-data and prepare.sh for Linux."""
    secret_files: pulumi.Output[dict[str, str]]
    """By path on the volume, the content of the files with passwords: autounattend.xml and secrets/secrets.json; empty
    for Linux. Always a secret."""
    iso_sha256: pulumi.Output[str | None]
    """The SHA-256 of the ISO image at iso_path, in hexadecimal; None without iso_path."""

    @overload
    def __init__(
        self, resource_name: str, args: GuestPreparationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[GuestPreparationArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: GuestPreparationArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__("vmimport:index:GuestPreparation", resource_name, args, opts, **kwargs)

    def _declare(self, name: str, args: GuestPreparationArgs) -> None:
        arguments: Any = args
        made = PreparationFiles(f"{name}-files", arguments, pulumi.ResourceOptions(parent=self))
        self.label, self.iso_sha256 = made.label, made.iso_sha256
        self.files, self.secret_files = made.files, made.secret_files
        self.register_outputs(
            {
                "label": self.label,
                "files": self.files,
                "secretFiles": self.secret_files,
                "isoSha256": self.iso_sha256,
            }
        )
