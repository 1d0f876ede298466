"""The settings of the native provider: `vmimport:*` of the stack, or the inputs of a `vmimport.Provider`."""

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_vmimport.aws.configuration.configuration_keys import CONFIGURATION_KEYS
from pulumi_vmimport.aws.configuration.value_reader import ValueReader
from pulumi_vmimport.lifecycle.host_run import HostSettings
from pulumi_vmimport.lifecycle.input_changes import has_unknown
from pulumi_vmimport.lifecycle.provider_configuration import (
    PROVIDER_CONFIGURATION,
    VSPHERE_CONFIGURATION,
    configuration_problem,
    is_argument,
    stack_configuration,
)

# Temporary keys differ in every run.
_KEYS = frozenset({"accessKey", "secretKey", "token"})
_NAMES = frozenset(value.name for value in PROVIDER_CONFIGURATION)


def provider_settings(arguments: Mapping[str, Any]) -> HostSettings:
    """The settings of the provider; the environment applies where its arguments set nothing."""
    return HostSettings.read(stack_configuration(_known(arguments)), os.environ)


def provider_problems(arguments: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The names and the problems of the arguments."""
    known = _known(arguments)
    own = dict([*_unsupported(known), *_mistyped(known)])
    settings = provider_settings({name: value for name, value in known.items() if name not in own})
    return [*own.items(), *map(configuration_problem, (*settings.problems, *settings.aws.problems))]


def _known(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if is_argument(name) and not has_unknown(value)}


def _unsupported(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The problems of names that neither this provider nor pulumi-aws has."""
    unsupported = sorted(arguments.keys() - _NAMES - CONFIGURATION_KEYS.keys())
    if not unsupported:
        return
    from difflib import get_close_matches  # noqa: PLC0415 - only for a misspelled name

    for name in unsupported:
        near = get_close_matches(name, _NAMES, 1)
        expected = near[0] if near else f"one of {', '.join(sorted(_NAMES))}"
        yield name, f"is not supported; expected {expected}"


def _mistyped(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The problems of the arguments that pulumi-aws does not have."""
    values = ValueReader(arguments, str, [])
    for argument in VSPHERE_CONFIGURATION:
        (values.flag if argument.of is bool else values.text)(argument.name)
    yield from map(configuration_problem, values.problems)


def changed_settings(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    """The names of the arguments that differ, without keys."""
    names = sorted((olds.keys() | news.keys()) & (_NAMES - _KEYS))
    return [name for name in names if _parsed(olds.get(name)) != _parsed(news.get(name))]


def _parsed(value: Any) -> Any:
    """The value that a JSON text stands for: the order of its keys varies."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
