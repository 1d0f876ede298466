from typing import Any

import pytest

from pulumi_vmimport.aws.ec2.import_options import Architecture, BootMode, LicenseType, Platform, UsageOperation
from pulumi_vmimport.aws.tables.supported_systems import table
from pulumi_vmimport.aws.tables.system_rules import architecture_problem, problems, warnings


@pytest.mark.parametrize(
    ("text", "near"),
    [
        pytest.param("Ubuntu 22.10", "Ubuntu 22.04", id="no-point-release-of-22.04"),
        pytest.param("Fedora 44", "Fedora 43", id="newer"),
        pytest.param("Debian 13", "Debian 12.7", id="newer-than-all"),
        pytest.param("Windows Server 2020", "Windows Server 2022", id="no-such-server"),
        pytest.param("Windows 2012 R2", "Windows Server 2012 R2", id="a-server-without-the-word"),
        pytest.param("Rocky Linux 8.9", "Rocky Linux 9.0-9.7", id="older"),
        pytest.param("FreeBSD 14", "Windows Server 2025, Windows 11, Amazon Linux 2023", id="another-family"),
        pytest.param("Ubuntu", "Ubuntu 26.04", id="no-version"),
    ],
)
def test_fails_for_an_unlisted_system_with_suggestions_and_the_override(text: str, near: str) -> None:
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
def test_fails_for_inputs_that_the_system_does_not_support(
    text: str, inputs: dict[str, Any], path: str, words: str
) -> None:
    ((found, reason),) = problems(text, **inputs)
    assert found == path
    assert words in reason


@pytest.mark.parametrize("system", ["Windows Server 2003", "Windows Server 2003 R2 Enterprise", "Windows Server 2008"])
@pytest.mark.parametrize(
    ("region", "is_supported"),
    [("eu-west-1", True), ("us-west-2", True), ("cn-north-1", True), ("us-gov-west-1", True), (None, True)]
    + [(region, False) for region in ("af-south-1", "ap-east-1", "eu-south-1", "me-south-1", "mx-central-1")],
)
def test_some_windows_releases_are_not_supported_in_opt_in_regions(
    system: str, region: str | None, is_supported: bool
) -> None:
    found = list(problems(system, region=region))
    assert (found == []) is is_supported
    assert all(path == "operatingSystem" and f"opt-in Regions such as {region}" in reason for path, reason in found)
    assert list(problems("Windows Server 2008 R2", region=region)) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("Windows 10 Pro German", "(German)", id="name"),
        pytest.param("Windows 10 Enterprise de-DE 22H2", "(German)", id="tag"),
        pytest.param("windows 11 pro (français)", "(French)", id="own-name"),
        pytest.param("Windows 10 Pro 日本語", "(letters", id="other-script"),
        pytest.param("Windows 8.1 Enterprise zh_tw", "(Chinese)", id="underscore"),
        pytest.param("Windows 10 Pro en-GB", "(the English of another", id="british-tag"),
        pytest.param("Windows 7 Professional English International", "(the English of another", id="international"),
        pytest.param("Windows Server 2019 Japanese", "(Japanese)", id="server"),
        pytest.param("Windows Server 2022 Datacenter pt-BR", "(Portuguese)", id="server-tag"),
    ],
)
def test_fails_for_windows_in_another_language_than_english(text: str, named: str) -> None:
    ((path, reason),) = problems(text)
    assert path == "operatingSystem"
    assert f"got {text!r} {named}" in reason


@pytest.mark.parametrize(
    "text",
    [
        "Windows 10 Pro", "Microsoft® Windows 10 Enterprise LTSC 2021 x64 en-US", "Windows 11 Education (English)",
        "Windows Server 2022 English", "Windows Server 2019 en-GB", "Ubuntu 24.04 de-DE", "Debian 12 german",
    ],
)  # fmt: skip
def test_english_and_the_languages_of_linux_are_supported(text: str) -> None:
    assert list(problems(text)) == []


@pytest.mark.parametrize(
    "text", ["Windows 10 x86", "Ubuntu 18.04 32-bit", "Debian 10 i386", "Windows Server 2008 (32 bit)"]
)
def test_fails_for_a_32_bit_system(text: str) -> None:
    ((path, reason),) = problems(text)
    assert path == "operatingSystem"
    assert repr(text) in reason
    assert "32-bit systems since 2026-04-01" in reason


def test_fails_for_the_architecture_i386() -> None:
    found = architecture_problem(Architecture.I386)
    assert found is not None
    assert (found[0], "32-bit systems since 2026-04-01" in found[1]) == ("architecture", True)
    assert architecture_problem(Architecture.X86_64) is architecture_problem(None) is None


@pytest.mark.parametrize("license_type", LicenseType)
def test_windows_server_supports_both_license_types(license_type: LicenseType) -> None:
    assert list(problems("Windows Server 2022", license_type=license_type, region="eu-west-1")) == []


@pytest.mark.parametrize(
    ("text", "inputs", "words"),
    [
        pytest.param("CentOS 7", {}, "withdrawal was announced for 2026-02-01", id="withdrawn"),
        pytest.param("Windows Server 2008 R2", {}, "no longer tests it", id="end-of-life"),
        pytest.param("RHEL 8.10", {}, "not one of the point releases that AWS lists (8.0-8.9)", id="point-release"),
        pytest.param("Debian 12.11", {}, "(12.2, 12.4, 12.7)", id="point-releases-one-by-one"),
        pytest.param("Windows Server 2016 Nano", {}, "does not list the edition Nano Server", id="edition"),
        pytest.param("Windows 11", {}, "requires uefi: set bootMode", id="boot-mode"),
    ],
)
def test_a_system_that_may_fail_is_a_warning(text: str, inputs: dict[str, Any], words: str) -> None:
    (warning,) = warnings(text, **inputs)
    assert words in warning
    assert list(problems(text)) == []


@pytest.mark.parametrize("text", ["Windows Server 2019 Datacenter", "Ubuntu 24.04", "Windows 10 x86_64", "Debian 12"])
def test_a_current_system_has_no_warning(text: str) -> None:
    assert list(warnings(text)) == []


@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        pytest.param("Windows 10", {"license_type": LicenseType.BYOL}, id="client-license"),
        pytest.param("Windows 10", {"usage_operation": UsageOperation.WINDOWS_BYOL}, id="client-usage"),
        pytest.param("Debian 12", {"usage_operation": UsageOperation.LINUX_SQL_WEB}, id="linux-usage"),
        pytest.param("Debian 12", {"platform": Platform.LINUX}, id="platform"),
        pytest.param("Windows 11", {"boot_mode": BootMode.UEFI, "region": "eu-west-1"}, id="boot-mode"),
        pytest.param("Windows 10", {"boot_mode": BootMode.LEGACY_BIOS}, id="any-boot-mode"),
        pytest.param("Windows Server 2019", {"region": "cn-north-1"}, id="region"),
    ],
)
def test_inputs_that_match_the_system_are_accepted(text: str, inputs: dict[str, Any]) -> None:
    assert list(problems(text, **inputs)) == []


def test_every_conflicting_input_is_a_problem() -> None:
    found = problems(
        "Windows 11",
        platform=Platform.LINUX,
        license_type=LicenseType.AWS,
        usage_operation=UsageOperation.LINUX,
        boot_mode=BootMode.LEGACY_BIOS,
        region="eu-south-2",
    )
    assert [path for path, _ in found] == ["platform", "licenseType", "usageOperation", "bootMode", "operatingSystem"]


@pytest.mark.parametrize(
    ("text", "region"),
    [
        pytest.param(f"{system.family} {release.versions[0]}", region, id=f"{release.versions[0]}-{region}")
        for system in table().systems
        for release in system.releases
        for region in release.not_in_regions
    ],
)
def test_fails_in_each_region_where_aws_does_not_support_the_release(text: str, region: str) -> None:
    ((path, reason),) = problems(text, region=region)
    assert path == "operatingSystem"
    assert f"does not support {text} in {region}" in reason
