"""The inputs of a guest to prepare, which GuestInstallation and GuestPreparation share."""

from dataclasses import dataclass

from pulumi_vmimport.guest.answer_file import PartitionLayout
from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.guest.windows_preparation import ExtraScript, Sysprep
from pulumi_vmimport.lifecycle.schema import updatable, updatable_secret

SECRET_INPUTS = ("administrator_password", "byol_account_password", "product_key")
"""The inputs that the state always encrypts"""


@dataclass(frozen=True, kw_only=True)
class GuestInputs:
    """A guest, and what its preparation ensures; PreparedGuestArgs documents the members."""

    guest_profile: GuestProfile
    windows_release: str | None = None
    windows_build: int | None = None
    language: str | None = None
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
    timeout_minutes: int | None = updatable()
