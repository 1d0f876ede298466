"""The facts of windows_facts.toml."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources


class HiveName(StrEnum):
    r"""A file of the registry in `\Windows\System32\config`."""

    SYSTEM = "SYSTEM"
    SOFTWARE = "SOFTWARE"
    SAM = "SAM"
    SECURITY = "SECURITY"


class LookUpKind(StrEnum):
    """What of a value or a key the fact is. The head of windows_facts.toml describes the kinds."""

    TEXT = "text"
    NUMBER = "number"
    STRINGS = "strings"
    EXISTS = "exists"
    SUBKEYS = "subkeys"


@dataclass(frozen=True, kw_only=True)
class RegistryLookUp:
    """One fact that is one value or one key."""

    id: str
    hive: HiveName
    key: str
    kind: LookUpKind
    summary: str
    name: str | None = None


@cache
def registry_look_ups() -> tuple[RegistryLookUp, ...]:
    """The facts in the order of windows_facts.toml."""
    text = resources.files(__package__).joinpath("windows_facts.toml").read_text(encoding="utf-8")
    return tuple(
        RegistryLookUp(**{**entry, "hive": HiveName(entry["hive"]), "kind": LookUpKind(entry["kind"])})
        for entry in tomllib.loads(text)["fact"]
    )
