"""Calls a function of the provider with the Region and credentials of its inputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport.call_guard import guarded_by
from pulumi_vmimport.lifecycle.aws_identity import configured, settings_for
from pulumi_vmimport.lifecycle.contract import Problem
from pulumi_vmimport.lifecycle.engine import Call
from pulumi_vmimport.lifecycle.function import Function
from pulumi_vmimport.lifecycle.host_properties import without_host_properties
from pulumi_vmimport.lifecycle.host_run import HostRun, HostSettings, call_guard, connection
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.lifecycle.program_spelling import program_text
from pulumi_vmimport.lifecycle.property_bag import read_bag, write_bag


@dataclass
class _FunctionRun(HostRun):
    show_warning: Callable[[str], None] | None = None
    """Receives the warnings of a call in the process of a program, which has no log of the engine"""

    def warn(self, text: str) -> None:
        if self.show_warning is None:
            super().warn(text)
        else:
            self.show_warning(program_text(self.inputs_type, text))


class FunctionCall:
    """One call of a function. `bag` has its arguments and, from a Python program, those of an explicit provider."""

    def __init__(
        self,
        function: Function[Any, Any],
        settings: HostSettings,
        bag: Mapping[str, Any],
        call: Call | None,
        show_warning: Callable[[str], None] | None = None,
    ) -> None:
        self._function = function
        self._inputs, problems = read_bag(function.inputs_type, without_host_properties(bag))
        self._run = _FunctionRun(
            identity=Identity(""),
            aws=connection(settings_for(settings.aws, bag, self._inputs)),
            settings=settings,
            call=call,
            inputs_type=function.inputs_type,
            show_warning=show_warning,
        )
        problems += [Problem("", problem) for problem in settings.problems]
        if function.uses_aws:
            self._inputs, found = configured(self._inputs, self._run.aws, bag)
            problems += found
        self.problems: list[Problem] = [*problems, *function.check(self._inputs)]
        """Every problem of the arguments; with one, the function cannot be called"""

    def result(self) -> dict[str, Any]:
        """The result as a property bag. Raises: what the function raises."""
        with guarded_by(call_guard(self._run, is_preview=True)):
            result: dict[str, Any] = write_bag(self._function.call(self._run, self._inputs))
        return result
