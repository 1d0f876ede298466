from typing import Any

import pytest

from pulumi_vmimport.aws.ec2.import_options import (
    Architecture,
    BootMode,
    DiskFormat,
    LicenseType,
    Platform,
    SnapshotFormat,
    UsageOperation,
)
from pulumi_vmimport.aws.tables.supported_systems import identify, problems, table, warnings


@pytest.mark.parametrize(
    ("text", "family", "versions"),
    [
        ("Windows Server 2019", "Windows Server", "2019"),
        ("Microsoft Windows Server 2012 R2 Datacenter (64-bit)", "Windows Server", "2012 R2"),
        ("Windows Server 2012", "Windows Server", "2012"),
        ("Windows Server 2003 SP2", "Windows Server", "2003"),
        ("Microsoft® Windows® Server 2025", "Windows Server", "2025"),
        ("Windows 8", "Windows", "8"),
        ("Windows 8.1 Enterprise", "Windows", "8.1"),
        ("windows 10 Pro 22H2", "Windows", "10"),
        ("Windows11", "Windows", "11"),
        ("Ubuntu 22.04.5 LTS", "Ubuntu", "22.04"),
        ("Ubuntu 12.10", "Ubuntu", "12.10"),
        ("RHEL8", "Red Hat Enterprise Linux", "8.0-8.9"),
        ("Red Hat Enterprise Linux release 7.9", "Red Hat Enterprise Linux", "7"),
        ("CentOS Stream 9", "CentOS", "9"),
        ("Oracle Linux 9.6", "Oracle Linux", "9.6-9.7"),
        ("SLES 15 SP4", "SUSE Linux Enterprise Server", "15.0-15.6"),
        ("SUSE Linux Enterprise Server for SAP 12", "SUSE Linux Enterprise Server", "12.0-12.5"),
        ("Debian GNU/Linux 12.4", "Debian", "12.2"),
        ("AL2023", "Amazon Linux", "2023"),
        ("Amazon Linux 2", "Amazon Linux", "2"),
        ("Fedora Server 43", "Fedora", "43"),
        ("Rocky Linux 10", "Rocky Linux", "10.0-10.1"),
    ],
)
def test_a_system_is_found_by_what_people_call_it(text: str, family: str, versions: str) -> None:
    named = identify(text)
    assert named is not None
    assert named.release is not None
    assert (named.system.family, named.release.versions[0]) == (family, versions)
    assert list(problems(text)) == []


@pytest.mark.parametrize(
    ("text", "near"),
    [
        pytest.param("Ubuntu 22.10", "Ubuntu 22.04", id="no-point-release-of-22.04"),
        pytest.param("Fedora 44", "Fedora 43", id="newer"),
        pytest.param("Debian 13", "Debian 12.7", id="newer-than-all"),
        pytest.param("Windows Server 2020", "Windows Server 2022", id="no-such-server"),
        pytest.param("Windows 2012 R2", "Windows Server 2012 R2", id="a-server-without-the-word"),
        pytest.param("Rocky Linux 8.9", "Rocky Linux 9.0-9.7", id="older"),
        pytest.param("FreeBSD 14", "Windows Server, Windows, Amazon Linux", id="another-family"),
        pytest.param("Ubuntu", "Ubuntu 26.04", id="no-version"),
    ],
)
def test_fails_for_a_system_that_is_not_listed_with_near_ones_and_how_to_override(text: str, near: str) -> None:
    ((path, reason),) = problems(text)
    assert path == "operatingSystem"
    assert f"AWS does not list {text!r} (as of {table().checked})" in reason
    assert near in reason
    assert "set skipOperatingSystemCheck" in reason
    assert list(warnings(text)) == []


@pytest.mark.parametrize(
    ("text", "inputs", "path", "words"),
    [
        pytest.param("Windows 10", {"license_type": LicenseType.AWS}, "licenseType", "expected BYOL", id="client"),
        pytest.param("Debian 12", {"license_type": LicenseType.AWS}, "licenseType", "expected BYOL", id="linux"),
        pytest.param(
            "Windows 10", {"usage_operation": UsageOperation.WINDOWS}, "usageOperation", "RunInstances:0800", id="usage"
        ),
        pytest.param("Debian 12", {"platform": Platform.WINDOWS}, "platform", "expected Linux", id="platform"),
        pytest.param("Windows 11", {"boot_mode": BootMode.LEGACY_BIOS}, "bootMode", "expected uefi", id="windows-11"),
        pytest.param("Windows Server 2022", {"region": "cn-north-1"}, "operatingSystem", "another Region", id="china"),
        pytest.param("Windows 11", {"region": "eu-south-2"}, "operatingSystem", "in eu-south-2", id="windows-11-spain"),
        pytest.param("Ubuntu 24.04 aarch64", {}, "operatingSystem", "is for ARM64", id="arm"),
    ],
)
def test_fails_for_inputs_that_the_system_does_not_take(
    text: str, inputs: dict[str, Any], path: str, words: str
) -> None:
    ((found, reason),) = problems(text, **inputs)
    assert found == path
    assert words in reason


@pytest.mark.parametrize("license_type", LicenseType)
def test_a_windows_server_takes_either_licence(license_type: LicenseType) -> None:
    assert list(problems("Windows Server 2022", license_type=license_type, region="eu-west-1")) == []


@pytest.mark.parametrize(
    ("text", "inputs", "words"),
    [
        pytest.param("CentOS 7", {}, "withdrawal was announced for 2026-02-01", id="withdrawn"),
        pytest.param("Windows Server 2008 R2", {}, "does not test it", id="end-of-life"),
        pytest.param("Windows 10", {"architecture": Architecture.I386}, "32-bit systems on 2026-04-01", id="i386"),
        pytest.param("Windows 10 x86", {}, "32-bit systems on 2026-04-01", id="32-bit-by-name"),
        pytest.param("RHEL 8.10", {}, "none of the point releases that AWS lists (8.0-8.9)", id="point-release"),
        pytest.param("Debian 12.11", {}, "(12.2, 12.4, 12.7)", id="point-releases-one-by-one"),
        pytest.param("Windows Server 2016 Nano", {}, "not Nano Server", id="edition"),
        pytest.param("Windows 11", {}, "needs uefi: set bootMode", id="boot-mode"),
    ],
)
def test_what_may_go_wrong_is_a_warning(text: str, inputs: dict[str, Any], words: str) -> None:
    (warning,) = warnings(text, **inputs)
    assert words in warning
    assert list(problems(text)) == []


@pytest.mark.parametrize("text", ["Windows Server 2019 Datacenter", "Ubuntu 24.04", "Windows 10 x86_64", "Debian 12"])
def test_a_system_of_today_is_no_warning(text: str) -> None:
    assert list(warnings(text)) == []


def test_the_withdrawn_are_those_of_the_announcement() -> None:
    withdrawn = {(s.family, v) for s in table().systems for r in s.releases if r.withdrawn for v in r.versions}
    assert ("Windows Server", "2003") in withdrawn
    assert ("Ubuntu", "15.04") in withdrawn
    assert not {("Windows Server", "2008 R2"), ("Ubuntu", "16.04"), ("Oracle Linux", "7.0-7.6")} & withdrawn
    assert all(r.end_of_life for s in table().systems for r in s.releases if r.withdrawn)


def test_the_formats_are_those_that_the_resources_take() -> None:
    formats = table().formats
    assert [f["name"] for f in formats if "ImportImage" in f["imports"]] == ["OVA", "VMDK", "VHD", "VHDX", "RAW"]
    assert {f["name"] for f in formats if "ImportImage" in f["imports"]} == set(DiskFormat)
    assert {f["name"] for f in formats if "ImportSnapshot" in f["imports"]} == set(SnapshotFormat)
