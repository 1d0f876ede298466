"""Whether an import can become a WorkSpaces BYOL image: WorkSpaces rejects it only after export and import.

Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html
"""

from collections.abc import Iterator
from typing import Protocol

from pulumi_vmimport.aws.ec2 import ebs_encryption
from pulumi_vmimport.aws.ec2.import_options import Architecture, LicenseType, Platform, UsageOperation
from pulumi_vmimport.aws.tables.system_identification import identify
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known, is_set
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.shown_value import shown_value

_FAMILY, _RELEASES = "Windows", (10, 11)


class ByolImport(Protocol):
    """The inputs of an import that decide. Any of them may be UNKNOWN."""

    @property
    def image_profile(self) -> ImageProfile | None: ...
    @property
    def encrypted(self) -> bool | None: ...
    @property
    def platform(self) -> Platform | None: ...
    @property
    def architecture(self) -> Architecture | None: ...
    @property
    def license_type(self) -> LicenseType | None: ...
    @property
    def usage_operation(self) -> UsageOperation | None: ...
    @property
    def operating_system(self) -> str | None: ...
    @property
    def skip_operating_system_check(self) -> bool | None: ...


def problems(inputs: ByolImport) -> Iterator[Problem]:
    """The inputs that rule out a WorkSpaces BYOL image."""
    if inputs.image_profile is not ImageProfile.BYOL_WORKSPACES:
        return
    profile = f"for imageProfile {ImageProfile.BYOL_WORKSPACES}"
    if is_known(inputs.encrypted) and inputs.encrypted:
        yield Problem(
            "encrypted", f"expected false {profile}, because WorkSpaces does not support encrypted AMIs, got true"
        )
    if inputs.platform is Platform.LINUX:
        yield Problem("platform", f"expected Windows {profile}, got Linux")
    if inputs.architecture is Architecture.I386 and inputs.skip_operating_system_check:
        yield Problem("architecture", f"expected x86_64 {profile}, got i386")
    if inputs.license_type is LicenseType.AWS:
        yield Problem("licenseType", f"expected BYOL {profile}, got AWS")
    usage = inputs.usage_operation
    if is_known(usage) and usage not in (None, UsageOperation.WINDOWS_BYOL):
        yield Problem("usageOperation", f"expected {UsageOperation.WINDOWS_BYOL.value} {profile}, got {usage.value}")
    yield from _system_problems(inputs, profile)


def _system_problems(inputs: ByolImport, profile: str) -> Iterator[Problem]:
    system, skip = inputs.operating_system, inputs.skip_operating_system_check
    found = identify(system) if is_set(system) and system and is_known(skip) and not skip else None
    if found and (found.system.family != _FAMILY or found.version[0] not in _RELEASES):
        yield Problem("operatingSystem", f"expected Windows 10 or Windows 11 {profile}, got {shown_value(system)}")


def encryption_default_problems(run: Run, path: str, profile: ImageProfile | None) -> Iterator[Problem]:
    """The problem of a Region that encrypts every AMI. Not being allowed to read the setting is a warning.

    A warning too if the resource depends on others (`depends_on`): one of them may change the setting.
    """
    if profile is not ImageProfile.BYOL_WORKSPACES:
        return
    region = run.aws.region
    with warn_on_aws_error(run, f"EBS encryption by default in {region}"):
        if not (ebs_encryption.is_default(run.aws, fresh=False) and ebs_encryption.is_default(run.aws)):
            return
        reason = (
            f"EBS encryption by default is enabled in {region}, so EBS would encrypt the AMI, which WorkSpaces does "
            "not support; disable it until the import ends (`aws ec2 disable-ebs-encryption-by-default`), or import in "
            "another Region"
        )
        if run.supplied_by_resource("region"):
            run.warn(reason)
        else:
            yield Problem(path, reason)
