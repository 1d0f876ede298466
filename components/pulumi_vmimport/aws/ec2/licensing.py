"""ImportImage's usage_operation, which decides how instances are billed, from the licenses in the VM.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/licensing-specify-option.html
"""

from enum import StrEnum
from typing import TypeVar

from pulumi_vmimport.aws.ec2.import_options import LicenseType, UsageOperation
from pulumi_vmimport.shown_value import shown_value

OptionT = TypeVar("OptionT", bound=StrEnum)


class OperatingSystem(StrEnum):
    """The operating systems with different usage operations. Windows client editions have none of their own."""

    WINDOWS_SERVER = "Windows Server"
    LINUX = "Linux"
    RED_HAT = "Red Hat Enterprise Linux"
    SUSE = "SUSE Linux Enterprise Server"


class SqlServerEdition(StrEnum):
    """The editions of SQL Server. AWS provides licenses for the first three."""

    STANDARD = "Standard"
    ENTERPRISE = "Enterprise"
    WEB = "Web"
    DEVELOPER = "Developer"
    EXPRESS = "Express"


Row = tuple[OperatingSystem, LicenseType, SqlServerEdition | None]
"""Operating system, who licenses it, and the edition of SQL Server if AWS licenses it."""

_WINDOWS, _LINUX, _AWS, _BYOL = OperatingSystem.WINDOWS_SERVER, OperatingSystem.LINUX, LicenseType.AWS, LicenseType.BYOL
USAGE_OPERATIONS: dict[Row, UsageOperation] = {
    (_WINDOWS, _AWS, None): UsageOperation.WINDOWS,
    (_WINDOWS, _AWS, SqlServerEdition.STANDARD): UsageOperation.WINDOWS_SQL_STANDARD,
    (_WINDOWS, _AWS, SqlServerEdition.ENTERPRISE): UsageOperation.WINDOWS_SQL_ENTERPRISE,
    (_WINDOWS, _AWS, SqlServerEdition.WEB): UsageOperation.WINDOWS_SQL_WEB,
    (_WINDOWS, _BYOL, None): UsageOperation.WINDOWS_BYOL,
    (_LINUX, _BYOL, None): UsageOperation.LINUX,
    (_LINUX, _BYOL, SqlServerEdition.STANDARD): UsageOperation.LINUX_SQL_STANDARD,
    (_LINUX, _BYOL, SqlServerEdition.ENTERPRISE): UsageOperation.LINUX_SQL_ENTERPRISE,
    (_LINUX, _BYOL, SqlServerEdition.WEB): UsageOperation.LINUX_SQL_WEB,
    (OperatingSystem.RED_HAT, _AWS, None): UsageOperation.RED_HAT,
    (OperatingSystem.RED_HAT, _BYOL, None): UsageOperation.LINUX,
    (OperatingSystem.SUSE, _AWS, None): UsageOperation.SUSE,
    (OperatingSystem.SUSE, _BYOL, None): UsageOperation.LINUX,
}
"""The table of the VM Import/Export guide."""


def usage_operation(
    operating_system: OperatingSystem | str,
    operating_system_license: LicenseType | str,
    sql_server_edition: SqlServerEdition | str | None = None,
    sql_server_license: LicenseType | str | None = None,
) -> UsageOperation:
    """The `usage_operation` of ImportImage for the licenses in a VM.

    AWS bills the edition that you specify; you are responsible for its accuracy and for the licenses that you bring.
    For a Windows client edition, set `license_type` to BYOL instead.

    Args:
        operating_system: Windows Server, Linux, Red Hat Enterprise Linux or SUSE Linux Enterprise Server.
        operating_system_license: AWS (included) or BYOL.
        sql_server_edition: Standard, Enterprise, Web, Developer or Express. Default: the VM has no SQL Server.
        sql_server_license: AWS (included) or BYOL; required with sql_server_edition.

    Raises:
        ValueError: a value is not in its list, or AWS has no usage operation for the combination.

    Source: https://docs.aws.amazon.com/vm-import/latest/userguide/licensing-specify-option.html
    """
    system = _one_of(OperatingSystem, "operating_system", operating_system)
    license_type = _one_of(LicenseType, "operating_system_license", operating_system_license)
    if (sql_server_edition is None) != (sql_server_license is None):
        raise ValueError(
            "sql_server_edition and sql_server_license: expected both or neither, got "
            f"{shown_value(sql_server_edition and str(sql_server_edition))} and "
            f"{shown_value(sql_server_license and str(sql_server_license))}"
        )
    edition = None
    if sql_server_edition is not None:
        given = _one_of(SqlServerEdition, "sql_server_edition", sql_server_edition)
        if _one_of(LicenseType, "sql_server_license", str(sql_server_license)) is LicenseType.AWS:
            edition = given
    found = USAGE_OPERATIONS.get((system, license_type, edition))
    if found is None:
        allowed = "; ".join(_in_words(row) for row in USAGE_OPERATIONS if row[0] is system)
        raise ValueError(
            f"AWS has no usage operation for {_in_words((system, license_type, edition))}; expected one of: {allowed}"
        )
    return found


def _one_of(options: type[OptionT], name: str, value: str) -> OptionT:
    found = next((option for option in options if option.lower() == str(value).lower()), None)
    if found is None:
        raise ValueError(f"{name}: expected one of {', '.join(options)}, got {shown_value(value)}")
    return found


def _in_words(row: Row) -> str:
    system, license_type, edition = row
    sql = f"SQL Server {edition} licensed by AWS" if edition else "no SQL Server, or one with your own license"
    return f"{system} ({license_type}) with {sql}"
