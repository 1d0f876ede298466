"""The problems of the inputs of GuestInstallation alone, and what the inputs mean."""

import re
from collections.abc import Iterator
from importlib.util import find_spec

from pulumi_vmimport.guest.answer_file import PartitionLayout
from pulumi_vmimport.guest.preparation_script import SCRIPT_NAME
from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.guest.windows_editions import WINDOWS_EDITIONS
from pulumi_vmimport.lifecycle.contract import Problem, is_known, is_set
from pulumi_vmimport.local_files import is_local_file
from pulumi_vmimport.resources.guest_installation.guest_inputs import GuestInputs
from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.windows_releases import LANGUAGE, WINDOWS_RELEASES, WINDOWS_SERVERS

DEFAULT_EDITION, DEFAULT_SERVER_EDITION = "Professional", "ServerStandard"
_MAX_PASSWORD_CHARACTERS = 127  # of the dialog of Windows and of `net user`
_COMPUTER_NAME = re.compile(r"(?=.*[A-Za-z-])[A-Za-z0-9-]{1,15}")
_USER_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_PUBLIC_KEY = re.compile(r"(?:ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/=]+(?: [^\n]*)?")
_SERVER = re.compile(r"20\d\d")
_CLIENT = re.compile(r"1[01]-\w{4}")
_WINDOWS_ONLY = (
    *("windowsRelease", "windowsBuild", "language", "edition", "imageName", "imageIndex", "setupKey"),
    *("partitionLayout", "administratorPassword", "byolAccountPassword", "productKey", "kmsHost", "withOffice"),
    *("installUpdates", "ignoredUpdates", "keptApps", "extraScripts", "byolChecker", "pageFileMb", "sysprep"),
    *("computerName", "timeZone", "owner", "organization", "bypassTpm"),
)
_BYOL_ONLY = ("byolAccountPassword", "withOffice", "byolChecker")
_EC2_ONLY = ("pageFileMb", "sysprep")
_LINUX_ONLY = ("userName", "sshPublicKey")


def product_of(release: str) -> str:
    """10 or 11 for a client release such as 10-22H2; the year of a server."""
    return release.partition("-")[0]


def is_server(release: str) -> bool:
    """Whether a release is a Windows Server."""
    return _SERVER.fullmatch(release) is not None


def default_firmware(inputs: GuestInputs) -> str:
    """The firmware, `bios` or `efi`, of a machine that is not known."""
    return "efi" if product_of(inputs.windows_release or "") == "11" else "bios"


def input_problems(inputs: GuestInputs) -> Iterator[Problem]:
    """Every problem of the inputs alone."""
    if find_spec("pycdlib") is None:
        yield Problem("", "ISO images require the package pycdlib; run: pip install 'pulumi-vmimport[guest]'")
    if not is_known(inputs.guest_profile):
        return
    is_linux = inputs.guest_profile is GuestProfile.EC2_LINUX
    yield from _surplus(inputs)
    yield from _linux_problems(inputs) if is_linux else _windows_problems(inputs)
    if is_set(inputs.timeout_minutes) and inputs.timeout_minutes < 1:
        yield Problem("timeoutMinutes", f"expected at least 1, got {inputs.timeout_minutes}")


def _surplus(inputs: GuestInputs) -> Iterator[Problem]:
    """Inputs that have no effect for the profile."""
    names: tuple[str, ...]
    match inputs.guest_profile:
        case GuestProfile.EC2_LINUX:
            names = _WINDOWS_ONLY
        case GuestProfile.EC2_WINDOWS:
            names = (*_BYOL_ONLY, *_LINUX_ONLY)
        case _:
            names = (*_EC2_ONLY, *_LINUX_ONLY)
    for name in names:
        if is_set(getattr(inputs, _python_name(name))):
            yield Problem(name, f"has no effect with guest_profile {inputs.guest_profile.value}; remove it")


def _python_name(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name).lower()


def _windows_problems(inputs: GuestInputs) -> Iterator[Problem]:
    yield from _release_problems(inputs)
    yield from _image_problems(inputs)
    required = {"administratorPassword": inputs.administrator_password}
    if inputs.guest_profile is GuestProfile.BYOL_WORKSPACES:
        required["byolAccountPassword"] = inputs.byol_account_password
    for name, value in required.items():
        if value is None:
            yield Problem(name, "is required: AWS rejects a guest whose accounts have no password")
        elif is_known(value) and (not 0 < len(value) <= _MAX_PASSWORD_CHARACTERS or not value.isprintable()):
            yield Problem(name, f"expected 1 to {_MAX_PASSWORD_CHARACTERS} printable characters")
    if is_set(inputs.computer_name) and not _COMPUTER_NAME.fullmatch(inputs.computer_name):
        expected = "expected 1 to 15 letters, digits and hyphens, not digits alone"
        yield Problem("computerName", f"{expected}, got {shown_value(inputs.computer_name)}")
    if is_set(inputs.language) and inputs.language != LANGUAGE:
        reason = f"expected {LANGUAGE}, got {shown_value(inputs.language)}"
        yield Problem("language", f"{reason}; WorkSpaces requires it, and the preparation reads English output")
    yield from _script_problems(inputs)
    yield from _checker_problems(inputs)
    if is_set(inputs.page_file_mb) and inputs.page_file_mb < 1:
        yield Problem("pageFileMb", f"expected at least 1, got {inputs.page_file_mb}")


def _release_problems(inputs: GuestInputs) -> Iterator[Problem]:
    release, build = inputs.windows_release, inputs.windows_build
    is_byol = inputs.guest_profile is GuestProfile.BYOL_WORKSPACES
    known = {**WINDOWS_RELEASES, **({} if is_byol else WINDOWS_SERVERS)}
    allowed = ", ".join(known)
    if release is None:
        yield Problem("windowsRelease", f"is required, expected one of {allowed}")
    elif is_known(release) and release not in known and not (_has_build(inputs) and _is_release(release, is_byol)):
        remedy = "describe a newer release such as 11-26H2 with windows_build"
        yield Problem("windowsRelease", f"expected one of {allowed}, got {shown_value(release)}; {remedy}")
    elif is_set(release) and is_set(build) and release in known and build != known[release].build:
        yield Problem("windowsBuild", f"expected {known[release].build} for release {release}, got {build}; remove it")
    elif is_known(release, inputs.partition_layout) and inputs.partition_layout is not None:
        needs_gpt = product_of(release) == "11"
        if needs_gpt != (inputs.partition_layout is PartitionLayout.GPT) and not is_server(release):
            firmware = "UEFI, layout gpt" if needs_gpt else "BIOS, layout one-volume or system-reserved"
            yield Problem("partitionLayout", f"WorkSpaces and Setup require {firmware} for release {release}")
    if is_set(release) and is_set(inputs.bypass_tpm) and inputs.bypass_tpm and product_of(release) != "11":
        yield Problem("bypassTpm", f"only Setup of Windows 11 checks TPM and Secure Boot, the release is {release}")


def _has_build(inputs: GuestInputs) -> bool:
    """Whether the program gives the build, even if it is not known yet."""
    return inputs.windows_build is not None


def _is_release(release: str, is_byol: bool) -> bool:
    """Whether a text has the form of a release."""
    return _CLIENT.fullmatch(release) is not None or (not is_byol and is_server(release))


def _image_problems(inputs: GuestInputs) -> Iterator[Problem]:
    choices = {"edition": inputs.edition, "imageName": inputs.image_name, "imageIndex": inputs.image_index}
    given = [name for name, value in choices.items() if is_set(value)]
    for name in given[1:]:
        yield Problem(name, f"expected at most one of {', '.join(choices)}, got {', '.join(given)}")
    if is_set(inputs.image_index) and inputs.image_index < 1:
        yield Problem("imageIndex", f"expected at least 1, got {inputs.image_index}")
    has_image = inputs.image_name is not None or inputs.image_index is not None
    release = inputs.windows_release
    is_server_guest = inputs.guest_profile is GuestProfile.EC2_WINDOWS and is_set(release) and is_server(release)
    if is_server_guest and not has_image and release not in WINDOWS_EDITIONS:
        yield Problem("imageName", f"is required: this version knows no editions of release {release}")
    if is_set(inputs.edition) and is_set(inputs.windows_release):
        editions = WINDOWS_EDITIONS.get(product_of(inputs.windows_release), {})
        if editions and inputs.edition not in editions:
            expected = f"expected one of {', '.join(editions)}"
            remedy = "select any other image with image_name or image_index"
            yield Problem("edition", f"{expected}, got {shown_value(inputs.edition)}; {remedy}")


def _script_problems(inputs: GuestInputs) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, script in enumerate(inputs.extra_scripts or () if is_known(inputs.extra_scripts) else ()):
        if not is_known(script) or not is_known(script.name):
            continue
        path = f"extraScripts[{number}].name"
        if not SCRIPT_NAME.fullmatch(script.name):
            expected = "expected 1 to 40 letters, digits and hyphens"
            yield Problem(path, f"{expected}, got {shown_value(script.name)}")
        if script.name.lower() in seen:
            yield Problem(path, f"{shown_value(script.name)} is the name of an earlier script; use another name")
        seen.add(script.name.lower())


def _checker_problems(inputs: GuestInputs) -> Iterator[Problem]:
    checker = inputs.byol_checker
    if is_set(checker) and not checker.startswith("https://") and not is_local_file(checker):
        yield Problem("byolChecker", f"expected a file on this machine or an https URL, got {shown_value(checker)}")


def _linux_problems(inputs: GuestInputs) -> Iterator[Problem]:
    if inputs.ssh_public_key is None:
        yield Problem("sshPublicKey", "is required: VM Import/Export creates no account")
    elif is_known(inputs.ssh_public_key) and not _PUBLIC_KEY.fullmatch(inputs.ssh_public_key):
        got = shown_value(inputs.ssh_public_key)
        yield Problem("sshPublicKey", f"expected a public key in the format of OpenSSH, got {got}")
    if is_set(inputs.user_name) and (inputs.user_name == "root" or not _USER_NAME.fullmatch(inputs.user_name)):
        yield Problem("userName", f"expected a user name other than root, got {shown_value(inputs.user_name)}")
