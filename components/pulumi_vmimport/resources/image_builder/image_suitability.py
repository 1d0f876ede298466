"""What the settings of a Region must not do to an AMI because of its platform, license and encryption.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-intro.html,
https://docs.aws.amazon.com/imagebuilder/latest/userguide/cr-upd-ami-distribution-settings.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_vmimport.aws.ec2.images import Image
from pulumi_vmimport.aws.ec2.import_options import UsageOperation
from pulumi_vmimport.lifecycle.contract import is_set

_WINDOWS = "windows"
_EVERYONE = "all"
GROUPS = "amiDistributionConfiguration.launchPermission.userGroups"


def unsuitable_settings(distribution: Mapping[str, Any], image: Image) -> Iterator[tuple[str, str]]:
    """The settings of a Region, in the words of the API, that do not suit an AMI: their paths and reasons."""
    if (image.platform or "").lower() != _WINDOWS and _enables_fast_launch(distribution):
        system = image.platform_details or "Linux/UNIX"
        yield "fastLaunchConfigurations", f"fast launch is for Windows AMIs, and {image.id} runs {system}; remove it"
    if not is_public(distribution):
        return
    if image.usage_operation == UsageOperation.WINDOWS_BYOL:
        yield (
            GROUPS,
            f"'{_EVERYONE}' makes the AMI public, and {image.id} contains your own Windows license; remove it",
        )
    if any(disk.encrypted for disk in image.disks):
        yield GROUPS, f"EC2 does not make an encrypted AMI such as {image.id} public; remove '{_EVERYONE}'"


def _enables_fast_launch(distribution: Mapping[str, Any]) -> bool:
    launches = distribution.get("fastLaunchConfigurations")
    return is_set(launches) and any(is_set(launch) and launch.get("enabled") is True for launch in launches)


def is_public(distribution: Mapping[str, Any]) -> bool:
    """Whether the settings of a Region make the AMI public."""
    at: Any = distribution
    for name in GROUPS.split("."):
        at = at.get(name) if is_set(at) else None
    return is_set(at) and any(is_set(group) and group == _EVERYONE for group in at)
