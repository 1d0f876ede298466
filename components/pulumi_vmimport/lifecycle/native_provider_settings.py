"""The settings of the native provider: `vmimport:*` of the stack, or the inputs of a `vmimport.Provider`."""

import json
import os
from collections.abc import Mapping
from typing import Any

from pulumi_vmimport.lifecycle.host_run import HostSettings
from pulumi_vmimport.lifecycle.input_changes import has_unknown
from pulumi_vmimport.lifecycle.provider_configuration import (
    PROVIDER_CONFIGURATION,
    configuration_problem,
    stack_configuration,
)

# Temporary keys differ in every run.
_KEYS = frozenset({"accessKey", "secretKey", "token"})
_NAMES = frozenset(value.name for value in PROVIDER_CONFIGURATION)


def provider_settings(arguments: Mapping[str, Any]) -> HostSettings:
    """The settings of the provider; the environment applies where its arguments set nothing."""
    known = {name: value for name, value in arguments.items() if not has_unknown(value)}
    return HostSettings.read(stack_configuration(known), os.environ)


def provider_problems(arguments: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The names and the problems of the arguments."""
    return [configuration_problem(problem) for problem in provider_settings(arguments).aws.problems]


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
