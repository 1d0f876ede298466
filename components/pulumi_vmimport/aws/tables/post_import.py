"""What an import changed and what to do before the AMI is used, from post_import.toml (IMG-15 to IMG-17, SEC-07). Pure.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/import-modify-vm.html
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from pulumi_vmimport.aws.ec2.import_options import BootMode, LicenseType, Platform
from pulumi_vmimport.aws.tables import supported_systems


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the report. What the fields are is told at the top of post_import.toml."""

    kind: str
    text: str
    source: str
    when: Mapping[str, Any] = field(default_factory=dict)

    def is_for(self, facts: Mapping[str, Any]) -> bool:
        """Whether each of its conditions is one of the facts."""
        return all(facts.get(name) == value for name, value in self.when.items())


@dataclass(frozen=True)
class Report:
    """All lines, and what their fields refer to."""

    lines: tuple[Line, ...]
    kinds: Mapping[str, str]
    sources: Mapping[str, str]
    checked: str
    """When the sources were read, an ISO date."""


@cache
def everything() -> Report:
    """The lines for all machines, as the package has them."""
    text = resources.files(__package__).joinpath("post_import.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    lines = tuple(Line(**entry) for entry in data["line"])
    return Report(lines, data["kinds"], data["sources"], data["checked"].isoformat())


def report(
    platform: Platform,
    *,
    license_type: LicenseType | None = None,
    boot_mode: BootMode | None = None,
    encrypted: bool | None = None,
    operating_system: str | None = None,
) -> tuple[str, ...]:
    """The lines for one AMI, such as `what to look at: ...`, in the order in which they are to be read.

    Args:
        platform: what EC2 found in the disk.
        license_type: whose licence the operating system has. Default: lines about licences are left out for Windows.
        boot_mode: how the AMI boots. Default: lines about it are left out.
        encrypted: whether its snapshots are encrypted. Default: they are not.
        operating_system: the system in words, as ImportImage takes it.
    """
    named = supported_systems.identify(operating_system) if operating_system else None
    release = named.release if named else None
    facts = {
        "platform": platform.value,
        "license_type": license_type.value if license_type else None,
        "boot_mode": boot_mode.value if boot_mode else None,
        "encrypted": bool(encrypted),
        "is_client": named is not None and LicenseType.AWS not in named.system.licenses,
        "system": f"{named.system.family} {release.versions[0]}" if named and release else None,
    }
    whole = everything()
    order = list(whole.kinds)
    chosen = sorted((line for line in whole.lines if line.is_for(facts)), key=lambda line: order.index(line.kind))
    return tuple(f"{whole.kinds[line.kind]}: {line.text}" for line in chosen)
