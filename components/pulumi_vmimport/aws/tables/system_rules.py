"""Whether VM Import/Export supports an operating system with the other inputs of an import. Pure.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html,
https://docs.aws.amazon.com/vm-import/latest/userguide/licensing.html
"""

from collections.abc import Iterator

from pulumi_vmimport.aws.ec2.import_options import Architecture, BootMode, LicenseType, Platform, UsageOperation
from pulumi_vmimport.aws.tables.supported_systems import Release, System, table
from pulumi_vmimport.aws.tables.system_identification import (
    editions,
    foreign_language,
    identify,
    is_32_bit,
    is_arm,
    is_other_english,
    suggestions,
)
from pulumi_vmimport.shown_value import shown_value


def problems(
    operating_system: str,
    *,
    region: str | None = None,
    platform: Platform | None = None,
    license_type: LicenseType | None = None,
    usage_operation: UsageOperation | None = None,
    boot_mode: BootMode | None = None,
) -> Iterator[tuple[str, str]]:
    """Why the system cannot be imported with these inputs, as pairs of input and reason.

    An input that is None, because it is not set or not known yet, is not checked.
    """
    if is_arm(operating_system):
        yield "operatingSystem", f"{shown_value(operating_system)} is for ARM64, expected a system for x86-64"
        return
    if is_32_bit(operating_system):
        yield "operatingSystem", f"{shown_value(operating_system)} is a 32-bit system: {_no_32_bit()}"
        return
    identified = identify(operating_system)
    if identified is None or (identified.release is None and not identified.point_releases):
        yield "operatingSystem", _unlisted(operating_system, suggestions(operating_system, identified))
        return
    system = identified.system
    if platform is not None and platform is not system.platform:
        yield "platform", f"expected {system.platform} for {operating_system}, got {platform}"
    yield from license_problems(operating_system, system, license_type, usage_operation)
    if system.platform is Platform.WINDOWS:
        yield from _language_problems(operating_system, system)
    if identified.release is not None:
        yield from _release_problems(operating_system, identified.release, region, boot_mode)


def architecture_problem(architecture: Architecture | None) -> tuple[str, str] | None:
    """Why a system of this architecture cannot be imported, as input and reason."""
    return ("architecture", f"expected x86_64, got i386: {_no_32_bit()}") if architecture is Architecture.I386 else None


def _no_32_bit() -> str:
    return (
        f"AWS has not imported 32-bit systems since {table().i386_stops} ({table().source}); migrate to a 64-bit system"
    )


def warnings(operating_system: str, *, boot_mode: BootMode | None = None) -> Iterator[str]:
    """Why an import of the system may fail, as clauses."""
    identified = identify(operating_system)
    if identified is None:
        return
    if identified.release is not None:
        yield from _release_warnings(operating_system, identified.release, boot_mode)
    elif listed := identified.point_releases:
        yield (
            f"{operating_system} is not one of the point releases that AWS lists ({listed}); the import fails if its "
            "kernel differs from theirs (TR-67)"
        )


def license_problems(
    operating_system: str, system: System, license_type: LicenseType | None, usage_operation: UsageOperation | None
) -> Iterator[tuple[str, str]]:
    """Why AWS does not license the system in this way, as pairs of input and reason that name `operating_system`."""
    if license_type is not None and license_type not in system.licenses:
        yield "licenseType", f"expected {' or '.join(system.licenses)} for {operating_system}, got {license_type}"
    expected = UsageOperation.WINDOWS_BYOL
    if usage_operation is not None and system.is_client and usage_operation is not expected:
        yield "usageOperation", f"expected {expected.value} for {operating_system}, got {usage_operation.value}"


def _language_problems(operating_system: str, system: System) -> Iterator[tuple[str, str]]:
    """AWS imports Windows only in English, and client editions only in US English."""
    language = foreign_language(operating_system)
    if system.is_client and (language or is_other_english(operating_system)):
        found = language or "the English of another country"
        yield "operatingSystem", f"expected Windows in US English, got {shown_value(operating_system)} ({found})"
    elif language:
        reason = "expected Windows in English, because AWS does not support language packs with non-ASCII characters"
        yield "operatingSystem", f"{reason}, got {shown_value(operating_system)} ({language})"


def _release_problems(
    operating_system: str, release: Release, region: str | None, boot_mode: BootMode | None
) -> Iterator[tuple[str, str]]:
    if release.boot_mode and boot_mode not in (None, release.boot_mode):
        yield "bootMode", f"expected {release.boot_mode} for {operating_system}, got {boot_mode}"
    if region in release.not_in_regions:
        yield "operatingSystem", f"AWS does not support {operating_system} in {region}; import it in another Region"
    elif region is not None and release.default_regions_only and table().is_opt_in(region):
        remedy = "import it in a Region that is enabled by default, such as us-east-1 or eu-west-1"
        yield (
            "operatingSystem",
            f"AWS does not support {operating_system} in opt-in Regions such as {region}; {remedy}",
        )


def _release_warnings(operating_system: str, release: Release, boot_mode: BootMode | None) -> Iterator[str]:
    if release.end_of_life:
        withdrawal = f"; its withdrawal was announced for {table().withdrawn_from}" if release.withdrawn else ""
        yield f"AWS lists {operating_system} as end of life and no longer tests it{withdrawal}"
    unlisted = sorted(editions(operating_system) - set(release.editions)) if release.editions else []
    if unlisted:
        yield (
            f"AWS does not list the edition {', '.join(unlisted)} of {operating_system}; supported editions: "
            f"{', '.join(release.editions)}"
        )
    if release.boot_mode and boot_mode is None:
        yield f"{operating_system} requires {release.boot_mode}: set bootMode, because EC2 may select another boot mode"


def _unlisted(operating_system: str, expected: list[str]) -> str:
    return (
        f"AWS does not list {shown_value(operating_system)} (as of {table().checked}), expected a system such as "
        f"{', '.join(expected)}; if AWS supports it now, set skipOperatingSystemCheck; see {table().source}"
    )
