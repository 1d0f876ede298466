"""What the facts say about a guest in a few words, for outputs and comparisons with inputs."""

from dataclasses import dataclass

from pulumi_vmimport.disk.guest.guest_facts import GuestFacts, GuestSystem
from pulumi_vmimport.disk.guest.windows_releases import CLIENT_RELEASES, SERVER_RELEASES

_LANGUAGES = {0x0407: "de-DE", 0x0409: "en-US", 0x0809: "en-GB", 0x040C: "fr-FR", 0x0411: "ja-JP", 0x0804: "zh-CN"}
_LINUX_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "i386": "x86"}
_COMPLETE = "IMAGE_STATE_COMPLETE"
GENERALIZED, INSTALLED = "generalized", "installed"


@dataclass(frozen=True)
class DetectedGuest:
    """The operating system on a disk. None stands for what could not be read."""

    system: str
    """windows or linux"""
    release: str | None = None
    """Such as `Windows 10 22H2`, by the build and the product type, never by the product name; or that of Linux"""
    edition: str | None = None
    """Such as Professional"""
    build: str | None = None
    """The build with its revision, such as 19045.3803"""
    language: str | None = None
    """The language of the installation, such as en-US"""
    architecture: str | None = None
    """amd64, x86 or arm64"""
    firmware: str | None = None
    """bios or efi, by the boot loader of the default entry; of Linux efi if both can boot it"""
    sysprep_state: str | None = None
    """installed, or what Setup records: generalized, setup-in-progress, or the state's name"""
    distribution: str | None = None
    """Of Linux: the id of its distribution, such as debian or rhel"""
    version: str | None = None
    """Of Linux: the version of the distribution, such as 12 or 9.4"""
    kernel: str | None = None
    """Of Linux: the version of the default kernel, such as 6.1.0-18-amd64"""


def detected_guest(facts: GuestFacts) -> DetectedGuest | None:
    """The operating system that the facts describe; None if none was recognized."""
    if facts.system is GuestSystem.LINUX:
        return _linux(facts)
    if facts.system is None:
        return None
    return DetectedGuest(
        system=facts.system.value,
        release=_release(facts),
        edition=_text(facts, "windows.edition"),
        build=_build(facts),
        language=_language(facts),
        architecture=_architecture(facts),
        firmware=_firmware(facts),
        sysprep_state=_sysprep_state(facts),
    )


def _linux(facts: GuestFacts) -> DetectedGuest:
    architecture = _text(facts, "linux.architecture")
    firmware = _text(facts, "linux.firmware")
    return DetectedGuest(
        system=GuestSystem.LINUX.value,
        release=_text(facts, "linux.name"),
        architecture=_LINUX_ARCHITECTURES.get(architecture, architecture) if architecture else None,
        firmware="efi" if firmware == "both" else firmware,
        distribution=_text(facts, "linux.distribution"),
        version=_text(facts, "linux.version"),
        kernel=_text(facts, "linux.kernel"),
    )


def _text(facts: GuestFacts, id: str) -> str | None:
    value = facts.fact(id).value
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and str(value) else None


def _release(facts: GuestFacts) -> str | None:
    build, product = _text(facts, "windows.build"), _text(facts, "windows.product_type")
    if build is None or product is None or not build.isdecimal():
        return None
    is_client = product.lower() == "winnt"
    known = (CLIENT_RELEASES if is_client else SERVER_RELEASES).get(int(build))
    return known or f"Windows{'' if is_client else ' Server'} build {build}"


def _build(facts: GuestFacts) -> str | None:
    build, revision = _text(facts, "windows.build"), _text(facts, "windows.revision")
    return f"{build}.{revision}" if build and revision else build


def _language(facts: GuestFacts) -> str | None:
    value = _text(facts, "windows.install_language")
    try:
        return _LANGUAGES.get(int(value, 16), value) if value else None
    except ValueError:
        return value


def _architecture(facts: GuestFacts) -> str | None:
    value = _text(facts, "windows.architecture")
    return value.lower() if value else None


def _firmware(facts: GuestFacts) -> str | None:
    loader = _text(facts, "boot.loader")
    return None if loader is None else "efi" if loader.lower().endswith(".efi") else "bios"


def _sysprep_state(facts: GuestFacts) -> str | None:
    state = _text(facts, "setup.image_state")
    in_progress = facts.fact("setup.in_progress")
    if state is None:
        return None
    if "GENERALIZE" in state.upper():
        return GENERALIZED
    if in_progress.value == 1:
        return "setup-in-progress"
    return INSTALLED if state.upper() == _COMPLETE else state
