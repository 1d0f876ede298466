"""The ingestion processes of ImportWorkspaceImage and their restrictions: ingestion_processes.toml. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from pulumi_vmimport.aws.tables.table_file import read_table
from pulumi_vmimport.aws.workspaces.ingestion_options import Application, IngestionProcess, OsVersion


@dataclass(frozen=True, kw_only=True)
class Process:
    """An ingestion process. The comment at the top of ingestion_processes.toml describes the fields."""

    name: str
    protocol: str
    gpu: bool
    source: str
    requires_allow_list: bool = False
    retired: date | None = None

    @property
    def warnings(self) -> Iterator[str]:
        """Restrictions that cannot be checked through an API."""
        if self.requires_allow_list:
            yield f"{self.name} is for WorkSpaces Core and requires that AWS has allow-listed the account"
        if self.retired:
            yield f"{self.name}: bundles of this kind cannot be created since {self.retired}; use BYOL_GRAPHICS_G4DN"


@dataclass(frozen=True)
class Office:
    """A Microsoft Office version that AWS installs. It is incompatible if all facts of a rule hold."""

    name: str
    incompatible_with: tuple[Mapping[str, Any], ...]
    source: str

    def supports(self, facts: Mapping[str, Any]) -> bool:
        """Whether no rule applies to the facts."""
        return not any(all(facts[name] == value for name, value in rule.items()) for rule in self.incompatible_with)


@dataclass(frozen=True)
class IngestionTable:
    """The processes and Office versions by name, and what their fields refer to."""

    processes: Mapping[str, Process]
    offices: Mapping[str, Office]
    sources: Mapping[str, str]
    checked: str
    """The ISO date on which the sources were read."""


@cache
def table() -> IngestionTable:
    """The table in this package."""
    data = read_table("ingestion_processes")
    processes = {e["name"]: Process(**e) for e in data["process"]}
    offices = {e["name"]: Office(e["name"], tuple(e["incompatible_with"]), e["source"]) for e in data["office"]}
    return IngestionTable(processes, offices, data["sources"], data["checked"].isoformat())


def conflict(process: IngestionProcess, os_version: OsVersion) -> str | None:
    """Why a process does not support a Windows release; None if it does."""
    if os_version is OsVersion.WINDOWS_11 and table().processes[process].protocol == "PCoIP":
        supported = (each.name for each in table().processes.values() if each.protocol != "PCoIP")
        return f"expected one of {', '.join(supported)} for Windows 11, which does not support PCoIP, got {process}"
    return None


def office_conflict(application: Application, process: IngestionProcess, os_version: OsVersion) -> str | None:
    """Why an Office version does not support the process and the Windows release; None if it does."""
    chosen = table().processes[process]
    facts = {"os_version": os_version, "protocol": chosen.protocol, "gpu": chosen.gpu}
    supported = [office.name for office in table().offices.values() if office.supports(facts)]
    if application in supported:
        return None
    system = f"{os_version.value.replace('_', ' ')} with {process}"
    return f"expected {' or '.join(supported) or 'no Office'} for {system}, got {application}"
