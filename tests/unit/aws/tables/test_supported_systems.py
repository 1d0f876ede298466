import pytest

from pulumi_vmimport.aws.ec2.import_options import BootMode, DiskFormat, LicenseType, SnapshotFormat
from pulumi_vmimport.aws.tables.supported_systems import Release, System, table, version_numbers


def system(family: str) -> System:
    return next(system for system in table().systems if system.family == family)


@pytest.mark.parametrize(
    ("text", "numbers"), [("8.10", (8, 10)), ("2012 R2", (2012, 2)), ("2023", (2023,)), ("7.0.0", (7, 0, 0))]
)
def test_a_version_is_its_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert version_numbers(text) == numbers


@pytest.mark.parametrize(
    ("listed", "version", "quality"),
    [
        pytest.param(("8.0-8.9",), (8, 4), 4, id="in-range"),
        pytest.param(("8.0-8.9",), (8, 9), 4, id="end-of-range"),
        pytest.param(("8.0-8.9",), (8, 0), 5, id="start-of-range"),
        pytest.param(("8.0-8.9",), (8, 10), 0, id="after-range"),
        pytest.param(("8.0-8.9",), (8,), 2, id="major-version"),
        pytest.param(("7",), (7, 9), 2, id="point-release-of-a-number"),
        pytest.param(("8.1",), (8, 1), 5, id="exact"),
        pytest.param(("12.2", "12.4"), (12, 4), 5, id="best-of-several"),
        pytest.param(("2012",), (2012, 2), 2, id="r2-of-a-number"),
        pytest.param(("11",), (10,), 0, id="another"),
    ],
)
def test_more_matching_numbers_match_better(listed: tuple[str, ...], version: tuple[int, ...], quality: int) -> None:
    assert Release(versions=listed).match_quality(version) == quality


def test_a_version_belongs_to_the_release_that_matches_best() -> None:
    servers = system("Windows Server")
    found = [servers.find_release(version) for version in ((2012,), (2012, 2), (2020,))]
    assert [release and release.versions for release in found] == [("2012",), ("2012 R2",), None]


def test_only_windows_has_client_editions() -> None:
    assert [system.family for system in table().systems if system.is_client] == ["Windows"]


def test_the_fields_of_a_release_have_their_types() -> None:
    (windows_11,) = (release for release in system("Windows").releases if release.versions == ("11",))
    assert windows_11.boot_mode is BootMode.UEFI
    assert "eu-south-2" in windows_11.not_in_regions
    assert system("Windows Server").licenses == (LicenseType.AWS, LicenseType.BYOL)
    assert system("Debian").licenses == (LicenseType.BYOL,)
    assert system("Windows Server").releases[0].bits == (32, 64)


def test_the_withdrawn_releases_are_those_of_the_announcement() -> None:
    withdrawn = {(s.family, v) for s in table().systems for r in s.releases if r.withdrawn for v in r.versions}
    assert ("Windows Server", "2003") in withdrawn
    assert ("Ubuntu", "15.04") in withdrawn
    assert not {("Windows Server", "2008 R2"), ("Ubuntu", "16.04"), ("Oracle Linux", "7.0-7.6")} & withdrawn
    assert all(r.end_of_life for s in table().systems for r in s.releases if r.withdrawn)


def test_the_formats_are_those_that_the_resources_accept() -> None:
    formats = table().formats
    assert [f["name"] for f in formats if "ImportImage" in f["imports"]] == ["OVA", "VMDK", "VHD", "VHDX", "RAW"]
    assert {f["name"] for f in formats if "ImportImage" in f["imports"]} == set(DiskFormat)
    assert {f["name"] for f in formats if "ImportSnapshot" in f["imports"]} == set(SnapshotFormat)
