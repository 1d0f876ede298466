"""Converts between Pulumi's unknown values and UNKNOWN."""

from collections.abc import Mapping
from typing import Any

import pulumi

from pulumi_vmimport.lifecycle.unknown import UNKNOWN


def from_pulumi(value: Any) -> Any:
    """The value with UNKNOWN for each of Pulumi's unknown values in it."""
    if isinstance(value, pulumi.output.Unknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {k: from_pulumi(v) for k, v in value.items()}
    return [from_pulumi(v) for v in value] if isinstance(value, (list, tuple)) else value


def to_pulumi(value: Any) -> Any:
    """The value with Pulumi's unknown value for each UNKNOWN in it."""
    if value is UNKNOWN:
        return pulumi.output.Unknown()  # type: ignore[no-untyped-call]
    if isinstance(value, Mapping):
        return {k: to_pulumi(v) for k, v in value.items()}
    return [to_pulumi(v) for v in value] if isinstance(value, (list, tuple)) else value
