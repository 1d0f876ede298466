from typing import Any

import pytest

from pulumi_vmimport.aws.ec2.import_options import BootMode, LicenseType, Platform
from pulumi_vmimport.aws.tables.post_import import everything, report
from pulumi_vmimport.aws.tables.supported_systems import table


def test_a_windows_report_says_what_changed_what_to_harden_and_what_the_licence_asks_for() -> None:
    lines = report(Platform.WINDOWS, license_type=LicenseType.BYOL, operating_system="Windows 10 Pro")
    text = "\n".join(lines)
    for words in ("what AWS changed: the registry", "Systems Manager agent", "Set-ExecutionPolicy", "Dedicated Hosts",
                  "WorkSpaces_BYOL", "Sysprep", "private IPv4", "not encrypted", "the import is free"):  # fmt: skip
        assert words in text
    for words in ("fstab", "SR-IOV", "Amazon's key server", "legacy BIOS", "Red Hat"):
        assert words not in text


def test_a_linux_report_is_about_linux() -> None:
    lines = report(Platform.LINUX, license_type=LicenseType.BYOL, boot_mode=BootMode.UEFI, encrypted=True)
    text = "\n".join(lines)
    for words in ("/etc/fstab", "Citrix PV", "GRUB", "ENA and NVMe", "no ec2-user", "boots with UEFI", "Red Hat"):
        assert words in text
    for words in ("registry", "Dedicated", "not encrypted", "Sysprep"):
        assert words not in text


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        ("SR-IOV", {"operating_system": "Windows Server 2012 R2 Datacenter"}),
        ("Amazon's key server", {"license_type": LicenseType.AWS}),
        ("legacy BIOS", {"boot_mode": BootMode.LEGACY_BIOS}),
    ],
)
def test_a_line_is_there_when_its_condition_holds(words: str, facts: dict[str, str]) -> None:
    assert any(words in line for line in report(Platform.WINDOWS, **facts))  # type: ignore[arg-type] # of a table
    assert not any(words in line for line in report(Platform.WINDOWS, operating_system="Windows Server 2022"))


@pytest.mark.parametrize("platform", Platform)
def test_lines_come_in_the_order_of_reading(platform: Platform) -> None:
    kinds = list(everything().kinds.values())
    order = [kinds.index(line.partition(": ")[0]) for line in report(platform, license_type=LicenseType.BYOL)]
    assert order == sorted(order)
    assert set(order) == set(range(len(kinds)))


def test_what_the_lines_refer_to_is_there() -> None:
    whole = everything()
    releases = {f"{s.family} {r.versions[0]}" for s in table().systems for r in s.releases}
    allowed: dict[str, set[Any]] = {
        "platform": set(Platform),
        "license_type": set(LicenseType),
        "boot_mode": set(BootMode),
        "system": releases,
    }
    for line in whole.lines:
        assert line.kind in whole.kinds
        for name, value in line.when.items():
            assert value in allowed.get(name, {True, False}), line.text
    assert {line.source for line in whole.lines} <= set(whole.sources)
