"""What ImportWorkspaceImage can make of an AMI, from ingestion_processes.toml. Pure."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any


class IngestionProcess(StrEnum):
    """What the image is for: WSP is DCV, BYOP is WorkSpaces Core (allow-listed), the others PCoIP."""

    BYOL_REGULAR = "BYOL_REGULAR"
    BYOL_GRAPHICS = "BYOL_GRAPHICS"
    BYOL_GRAPHICSPRO = "BYOL_GRAPHICSPRO"
    BYOL_GRAPHICS_G4DN = "BYOL_GRAPHICS_G4DN"
    BYOL_REGULAR_WSP = "BYOL_REGULAR_WSP"
    BYOL_GRAPHICS_G4DN_WSP = "BYOL_GRAPHICS_G4DN_WSP"
    BYOL_REGULAR_BYOP = "BYOL_REGULAR_BYOP"
    BYOL_GRAPHICS_G4DN_BYOP = "BYOL_GRAPHICS_G4DN_BYOP"


class Application(StrEnum):
    """Office, subscribed through AWS."""

    OFFICE_2016 = "Microsoft_Office_2016"
    OFFICE_2019 = "Microsoft_Office_2019"


class OsVersion(StrEnum):
    """The Windows that a BYOL image can have."""

    WINDOWS_10 = "Windows_10"
    WINDOWS_11 = "Windows_11"


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process. What the fields are is told at the top of ingestion_processes.toml."""

    name: str
    protocol: str
    gpu: bool
    source: str
    allowed: bool = False
    retired: str | None = None

    @property
    def warnings(self) -> Iterator[str]:
        """What may keep the image from being made or used, which nothing but AWS can tell."""
        if self.allowed:
            yield f"{self.name} is for WorkSpaces Core: AWS must have allow-listed the account for it"
        if self.retired:
            yield f"{self.name}: no bundles of its kind can be made since {self.retired}; take BYOL_GRAPHICS_G4DN"


@dataclass(frozen=True)
class Office:
    """An Office that AWS installs, and what it does not go with: facts that all hold at once."""

    name: str
    not_with: tuple[Mapping[str, Any], ...]
    source: str


@dataclass(frozen=True)
class Ingestion:
    """The processes and Offices, by name, and what their fields refer to."""

    processes: Mapping[str, Process]
    offices: Mapping[str, Office]
    sources: Mapping[str, str]
    checked: str
    """When the sources were read, an ISO date."""


@cache
def table() -> Ingestion:
    """The table as the package has it."""
    text = resources.files(__package__).joinpath("ingestion_processes.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    processes = {e["name"]: Process(**{**e, **_dates(e)}) for e in data["process"]}
    offices = {e["name"]: Office(e["name"], tuple(e["not_with"]), e["source"]) for e in data["office"]}
    return Ingestion(processes, offices, data["sources"], data["checked"].isoformat())


def conflict(process: IngestionProcess, os_version: OsVersion) -> str | None:
    """Why a process does not go with a Windows, as an expectation."""
    if os_version is OsVersion.WINDOWS_11 and table().processes[process].protocol == "PCoIP":
        fitting = (each.name for each in table().processes.values() if each.protocol != "PCoIP")
        return f"expected one of {', '.join(fitting)} for Windows 11, which has no PCoIP"
    return None


def office_conflict(application: Application, process: IngestionProcess, os_version: OsVersion) -> str | None:
    """Why an Office does not go with the others, as an expectation."""
    chosen = table().processes[process]
    facts = {"os_version": os_version, "protocol": chosen.protocol, "gpu": chosen.gpu}
    if not any(_holds(rule, facts) for rule in table().offices[application].not_with):
        return None
    fitting = [o.name for o in table().offices.values() if not any(_holds(rule, facts) for rule in o.not_with)]
    system = f"{os_version.value.replace('_', ' ')} with {process}"
    return f"expected {' or '.join(fitting) or 'no Office'} for {system}"


def _holds(rule: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    return all(facts[name] == value for name, value in rule.items())


def _dates(entry: Mapping[str, Any]) -> dict[str, str]:
    return {"retired": entry["retired"].isoformat()} if "retired" in entry else {}
