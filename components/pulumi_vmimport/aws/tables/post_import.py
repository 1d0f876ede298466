"""What an import changed, and what to do before the AMI is used: post_import.toml. Pure.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/import-modify-vm.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pulumi_vmimport.aws.ec2.import_options import BootMode, LicenseType, Platform
from pulumi_vmimport.aws.tables.system_identification import identify
from pulumi_vmimport.aws.tables.table_file import read_table


@dataclass(frozen=True, kw_only=True)
class ReportLine:
    """A line of the report. The comment at the top of post_import.toml describes the fields."""

    kind: str
    text: str
    source: str
    when: Mapping[str, Any] = field(default_factory=dict)

    def applies_to(self, facts: Mapping[str, Any]) -> bool:
        """Whether the facts meet all its conditions."""
        return all(facts.get(name) == value for name, value in self.when.items())


@dataclass(frozen=True)
class PostImportTable:
    """All lines, and what their fields refer to."""

    lines: tuple[ReportLine, ...]
    kinds: Mapping[str, str]
    sources: Mapping[str, str]
    checked: str
    """The ISO date on which the sources were read."""


@cache
def table() -> PostImportTable:
    """The table in this package."""
    data = read_table("post_import")
    lines = tuple(ReportLine(**entry) for entry in data["line"])
    return PostImportTable(lines, data["kinds"], data["sources"], data["checked"].isoformat())


def report(
    platform: Platform,
    *,
    license_type: LicenseType | None = None,
    boot_mode: BootMode | None = None,
    encrypted: bool | None = None,
    operating_system: str | None = None,
    is_generalized: bool = False,
) -> tuple[str, ...]:
    """The lines for an AMI, such as `hardening: ...`, in the order of the kinds.

    Args:
        platform: the platform that EC2 detected.
        license_type: who licenses the operating system. Default: without lines about Windows licenses.
        boot_mode: the boot mode of the AMI. Default: without lines about boot modes.
        encrypted: whether the snapshots are encrypted. Default: they are not.
        operating_system: the operating system as in ImportImage's input.
        is_generalized: whether Sysprep generalized the machine, or will before it is cloned. Default: it is not known.
    """
    identified = identify(operating_system) if operating_system else None
    release = identified.release if identified else None
    facts = {
        "platform": platform.value,
        "license_type": license_type.value if license_type else None,
        "boot_mode": boot_mode.value if boot_mode else None,
        "encrypted": bool(encrypted),
        "is_generalized": is_generalized,
        "is_client": identified is not None and identified.system.is_client,
        "system": f"{identified.system.family} {release.versions[0]}" if identified and release else None,
    }
    kinds = table().kinds
    order = list(kinds)
    lines = sorted((line for line in table().lines if line.applies_to(facts)), key=lambda line: order.index(line.kind))
    return tuple(f"{kinds[line.kind]}: {line.text}" for line in lines)
