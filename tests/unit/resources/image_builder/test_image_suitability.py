"""Settings of a Region that do not suit an AMI."""

from typing import Any

import pytest

from pulumi_vmimport.aws.ec2.images import Image, ImageDisk
from pulumi_vmimport.lifecycle.contract import UNKNOWN
from pulumi_vmimport.resources.image_builder.image_suitability import unsuitable_settings

GROUPS = "amiDistributionConfiguration.launchPermission.userGroups"
PUBLIC = {"amiDistributionConfiguration": {"launchPermission": {"userGroups": ["all"]}}}
BYOL, LICENSE_OF_AWS = "RunInstances:0800", "RunInstances:0002"


def image(usage_operation: str, *, encrypted: bool) -> Image:
    disks = tuple(ImageDisk(f"/dev/sd{letter}", "snap-1", encrypted and letter == "b", 8, False) for letter in "ab")
    return Image(
        "ami-1", "web", "123456789012", "available", "", "windows", "Windows", usage_operation, "uefi", "x86_64", (),
        disks, {},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ami", "words"),
    [
        (image(LICENSE_OF_AWS, encrypted=False), []),
        (image(LICENSE_OF_AWS, encrypted=True), ["EC2 does not make an encrypted AMI such as ami-1 public"]),
        (image(BYOL, encrypted=False), ["ami-1 contains your own Windows license"]),
        (image(BYOL, encrypted=True), ["contains your own Windows license", "EC2 does not make an encrypted AMI"]),
    ],
)
def test_neither_an_encrypted_ami_nor_one_with_a_license_of_its_own_becomes_public(
    ami: Image, words: list[str]
) -> None:
    found = list(unsuitable_settings(PUBLIC, ami))
    assert [path for path, _ in found] == [GROUPS] * len(words)
    assert all(part in reason for part, (_, reason) in zip(words, found, strict=True))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"amiDistributionConfiguration": UNKNOWN},
        {"amiDistributionConfiguration": {"launchPermission": {"userIds": ["210987654321"]}}},
        {"amiDistributionConfiguration": {"launchPermission": {"userGroups": [UNKNOWN]}}},
        {"fastLaunchConfigurations": [{"enabled": UNKNOWN}, {"enabled": True}]},
    ],
)
def test_other_settings_suit_a_windows_ami(settings: dict[str, Any]) -> None:
    assert list(unsuitable_settings(settings, image(BYOL, encrypted=True))) == []
