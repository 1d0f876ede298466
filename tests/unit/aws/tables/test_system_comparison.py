"""Whether a stated operating system contradicts that on a disk."""

import pytest

from pulumi_vmimport.aws.tables.system_comparison import identify_detected, is_contradiction


@pytest.mark.parametrize(
    ("stated", "release", "distribution", "version"),
    [
        ("Ubuntu 22.04", "Ubuntu 22.04.3 LTS", "ubuntu", "22.04"),
        ("Ubuntu 22", "Ubuntu 22.04.3 LTS", "ubuntu", "22.04"),
        ("RHEL 9", "Red Hat Enterprise Linux 9.4 (Plow)", "rhel", "9.4"),
        ("Red Hat Enterprise Linux 9.4", "Red Hat Enterprise Linux 9.4 (Plow)", "rhel", "9.4"),
        ("Debian 12", "Debian GNU/Linux 12 (bookworm)", "debian", "12"),
        ("SLES 15 SP5", "SUSE Linux Enterprise Server 15 SP5", "sles", "15.5"),
        ("Windows Server 2019 Datacenter", "Windows Server 2019", None, None),
        ("Windows Server 2012 R2", "Windows Server 2012 R2", None, None),
        ("Windows 11", "Windows 11 23H2", None, None),
        ("Windows 10 version 1809", "Windows 10 1809", None, None),
        ("Plan 9", "Ubuntu 22.04.3 LTS", "ubuntu", "22.04"),
    ],
)
def test_a_statement_that_fits_or_leaves_open_is_no_contradiction(
    stated: str, release: str, distribution: str | None, version: str | None
) -> None:
    found = identify_detected(release, distribution, version)
    assert found is not None
    assert not is_contradiction(stated, found, release)


@pytest.mark.parametrize(
    ("stated", "release", "distribution", "version"),
    [
        ("Ubuntu 20.04", "Ubuntu 22.04.3 LTS", "ubuntu", "22.04"),
        ("Debian 12", "Ubuntu 22.04.3 LTS", "ubuntu", "22.04"),
        ("RHEL 9.2", "Red Hat Enterprise Linux 9.4 (Plow)", "rhel", "9.4"),
        ("Windows Server 2012", "Windows Server 2012 R2", None, None),
        ("Windows 10", "Windows 11 23H2", None, None),
        ("Windows 10", "Windows Server 2019", None, None),
        ("Windows 10 version 1809", "Windows 10 22H2", None, None),
    ],
)
def test_another_family_or_version_is_a_contradiction(
    stated: str, release: str, distribution: str | None, version: str | None
) -> None:
    found = identify_detected(release, distribution, version)
    assert found is not None
    assert is_contradiction(stated, found, release)


def test_a_build_without_a_name_and_an_unlisted_distribution_are_not_identified() -> None:
    assert identify_detected("Windows Server build 30000", None, None) is None
    assert identify_detected("Void Linux", "void", None) is None
