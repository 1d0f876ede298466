import pytest

from pulumi_vmimport.aws.ec2.import_options import LicenseType, UsageOperation
from pulumi_vmimport.aws.ec2.licensing import USAGE_OPERATIONS, OperatingSystem, SqlServerEdition, usage_operation


# The table of https://docs.aws.amazon.com/vm-import/latest/userguide/licensing-specify-option.html, row by row.
@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (("Windows Server", "AWS"), "RunInstances:0002"),
        (("Windows Server", "AWS", "Standard", "BYOL"), "RunInstances:0002"),
        (("Windows Server", "AWS", "Enterprise", "BYOL"), "RunInstances:0002"),
        (("Windows Server", "AWS", "Web", "BYOL"), "RunInstances:0002"),
        (("Windows Server", "AWS", "Developer", "BYOL"), "RunInstances:0002"),
        (("Windows Server", "AWS", "Standard", "AWS"), "RunInstances:0006"),
        (("Windows Server", "AWS", "Enterprise", "AWS"), "RunInstances:0102"),
        (("Windows Server", "AWS", "Web", "AWS"), "RunInstances:0202"),
        (("Windows Server", "BYOL"), "RunInstances:0800"),
        (("Windows Server", "BYOL", "Standard", "BYOL"), "RunInstances:0800"),
        (("Windows Server", "BYOL", "Express", "BYOL"), "RunInstances:0800"),
        (("Linux", "BYOL"), "RunInstances"),
        (("Linux", "BYOL", "Enterprise", "BYOL"), "RunInstances"),
        (("Linux", "BYOL", "Enterprise", "AWS"), "RunInstances:0100"),
        (("Linux", "BYOL", "Standard", "AWS"), "RunInstances:0004"),
        (("Linux", "BYOL", "Web", "AWS"), "RunInstances:0200"),
        (("Red Hat Enterprise Linux", "AWS"), "RunInstances:0010"),
        (("Red Hat Enterprise Linux", "BYOL"), "RunInstances"),
        (("SUSE Linux Enterprise Server", "AWS"), "RunInstances:000g"),
        (("SUSE Linux Enterprise Server", "BYOL"), "RunInstances"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value).replace(" ", "-").lower(),
)
def test_the_usage_operation_is_that_of_the_table_of_aws(arguments: tuple[str, ...], value: str) -> None:
    assert usage_operation(*arguments).value == value
    assert usage_operation(*(word.lower() for word in arguments)).value == value


def test_enum_members_are_accepted() -> None:
    found = usage_operation(OperatingSystem.LINUX, LicenseType.BYOL, SqlServerEdition.WEB, LicenseType.AWS)
    assert found is UsageOperation.LINUX_SQL_WEB


def test_every_usage_operation_has_a_row() -> None:
    assert set(USAGE_OPERATIONS.values()) == set(UsageOperation)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("Linux", "AWS"), r"no usage operation for Linux \(AWS\) .*Linux \(BYOL\) with no", id="linux"),
        pytest.param(
            ("Windows Server", "BYOL", "Standard", "AWS"),
            r"Windows Server \(AWS\) with SQL Server Standard",
            id="mixed",
        ),
        pytest.param(
            ("Red Hat Enterprise Linux", "AWS", "Web", "AWS"), "expected one of: Red Hat", id="red-hat-and-sql"
        ),
        pytest.param(
            ("Windows Server", "AWS", "Express", "AWS"), "SQL Server Express licensed by AWS;", id="no-such-license"
        ),
        pytest.param(("Windows 10", "BYOL"), "operating_system: expected one of Windows Server, Linux", id="client"),
        pytest.param(("Linux", "MIT"), "operating_system_license: expected one of AWS, BYOL, got 'MIT'", id="license"),
        pytest.param(("Linux", "BYOL", "Lite", "BYOL"), "sql_server_edition: expected one of Standard", id="edition"),
        pytest.param(
            ("Linux", "BYOL", "Web", "MIT"), "sql_server_license: expected one of AWS, BYOL", id="sql-license"
        ),
        pytest.param(("Linux", "BYOL", "Web"), "both or neither, got 'Web' and none", id="no-sql-license"),
        pytest.param(("Linux", "BYOL", None, "AWS"), "both or neither, got none and 'AWS'", id="no-edition"),
    ],
)
def test_fails_with_the_allowed_values(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        usage_operation(*arguments)
