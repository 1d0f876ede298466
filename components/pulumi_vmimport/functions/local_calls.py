"""A call of a function in the process of a program, with the stack's configuration and the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport.aws.credential_errors import is_identity_error
from pulumi_vmimport.aws.redacted_urls import redact_urls
from pulumi_vmimport.errors import VmimportError
from pulumi_vmimport.functions.catalog import function_of
from pulumi_vmimport.lifecycle.error_reporting import describe_error, is_unreachable
from pulumi_vmimport.lifecycle.function import FunctionError
from pulumi_vmimport.lifecycle.function_calls import FunctionCall
from pulumi_vmimport.lifecycle.host_run import HostSettings
from pulumi_vmimport.lifecycle.program_spelling import in_program_spelling


@dataclass(frozen=True)
class LocalAnswer:
    """The result of a function as a property bag, and its warnings."""

    result: Mapping[str, Any]
    warnings: tuple[str, ...]


def answer(name: str, bag: Mapping[str, Any], configuration: Mapping[str, Any]) -> LocalAnswer:
    """Call a function. `configuration` is that of the stack, by keys such as `aws:region`.

    Raises: FunctionError with every problem of the arguments, or with what failed.
    """
    try:
        return _answer(name, bag, configuration)
    except Exception as error:
        if isinstance(error, VmimportError) or is_unreachable(error) or is_identity_error(error):
            raise FunctionError(describe_error(error)) from error
        raise


def _answer(name: str, bag: Mapping[str, Any], configuration: Mapping[str, Any]) -> LocalAnswer:
    function, warnings = function_of(name), list[str]()
    called = FunctionCall(function, HostSettings.read(configuration, os.environ), bag, None, warnings.append)
    if called.problems:
        lines = [redact_urls(in_program_spelling(function.inputs_type, problem)) for problem in called.problems]
        raise FunctionError("; ".join(lines))
    return LocalAnswer(called.result(), tuple(warnings))
