"""The base class of the components, and the validation of their arguments before any child resource is created."""

import re
import typing
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pulumi

from pulumi_vmimport.aws.redacted_urls import redact_urls
from pulumi_vmimport.components.argument_types import argument_types, type_problems, without_input
from pulumi_vmimport.errors import VmimportError
from pulumi_vmimport.lifecycle.contract import UNKNOWN, Problem
from pulumi_vmimport.lifecycle.program_arguments import program_arguments
from pulumi_vmimport.lifecycle.pulumi_unknowns import from_pulumi
from pulumi_vmimport.lifecycle.type_validation import problem_list

T = TypeVar("T")

Values = Mapping[str, Any]
"""The arguments of a component by name; UNKNOWN where preview cannot know one, or where its type is wrong."""

Check = Callable[[Values], Iterator[Problem]]


class InvalidInputsError(VmimportError, pulumi.RunError, pulumi.InputPropertiesError):
    """The arguments of a component are invalid; lists every problem.

    As a RunError it ends the program with its text and no traceback.
    """

    def __init__(self, component: str, problems: Sequence[Problem]) -> None:
        problems = [Problem(redact_urls(p.path), redact_urls(p.reason)) for p in problems]
        super().__init__(
            f"{component}: {problem_list(problems)}",
            [{"property_path": p.path, "reason": p.reason} for p in problems],
        )
        self.problems = tuple(problems)


@dataclass(frozen=True)
class FailedLookUp:
    """The result of a look-up that failed."""

    problems: tuple[Problem, ...]


# What pulumi and a bridged provider add to the provider's words.
_LOOK_UP = re.compile(r"(.*returned an error: |invoke of \S+ failed: )?(invoking \S+: )?(\d+ errors? occurred: \* )?")


class Component(pulumi.ComponentResource):
    """A component whose arguments are one dictionary or keyword arguments; a subclass declares its resources."""

    def __init__(
        self,
        token: str,
        resource_name: str,
        args: Values | None,
        opts: pulumi.ResourceOptions | None,
        **kwargs: Any,
    ) -> None:
        title = f"{token.rpartition(':')[2]} {resource_name}"
        arguments, opts = program_arguments(title, args, opts, kwargs)
        super().__init__(token, resource_name, None, opts)
        self._declare(resource_name, arguments)

    @abstractmethod
    def _declare(self, name: str, args: Any) -> None:
        """Declare the child resources and register the outputs."""


class CheckedInputs:
    """The arguments of a component as outputs, each of which fails with every problem of all arguments.

    A resource that uses one of them is not created before every argument that is known at that time has been checked.
    An argument of the wrong type fails at once, as does an Output where the annotation requires a plain value.
    """

    def __init__(self, component: pulumi.ComponentResource, name: str, args: Values, of: type, check: Check) -> None:
        self.component = f"{type(component).__name__} {name}"
        self._args, self._of, self._check = args, of, check
        plain: Values = _without_outputs(args)
        if mistyped := [*_output_problems(of, args), *type_problems(of, plain)]:
            raise InvalidInputsError(self.component, [*mistyped, *check(_without_mistyped(plain, mistyped))])
        self.checked = pulumi.Output.unsecret(apply_known(args, self._check_all))

    def get(self, name: str, default: Any = None) -> pulumi.Output[Any]:
        """An argument, or the default where it is absent or None."""
        return self.after_check(self._args.get(name)).apply(lambda v: default if v is None else v)

    def is_given(self, name: str) -> bool:
        """Whether the program passes the argument, even if its value is not known yet."""
        return self._args.get(name) is not None

    def after_check(self, value: pulumi.Input[T]) -> pulumi.Output[T]:
        """The value, once all arguments have been checked."""
        together: pulumi.Output[Any] = pulumi.Output.all(self.checked, value)
        return together.apply(lambda both: both[1])

    def or_problem(self, found: pulumi.Output[T], path: str, advice: str) -> pulumi.Output[T]:
        """The result of a look-up; its failure becomes a problem of the argument at path, in the provider's words."""

        def existing(result: T | FailedLookUp) -> T:
            if isinstance(result, FailedLookUp):
                raise InvalidInputsError(self.component, result.problems)
            return result

        return self.look_up(found, path, advice).apply(existing)

    def look_up(self, found: pulumi.Output[T], path: str, advice: str) -> pulumi.Output[T | FailedLookUp]:
        """As `or_problem`, for `all_found`."""

        def failed(error: Exception) -> T | FailedLookUp:
            if isinstance(error, InvalidInputsError):
                return FailedLookUp(error.problems)
            words = _LOOK_UP.sub("", " ".join(str(error).split()), count=1)
            return FailedLookUp((Problem(path, f"{words}; {advice}"),))

        result: pulumi.Output[T | FailedLookUp] = found.apply(lambda value: value)
        return result.recover(failed)

    def all_found(self, results: Mapping[str, pulumi.Output[Any]]) -> dict[str, pulumi.Output[Any]]:
        """The results of look-ups, each of which fails with the problems of all."""

        def check(known: Mapping[str, Any]) -> bool:
            failed = (result for result in known.values() if isinstance(result, FailedLookUp))
            if problems := list(dict.fromkeys(problem for result in failed for problem in result.problems)):
                raise InvalidInputsError(self.component, problems)
            return True

        checked = pulumi.Output.unsecret(apply_known(results, check))
        return {
            name: pulumi.Output.all(checked, result).apply(lambda both: both[1]) for name, result in results.items()
        }

    def _check_all(self, values: Values) -> bool:
        mistyped = type_problems(self._of, values)
        if problems := [*mistyped, *self._check(_without_mistyped(values, mistyped))]:
            raise InvalidInputsError(self.component, problems)
        return True


def apply_known(value: Any, func: Callable[[Any], T]) -> pulumi.Output[T]:
    """Apply func to the value with its outputs resolved; an output that preview cannot know is UNKNOWN."""
    return _resolved(value).apply(lambda v: func(from_pulumi(v)), run_with_unknowns=True)


def _without_outputs(value: Any) -> Any:
    """The value with UNKNOWN for every Output in it."""
    if isinstance(value, pulumi.Output):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {k: _without_outputs(v) for k, v in value.items()}
    return [_without_outputs(v) for v in value] if isinstance(value, (list, tuple)) else value


def _without_mistyped(values: Values, mistyped: Sequence[Problem]) -> Values:
    """The values with UNKNOWN for those of the wrong type, so that the others can still be checked."""
    names = {re.split(r"[.\[]", p.path)[0] for p in mistyped}
    return {name: UNKNOWN if name in names else v for name, v in values.items()}


def _resolved(value: Any) -> pulumi.Output[Any]:
    """The value with its outputs resolved. Output.all would make everything unknown where one output is."""
    if isinstance(value, Mapping):
        names = list(value)
        return pulumi.Output.all(*map(_resolved, value.values())).apply(
            lambda values: dict(zip(names, values, strict=True)), run_with_unknowns=True
        )
    if isinstance(value, (list, tuple)):
        return pulumi.Output.all(*map(_resolved, value))
    return pulumi.Output.from_input(value).apply(lambda v: v, run_with_unknowns=True)


def _output_problems(of: type, args: Values, path: str = "") -> Iterator[Problem]:
    for name, hint in argument_types(of).items():
        value = args.get(name)
        if isinstance(value, pulumi.Output) and without_input(hint) is hint:
            yield Problem(
                path + name, "expected a plain value, got an Output; the resources to declare depend on this argument"
            )
        elif typing.is_typeddict(without_input(hint)) and isinstance(value, Mapping):
            yield from _output_problems(without_input(hint), value, f"{path}{name}.")
