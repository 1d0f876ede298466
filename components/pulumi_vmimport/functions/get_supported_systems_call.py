"""The call of getSupportedSystems."""

from collections.abc import Iterator

from pulumi_vmimport.aws.tables import supported_systems
from pulumi_vmimport.aws.tables.supported_systems import System
from pulumi_vmimport.functions.get_supported_systems import (
    ByolRelease,
    GetSupportedSystemsInputs,
    GetSupportedSystemsResult,
    SupportedFormat,
    SupportedRelease,
    SupportedSystem,
)
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.lifecycle.function import Function
from pulumi_vmimport.windows_releases import WINDOWS_RELEASES


class GetSupportedSystems(Function[GetSupportedSystemsInputs, GetSupportedSystemsResult]):
    """The tables of this version of the library."""

    inputs_type = GetSupportedSystemsInputs
    result_type = GetSupportedSystemsResult
    uses_aws = False

    def call(self, run: Run, inputs: GetSupportedSystemsInputs) -> GetSupportedSystemsResult:
        del run
        table, profile = supported_systems.table(), inputs.image_profile
        return GetSupportedSystemsResult(
            checked=table.checked,
            source=table.source,
            systems=tuple(map(_system, table.systems)) if profile in {None, ImageProfile.EC2} else (),
            byol_releases=tuple(_byol_releases()) if profile in {None, ImageProfile.BYOL_WORKSPACES} else (),
            formats=tuple(_formats(profile)),
            withdrawn_from=table.withdrawn_from,
            i386_withdrawn_from=table.i386_stops,
            default_regions=table.default_regions,
        )


def _system(system: System) -> SupportedSystem:
    return SupportedSystem(
        family=system.family,
        platform=system.platform,
        license_types=system.licenses,
        releases=tuple(SupportedRelease(**vars(release)) for release in system.releases),
        note=system.note,
    )


def _byol_releases() -> Iterator[ByolRelease]:
    for name, release in WINDOWS_RELEASES.items():
        yield ByolRelease(
            release=name,
            firmware=release.firmware,
            build=release.build,
            is_listed=release.is_listed,
            source=release.source,
        )


def _formats(profile: ImageProfile | None) -> Iterator[SupportedFormat]:
    resource = "ImportSnapshot" if profile is ImageProfile.SNAPSHOT else "ImportImage"
    for found in supported_systems.table().formats:
        if profile is None or resource in found["imports"]:
            yield SupportedFormat(
                name=found["name"],
                description=found["description"],
                resources=tuple(found["imports"]),
                suffix=found.get("suffix"),
            )
