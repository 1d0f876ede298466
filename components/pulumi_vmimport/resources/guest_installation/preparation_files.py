"""PreparationFiles: the generated files of a GuestPreparation, with the passwords that they contain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.resources.guest_installation.guest_inputs import SECRET_INPUTS, GuestInputs
from pulumi_vmimport.resources.guest_installation.guest_preparation_args import GuestPreparationArgs


@dataclass(frozen=True, kw_only=True)
class PreparationFilesInputs(GuestInputs):
    iso_path: str | None = None


@dataclass(frozen=True, kw_only=True)
class PreparationFilesState(PreparationFilesInputs):
    label: str | None = None
    files: Mapping[str, str] | None = None
    secret_files: Mapping[str, str] | None = None
    iso_sha256: str | None = None


class PreparationFilesArgs(GuestPreparationArgs):
    """The arguments of PreparationFiles.

    Changes to administrator_password, byol_account_password, product_key and timeout_minutes are applied in place.
    """

    timeout_minutes: NotRequired[pulumi.Input[int]]
    """How long one `pulumi up` may take, in minutes. Default: 1440."""


class PreparationFiles(ManagedResource, module="vmimport", name="PreparationFiles"):
    """The files of a GuestPreparation. The state keeps them, because each generation has other one-time passwords."""

    _inputs_type = PreparationFilesInputs
    _state_type = PreparationFilesState

    _secret_arguments = SECRET_INPUTS
    _secret_outputs = ("secret_files",)

    label: pulumi.Output[str]
    """The label of the volume by which the guest finds the files: VMIMPORT, or CIDATA for Linux."""
    files: pulumi.Output[dict[str, str]]
    """By path, the content of the files without secrets."""
    secret_files: pulumi.Output[dict[str, str]]
    """By path, the content of the files with passwords and product keys; always a secret."""
    iso_sha256: pulumi.Output[str | None]
    """The SHA-256 of the ISO image, in hexadecimal; None without iso_path."""

    @overload
    def __init__(
        self, resource_name: str, args: PreparationFilesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Unpack[PreparationFilesArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: PreparationFilesArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
