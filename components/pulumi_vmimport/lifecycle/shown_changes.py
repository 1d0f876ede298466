"""What Pulumi shows of a change: the properties that differ, and why a resource is replaced without such a property.

Otherwise the engine compares the recorded inputs with the new ones, including those of the host, and shows nothing for
a resource that is replaced because of its condition.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport.lifecycle import engine
from pulumi_vmimport.lifecycle.aws_identity import provider_changed
from pulumi_vmimport.lifecycle.contract import Condition, Lifecycle
from pulumi_vmimport.lifecycle.host_properties import AWS_PROVIDER
from pulumi_vmimport.lifecycle.schema import main_property

_warned: set[tuple[str, str]] = set()
"""(URN, message) of this process: `preview --refresh` compares each resource twice."""


@dataclass(frozen=True)
class Changes:
    """The changes of a resource."""

    inputs: set[str]
    """The wire names of the inputs that differ."""
    replacing: set[str]
    """Those of them that replace the resource."""
    is_other_caller: bool
    """Whether other credentials are used."""
    condition: Condition
    """That of the state."""
    source_condition: Condition
    """That of the source, for a complete resource."""


@dataclass(frozen=True)
class Differences:
    """The changes of a resource as Pulumi's protocol describes them."""

    exist: bool
    replaces: list[str]
    """The properties that replace the resource"""
    delete_before_replace: bool
    kinds: dict[str, str]
    """The properties to show, each with its `PropertyDiff.Kind`"""


def differences(
    lifecycle: Lifecycle[Any, Any], changes: Changes, olds: Mapping[str, Any], news: Mapping[str, Any]
) -> Differences:
    """The changes as Pulumi expects them; it shows each property that differs."""
    conditions = {changes.condition, changes.source_condition}
    is_broken = Condition.BROKEN in conditions and not changes.replacing
    replaces = [main_property(lifecycle.inputs_type)] if is_broken else sorted(changes.replacing)
    kinds = {name: _kind(olds.get(name), news.get(name), name in replaces) for name in sorted(changes.inputs)}
    if provider_changed(olds, news):
        kinds[AWS_PROVIDER] = _kind(olds.get(AWS_PROVIDER), news.get(AWS_PROVIDER), is_replacing=False)
    if changes.condition is not Condition.READY and olds.get(lifecycle.condition_output) is not None:
        kinds[lifecycle.condition_output] = "UPDATE_REPLACE" if is_broken else "UPDATE"
    unique = lifecycle.unique_inputs
    is_changed = bool(changes.inputs or replaces) or changes.is_other_caller
    return Differences(
        exist=is_changed or conditions != {Condition.READY},
        replaces=replaces,
        delete_before_replace=bool(replaces and unique) and not changes.inputs & set(unique),
        kinds=kinds,
    )


def warn_of_replacement(urn: str, title: str, reason: str) -> None:
    """Report why a resource is replaced although no input changed."""
    message = f"{title}: {reason}; `pulumi up --refresh` creates a new one"
    if (urn, message) not in _warned:
        _warned.add((urn, message))
        engine.log(urn, message, severity="WARNING")


def _kind(old: Any, new: Any, is_replacing: bool) -> str:
    """The kind of a property's change, as Pulumi's protocol names it."""
    kind = "ADD" if old is None else "DELETE" if new is None else "UPDATE"
    return f"{kind}_REPLACE" if is_replacing else kind
