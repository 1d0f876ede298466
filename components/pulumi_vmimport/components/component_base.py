"""What the components share: their inputs are judged all at once, before anything is made from them."""

import re
import typing
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeGuard, TypeVar

import pulumi

from pulumi_vmimport.lifecycle.program_arguments import program_arguments
from pulumi_vmimport.lifecycle.property_bag import UNKNOWN, Problem

T = TypeVar("T")

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html

Values = Mapping[str, Any]
"""The known inputs of a component by name; UNKNOWN where preview cannot know one, or where it is of no use."""

Check = Callable[[Values], Iterator[Problem]]


class InvalidInputs(pulumi.RunError, pulumi.InputPropertiesError):
    """Everything that is wrong with a component's inputs.

    Being a RunError it ends a program with its lines and no traceback.
    """

    def __init__(self, component: str, problems: Sequence[Problem]) -> None:
        lines = "".join(f"\n  {p.path}: {p.reason}" for p in problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(
            f"{component}: {count} with the inputs{lines}",
            [{"property_path": p.path, "reason": p.reason} for p in problems],
        )


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
    """The arguments of a component, each as an output that fails with all problems of all arguments.

    A resource that takes one of them is not made before every argument that preview or update can know has been
    judged. What is not of its form raises at once, an Output for an argument that is plain by its annotation too.
    """

    def __init__(self, component: pulumi.ComponentResource, name: str, args: Values, of: type, check: Check) -> None:
        self.component = f"{type(component).__name__} {name}"
        self._args, self._of, self._check = args, of, check
        masked: Values = _masked(args)
        if malformed := [*_not_plain(of, args), *form_problems(of, masked)]:
            raise InvalidInputs(self.component, [*malformed, *check(_without(masked, malformed))])
        self.judged = pulumi.Output.unsecret(apply_known(args, self._judge))

    def get(self, name: str, default: Any = None) -> pulumi.Output[Any]:
        """An argument, or the default where it is not given or None."""
        return self.after_check(self._args.get(name)).apply(lambda v: default if v is None else v)

    def after_check(self, value: pulumi.Input[T]) -> pulumi.Output[T]:
        """Value, once nothing was found wrong."""
        together: pulumi.Output[Any] = pulumi.Output.all(self.judged, value)
        return together.apply(lambda both: both[1])

    def or_problem(self, found: pulumi.Output[T], path: str, advice: str) -> pulumi.Output[T]:
        """What a look-up found; its failure becomes a problem of the argument at path, in the provider's words."""

        def fail(error: Exception) -> T:
            if isinstance(error, InvalidInputs):
                raise error
            words = " ".join(str(error).split()).rpartition("returned an error: ")[2]
            raise InvalidInputs(self.component, [Problem(path, f"{words}; {advice}")]) from error

        return found.recover(fail)

    def _judge(self, values: Values) -> bool:
        malformed = list(form_problems(self._of, values))
        if problems := [*malformed, *self._check(_without(values, malformed))]:
            raise InvalidInputs(self.component, problems)
        return True


def apply_known(value: Any, func: Callable[[Any], T]) -> pulumi.Output[T]:
    """What func makes of value with what each Output inside it holds, and UNKNOWN for what preview cannot know."""
    return _gathered(value).apply(lambda v: func(_with_our_unknown(v)), run_with_unknowns=True)


def is_set(value: Any) -> TypeGuard[Any]:
    """Whether an argument is there and known."""
    return value is not None and value is not UNKNOWN


def form_problems(of: type, values: Values, path: str = "") -> Iterator[Problem]:
    """What in values is not of the form that the TypedDict `of` says."""
    hints = _hints(of)
    for name in values:
        if name not in hints:
            near = get_close_matches(name, hints, n=1)
            hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(sorted(hints))}"
            yield Problem(path + name, f"is no argument; {hint}")
    for name, hint in hints.items():
        value = values.get(name)
        if value is not None:
            yield from _value_problems(_inner(hint), value, path + name)
        elif name in getattr(of, "__required_keys__", ()):
            yield Problem(path + name, f"is required, expected {_expected(_inner(hint))}")


def _masked(value: Any) -> Any:
    """Value with UNKNOWN for every Output inside it."""
    if isinstance(value, pulumi.Output):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {k: _masked(v) for k, v in value.items()}
    return [_masked(v) for v in value] if isinstance(value, (list, tuple)) else value


def _without(values: Values, malformed: Sequence[Problem]) -> Values:
    """Values with UNKNOWN for those that are not of their form, so that the rest can still be checked."""
    names = {re.split(r"[.\[]", p.path)[0] for p in malformed}
    return {name: UNKNOWN if name in names else v for name, v in values.items()}


def _gathered(value: Any) -> pulumi.Output[Any]:
    """Value with every Output inside it replaced, an unknown one by pulumi's Unknown: Output.all forgets all then."""
    if isinstance(value, Mapping):
        names = list(value)
        return pulumi.Output.all(*map(_gathered, value.values())).apply(
            lambda values: dict(zip(names, values, strict=True)), run_with_unknowns=True
        )
    if isinstance(value, (list, tuple)):
        return pulumi.Output.all(*map(_gathered, value))
    return pulumi.Output.from_input(value).apply(lambda v: v, run_with_unknowns=True)


def _with_our_unknown(value: Any) -> Any:
    if isinstance(value, pulumi.output.Unknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {k: _with_our_unknown(v) for k, v in value.items()}
    return [_with_our_unknown(v) for v in value] if isinstance(value, (list, tuple)) else value


def _not_plain(of: type, args: Values, path: str = "") -> Iterator[Problem]:
    for name, hint in _hints(of).items():
        value = args.get(name)
        if isinstance(value, pulumi.Output) and _inner(hint) is hint:
            yield Problem(path + name, "expected a plain value, got an Output: it decides which resources there are")
        elif typing.is_typeddict(_inner(hint)) and isinstance(value, Mapping):
            yield from _not_plain(_inner(hint), value, f"{path}{name}.")


def _hints(of: type) -> dict[str, Any]:
    """The types of the arguments; pulumi.Input spells its third kind "Output[T]", in names of pulumi's own module."""
    return typing.get_type_hints(of, localns={"Output": pulumi.Output, "T": Any})


def _inner(hint: Any) -> Any:
    """T of pulumi.Input[T], which is a union of T and what brings a T; any other hint as it is."""
    arguments = typing.get_args(hint)
    return arguments[0] if any(typing.get_origin(a) is pulumi.Output for a in arguments) else hint


def _value_problems(hint: Any, value: Any, path: str) -> Iterator[Problem]:
    if value is UNKNOWN or hint is Any:
        return
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is list and isinstance(value, Sequence) and not isinstance(value, str):
        for i, item in enumerate(value):
            yield from _value_problems(_inner(arguments[0]), item, f"{path}[{i}]")
    elif origin is dict and isinstance(value, Mapping):
        for key, item in value.items():
            yield from _value_problems(_inner(arguments[1]), item, f"{path}.{key}")
    elif typing.is_typeddict(hint) and isinstance(value, Mapping):
        yield from form_problems(hint, value, f"{path}.")
    elif not _is_scalar(hint, value):
        yield Problem(path, f"expected {_expected(hint)}, got {value!r}")


def _is_scalar(hint: Any, value: Any) -> bool:
    if typing.get_origin(hint) is typing.Literal:
        return value in typing.get_args(hint)
    if isinstance(value, bool):
        return hint is bool
    if hint is int:  # an int that came through the engine is a float
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return isinstance(hint, type) and not typing.is_typeddict(hint) and isinstance(value, hint)


def _expected(hint: Any) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is list:
        return f"a list of {_expected(_inner(arguments[0]))}"
    if origin is typing.Literal:
        return f"one of {', '.join(arguments)}"
    names = {str: "a string", int: "a whole number", bool: "true or false"}
    return names.get(hint, "a mapping")
