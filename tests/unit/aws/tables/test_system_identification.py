import pytest

from pulumi_vmimport.aws.tables.supported_systems import table
from pulumi_vmimport.aws.tables.system_identification import (
    editions,
    identify,
    is_32_bit,
    is_arm,
    suggestions,
)


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
def test_a_system_is_identified_by_its_usual_names(text: str, family: str, versions: str) -> None:
    identified = identify(text)
    assert identified is not None
    assert identified.release is not None
    assert (identified.system.family, identified.release.versions[0]) == (family, versions)


@pytest.mark.parametrize("text", ["FreeBSD 14", "Ubuntu", "Windows Server", "2019", ""])
def test_a_text_without_a_family_or_a_version_identifies_nothing(text: str) -> None:
    assert identify(text) is None


@pytest.mark.parametrize("text", ["Ubuntu 22.10", "Fedora 44", "Debian 13"])
def test_a_version_that_is_not_listed_has_a_family_and_no_release(text: str) -> None:
    identified = identify(text)
    assert identified is not None
    assert identified.system.family == text.partition(" ")[0]
    assert identified.release is None


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Windows Server 2012 R2", (2012, 2)),
        ("Windows Server 2003 SP2", (2003,)),
        ("SLES 15 SP4", (15, 4)),
        ("SLES 12 service pack 5", (12, 5)),
        ("RHEL 8.10", (8, 10)),
        ("Debian 7.8.0", (7, 8, 0)),
    ],
)
def test_a_version_has_the_numbers_of_point_releases_and_service_packs(text: str, version: tuple[int, ...]) -> None:
    identified = identify(text)
    assert identified is not None
    assert identified.version == version


@pytest.mark.parametrize(
    ("text", "point_releases"),
    [
        ("RHEL 8.10", "8.0-8.9"),
        ("Debian 12.11", "12.2, 12.4, 12.7"),
        ("Oracle Linux 9.9", "9.0-9.5, 9.6-9.7"),
        ("Rocky Linux 8.9", ""),
        ("Ubuntu 22.10", ""),
    ],
)
def test_the_point_releases_are_those_of_the_same_major_release(text: str, point_releases: str) -> None:
    identified = identify(text)
    assert identified is not None
    assert identified.point_releases == point_releases


@pytest.mark.parametrize(
    ("text", "is_old", "is_foreign"),
    [
        ("Windows 10 x86", True, False),
        ("Windows 10 32-bit", True, False),
        ("Debian 12 i686", True, False),
        ("Windows 10 x86_64", False, False),
        ("Windows 10 x86-64", False, False),
        ("Ubuntu 24.04 aarch64", False, True),
        ("Ubuntu 24.04 ARM64", False, True),
        ("Ubuntu 24.04", False, False),
    ],
)
def test_the_architecture_is_detected(text: str, is_old: bool, is_foreign: bool) -> None:
    assert (is_32_bit(text), is_arm(text)) == (is_old, is_foreign)


def test_editions_have_the_names_of_the_table() -> None:
    assert editions("Windows 10 Pro") == {"Professional"}
    assert editions("Windows Server 2016 Datacenter Nano") == {"Datacenter", "Nano Server"}
    assert editions("Ubuntu 22.04") == set()


@pytest.mark.parametrize(
    ("word", "edition"),
    [
        ("Standard", "Standard"),
        ("Datacenter", "Datacenter"),
        ("Enterprise", "Enterprise"),
        ("Web", "Web Server"),
        ("Home", "Home"),
        ("Pro", "Professional"),
        ("Professional", "Professional"),
        ("Ultimate", "Ultimate"),
        ("Education", "Education"),
        ("Essentials", "Essentials"),
        ("Foundation", "Foundation"),
        ("Nano", "Nano Server"),
    ],
)
def test_every_edition_is_detected(word: str, edition: str) -> None:
    assert editions(f"Windows Server 2016 {word.upper()}") == {edition}


def test_every_edition_of_the_table_is_detected() -> None:
    listed = {edition for system in table().systems for release in system.releases for edition in release.editions}
    assert {edition for edition in listed if editions(edition) != {edition}} == set()


def test_suggestions_are_similar_names_and_the_latest_of_the_family_each_once() -> None:
    found = suggestions("Ubuntu 22.10", identify("Ubuntu 22.10"))
    assert "Ubuntu 22.04" in found[:4]
    assert "Ubuntu 26.04" in found
    assert len(found) == len(set(found)) <= 8


def test_without_a_similar_name_the_suggestions_are_the_latest_of_each_family() -> None:
    found = suggestions("OpenVMS", None)
    assert found[:3] == ["Windows Server 2025", "Windows 11", "Amazon Linux 2023"]
    assert len(found) == 11
