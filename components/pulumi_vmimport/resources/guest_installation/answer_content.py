"""The answer ISO of a GuestInstallation."""

import io
import secrets
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pulumi_vmimport.guest import answer_iso, cloud_init
from pulumi_vmimport.guest.answer_file import OneTimePasswords, PartitionLayout, WindowsSetup
from pulumi_vmimport.guest.answer_files import answer_files
from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.guest.windows_editions import WINDOWS_EDITIONS
from pulumi_vmimport.guest.windows_preparation import (
    DEFAULT_IGNORED_UPDATES,
    DEFAULT_PAGE_FILE_MB,
    ROOT,
    Sysprep,
    WindowsPreparation,
    supported_builds,
)
from pulumi_vmimport.lifecycle.contract import CleanFailureError
from pulumi_vmimport.resources.guest_installation.guest_inputs import GuestInputs
from pulumi_vmimport.resources.guest_installation.installation_rules import (
    DEFAULT_EDITION,
    DEFAULT_SERVER_EDITION,
    is_server,
    product_of,
)
from pulumi_vmimport.windows_releases import WINDOWS_RELEASES

DEFAULT_USER_NAME = "ec2-user"
_CHECKER_SCRIPT = "BYOLChecker.ps1"
_CHECKER_FOLDER = f"{answer_iso.SCRIPTS}/checker"
_MAX_CHECKER_BYTES = 64 << 20
_URL_SECONDS = 60.0
# A digit, both cases and a special character: the password policy of Windows Server requires three of these kinds.
_COMPLEX_SUFFIX = "-aA1"


def answer_image(inputs: GuestInputs, instance_id: str, firmware: str, installation: str = "") -> bytes:
    """The ISO image. Each call generates other one-time passwords. The guest's status file repeats `installation`.

    Raises: CleanFailureError if BYOL Checker cannot be read; MissingIsoWriterError.
    """
    checker = checker_files(inputs.byol_checker)
    files = {**answer_texts(inputs, instance_id, firmware, checker, installation), **checker}
    return answer_iso.iso_image(files, label_of(inputs.guest_profile))


def answer_texts(
    inputs: GuestInputs, instance_id: str, firmware: str, checker: Mapping[str, bytes], installation: str = ""
) -> dict[str, bytes]:
    """Path and content of the files on the ISO image beside BYOL Checker; each call has other one-time passwords."""
    if inputs.guest_profile is GuestProfile.EC2_LINUX:
        user = inputs.user_name or DEFAULT_USER_NAME
        return cloud_init.no_cloud_files(instance_id, user, inputs.ssh_public_key or "", installation)
    final = {"administrator": inputs.administrator_password, "byol": inputs.byol_account_password}
    final["product_key"] = inputs.product_key
    return answer_files(
        setup_of(inputs, firmware),
        replace(preparation_of(inputs, checker_folder(checker)), installation=installation),
        OneTimePasswords(_one_time_password(), _one_time_password()),
        {name: value for name, value in final.items() if value is not None},
    )


def label_of(profile: GuestProfile) -> str:
    """The label of the volume by which the guest finds the files."""
    return cloud_init.LABEL if profile is GuestProfile.EC2_LINUX else answer_iso.LABEL


def layout_of(inputs: GuestInputs, firmware: str) -> PartitionLayout:
    """The partitions that Setup creates on a machine with this firmware, `bios` or `efi`."""
    default = PartitionLayout.GPT if firmware == "efi" else PartitionLayout.ONE_VOLUME
    return inputs.partition_layout or default


def setup_of(inputs: GuestInputs, firmware: str) -> WindowsSetup:
    """What Setup installs."""
    release = inputs.windows_release or ""
    name, key = inputs.image_name, inputs.setup_key
    if name is None and inputs.image_index is None:
        default = DEFAULT_SERVER_EDITION if is_server(release) else DEFAULT_EDITION
        edition = WINDOWS_EDITIONS[product_of(release)][inputs.edition or default]
        name, key = edition.image_name, key or edition.setup_key
    texts = {"owner": inputs.owner, "organization": inputs.organization, "time_zone": inputs.time_zone}
    texts["computer_name"] = inputs.computer_name
    return WindowsSetup(
        profile=inputs.guest_profile,
        layout=layout_of(inputs, firmware),
        image_name=name,
        image_index=inputs.image_index,
        setup_key=key,
        is_windows_11=product_of(release) == "11",
        bypass_tpm=bool(inputs.bypass_tpm),
        **{name: text for name, text in texts.items() if text is not None},
    )


def preparation_of(inputs: GuestInputs, checker_folder: str = "") -> WindowsPreparation:
    """What the preparation ensures."""
    return WindowsPreparation(
        profile=inputs.guest_profile,
        builds=_builds(inputs),
        with_office=bool(inputs.with_office),
        kms_host=inputs.kms_host or "",
        has_product_key=inputs.product_key is not None,
        install_updates=inputs.install_updates is not False,
        ignored_updates=DEFAULT_IGNORED_UPDATES if inputs.ignored_updates is None else inputs.ignored_updates,
        kept_apps=inputs.kept_apps or (),
        page_file_mb=inputs.page_file_mb or DEFAULT_PAGE_FILE_MB,
        sysprep=inputs.sysprep or Sysprep.NONE,
        checker_folder=checker_folder,
        extra_scripts=inputs.extra_scripts or (),
    )


def _builds(inputs: GuestInputs) -> tuple[int, ...]:
    """The builds that BYOL Checker accepts, and that of the release, which the user may know to be supported."""
    release = WINDOWS_RELEASES.get(inputs.windows_release or "")
    build = inputs.windows_build if release is None else release.build
    return tuple(dict.fromkeys((*supported_builds(), *(() if build is None else (build,)))))


def _one_time_password() -> str:
    return secrets.token_urlsafe(24) + _COMPLEX_SUFFIX


def checker_files(location: str | None) -> dict[str, bytes]:
    """The files of BYOLChecker.zip by their paths on the ISO image; none without a location.

    Raises: CleanFailureError if the zip cannot be read, or is not that of AWS.
    """
    if location is None:
        return {}
    try:
        if location.startswith("https://"):
            with urllib.request.urlopen(location, timeout=_URL_SECONDS) as response:  # noqa: S310 - https only
                content = response.read(_MAX_CHECKER_BYTES + 1)
        else:
            content = Path(location).read_bytes()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if sum(member.file_size for member in members) > _MAX_CHECKER_BYTES:
                raise CleanFailureError(f"byol_checker: {location}: expected at most {_MAX_CHECKER_BYTES >> 20} MiB")
            files = {f"{_CHECKER_FOLDER}/{member.filename}": archive.read(member) for member in members}
    except (OSError, zipfile.BadZipFile) as error:
        raise CleanFailureError(f"byol_checker: {location} cannot be read: {error}") from error
    if not checker_folder(files):
        raise CleanFailureError(f"byol_checker: {location} has no {_CHECKER_SCRIPT}; expected BYOLChecker.zip of AWS")
    return files


def checker_folder(files: Mapping[str, bytes]) -> str:
    """The folder of BYOL Checker in the guest; empty if the files are not those of the checker."""
    script = next((path for path in map(PurePosixPath, files) if path.name == _CHECKER_SCRIPT), None)
    return "" if script is None else "\\".join((ROOT, *script.relative_to(answer_iso.SCRIPTS).parent.parts))
