from typing import Any

import pytest

from pulumi_vmimport.aws.ec2.import_options import BootMode, LicenseType, Platform
from pulumi_vmimport.aws.tables import supported_systems
from pulumi_vmimport.aws.tables.post_import import report, table


def test_a_windows_report_has_changes_hardening_and_license() -> None:
    lines = report(Platform.WINDOWS, license_type=LicenseType.BYOL, operating_system="Windows 10 Pro")
    text = "\n".join(lines)
    for words in ("changes: AWS changed the registry", "Systems Manager Agent", "Set-ExecutionPolicy", "Dedicated Hosts",
                  "WorkSpaces_BYOL", "Sysprep", "private IPv4", "not encrypted", "the import is free"):  # fmt: skip
        assert words in text
    for words in ("fstab", "SR-IOV", "Amazon's KMS server", "legacy BIOS", "Red Hat"):
        assert words not in text


def test_a_linux_report_has_only_linux_lines() -> None:
    lines = report(Platform.LINUX, license_type=LicenseType.BYOL, boot_mode=BootMode.UEFI, encrypted=True)
    text = "\n".join(lines)
    for words in ("/etc/fstab", "Citrix PV", "GRUB", "ENA and NVMe", "no ec2-user", "support UEFI", "Red Hat"):
        assert words in text
    for words in ("registry", "Dedicated", "not encrypted", "Sysprep"):
        assert words not in text


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        ("SR-IOV", {"operating_system": "Windows Server 2012 R2 Datacenter"}),
        ("Amazon's KMS server", {"license_type": LicenseType.AWS}),
        ("legacy BIOS", {"boot_mode": BootMode.LEGACY_BIOS}),
    ],
)
def test_a_line_with_a_condition_is_reported_only_if_it_holds(words: str, facts: dict[str, str]) -> None:
    assert any(words in line for line in report(Platform.WINDOWS, **facts))  # type: ignore[arg-type] # of a table
    assert not any(words in line for line in report(Platform.WINDOWS, operating_system="Windows Server 2022"))


@pytest.mark.parametrize("platform", Platform)
def test_lines_are_sorted_by_kind(platform: Platform) -> None:
    kinds = list(table().kinds.values())
    order = [kinds.index(line.partition(": ")[0]) for line in report(platform, license_type=LicenseType.BYOL)]
    assert order == sorted(order)
    assert set(order) == set(range(len(kinds)))


def test_all_references_of_the_lines_resolve() -> None:
    whole = table()
    releases = {f"{s.family} {r.versions[0]}" for s in supported_systems.table().systems for r in s.releases}
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
    assert {line.source for line in whole.lines} == set(whole.sources)
