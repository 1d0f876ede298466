"""The steps that prepare Windows for an import, from windows_steps.toml, whose head describes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any


class GuestProfile(StrEnum):
    """What a guest is prepared for."""

    BYOL_WORKSPACES = "byol-workspaces"
    """A client of Windows for a WorkSpaces BYOL image"""
    EC2_WINDOWS = "ec2-windows"
    """A server or client of Windows for an AMI"""
    EC2_LINUX = "ec2-linux"
    """A Linux distribution for an AMI"""


class Restart(StrEnum):
    """Whether a change requires a restart of Windows."""

    NO = "no"
    AFTER_PASS = "after-pass"  # noqa: S105 - no password
    """The change takes effect at the next start"""
    AT_ONCE = "at-once"
    """The pass ends here"""


@dataclass(frozen=True, kw_only=True)
class RegistryEffect:
    """A value or a key of the registry after a step."""

    hive: str
    """SYSTEM, SOFTWARE or SECURITY"""
    key: str
    """`CCS` at the start is the current control set; `*` at the end means every subkey"""
    name: str | None = None
    """The value; None for the key itself"""
    type: str | None = None
    """dword, sz, expand_sz or multi_sz"""
    data: int | str | None = None
    """`{{name}}` in a text is a setting"""
    absent: bool = False


@dataclass(frozen=True, kw_only=True)
class FileEffect:
    """A file or folder after a step."""

    file: str
    """The path on the volume of Windows"""
    absent: bool = False


@dataclass(frozen=True, kw_only=True)
class OtherEffect:
    """An effect that is not a single value or file."""

    other: str


Effect = RegistryEffect | FileEffect | OtherEffect


@dataclass(frozen=True, kw_only=True)
class PreparationStep:
    """One step. The head of windows_steps.toml documents the fields."""

    id: str
    profiles: tuple[GuestProfile, ...]
    kind: str
    summary: str
    test: str
    set: str
    verify: str
    restart: Restart
    codes: tuple[str, ...]
    evidence: tuple[str, ...]
    effects: tuple[Effect, ...]
    source: str
    doubts: str

    @property
    def is_assertion(self) -> bool:
        """Whether the step only tests."""
        return self.kind == "assert"


@cache
def windows_steps() -> tuple[PreparationStep, ...]:
    """Every step, in the order in which they run."""
    import tomllib  # noqa: PLC0415 - most programs prepare no guest

    text = resources.files(__package__).joinpath("windows_steps.toml").read_text(encoding="utf-8")
    return tuple(map(_step, tomllib.loads(text)["step"]))


def steps_of(profile: GuestProfile) -> tuple[PreparationStep, ...]:
    """The steps of a profile of Windows, in the order in which they run."""
    return tuple(step for step in windows_steps() if profile in step.profiles)


@cache
def steps_by_code() -> Mapping[str, tuple[str, ...]]:
    """The ids of the steps that prevent or detect an error of a WorkSpaces image, by its code, in their order."""
    steps = steps_of(GuestProfile.BYOL_WORKSPACES)
    codes = {code for step in steps for code in step.codes}
    return {code: tuple(step.id for step in steps if code in step.codes) for code in codes}


def _step(entry: Mapping[str, Any]) -> PreparationStep:
    return PreparationStep(
        **{
            **entry,
            "profiles": tuple(map(GuestProfile, entry["profiles"])),
            "restart": Restart(entry["restart"]),
            "codes": tuple(entry["codes"]),
            "evidence": tuple(entry["evidence"]),
            "effects": tuple(map(_effect, entry["effects"])),
        }
    )


def _effect(entry: Mapping[str, Any]) -> Effect:
    if "hive" in entry:
        return RegistryEffect(**entry)
    return FileEffect(**entry) if "file" in entry else OtherEffect(**entry)
