"""Between Pulumi's property bags (camelCase, untyped, with unknowns) and frozen dataclasses (snake_case, typed).

The names of a resource's inputs and outputs are those of its dataclasses; nothing spells a property twice.
"""

import hashlib
import json
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from enum import Enum
from typing import Any, Final, TypeVar

BagT = TypeVar("BagT")


class _Unknown:
    """The value of an output that preview cannot know."""

    def __repr__(self) -> str:
        return "<unknown>"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value has no truth: ask known(value) first")


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the inputs: the property path as the user wrote it, and what is expected."""

    path: str
    reason: str


def updatable(default: Any = None, *, looked_up: bool = False) -> Any:
    """A dataclass field whose change is carried out in place; every other input's change replaces the resource.

    `default` may be MISSING. Before a change of what is `looked_up`, preview calls the lifecycle's `preflight`, as it
    does before a replacement.
    """
    return field(default=default, metadata={"updatable": True, "looked_up": looked_up})


def camel(name: str) -> str:
    """`disk_containers` -> `diskContainers`."""
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)


def properties(of: type) -> dict[str, Field[Any]]:
    """The fields of a dataclass by their name on the wire."""
    return {camel(f.name): f for f in fields(of)}


def hints(of: type) -> dict[str, Any]:
    """The types of a dataclass's fields by their Python names."""
    return dict(typing.get_type_hints(of))


def replacing(of: type) -> frozenset[str]:
    """The wire names of the inputs whose change replaces the resource."""
    return frozenset(name for name, f in properties(of).items() if not f.metadata.get("updatable"))


def looked_up(of: type) -> frozenset[str]:
    """The wire names of the inputs whose change `preflight` has to see."""
    updated = (name for name, f in properties(of).items() if f.metadata.get("looked_up"))
    return replacing(of) | frozenset(updated)


def first_required(of: type) -> str:
    """The wire name of the first input that has no default, or else of its own first: what the resource is about."""
    needed = (n for n, f in properties(of).items() if f.default is MISSING and f.default_factory is MISSING)
    return next(needed, camel(next(iter(of.__annotations__))))


def required(hint: Any) -> Any:
    """A type without its None."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return next(a for a in typing.get_args(hint) if a is not type(None))
    return hint


def read_bag(of: type[BagT], bag: Mapping[str, Any], path: str = "") -> tuple[BagT, list[Problem]]:
    """The dataclass that a property bag describes, and everything in the bag that is not of its form.

    A field with a problem is UNKNOWN in the result, so that the rest can still be checked.
    """
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    known_names, types_of = properties(of), hints(of)
    for name in bag:
        if name not in known_names:
            near = get_close_matches(name, known_names, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; expected one of {', '.join(sorted(known_names))}"
            problems.append(Problem(_join(path, name), f"is no property of {_title(of)}{hint}"))
    for name, f in known_names.items():
        value = bag.get(name)
        if value is None:
            if f.default is MISSING and f.default_factory is MISSING:
                problems.append(Problem(_join(path, name), f"is required, expected {_expected(types_of[f.name])}"))
                values[f.name] = UNKNOWN
            continue
        values[f.name] = _read(types_of[f.name], value, _join(path, name), problems)
    return of(**values), problems


def write_bag(value: Any) -> Any:
    """A dataclass as a property bag; fields that are None are left out."""
    if is_dataclass(value) and not isinstance(value, type):
        return {camel(f.name): write_bag(v) for f in fields(value) if (v := getattr(value, f.name)) is not None}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {k: write_bag(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [write_bag(v) for v in value]
    return value


def given(of: type, bag: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """Value as a bag, without defaults that bag did not spell out: a default may change in a new version."""
    defaults = {name: f.default for name, f in properties(of).items()}
    written = {name: write_bag(getattr(value, f.name)) for name, f in properties(of).items()}
    return {
        name: v for name, v in written.items() if v is not None and (name in bag or v != write_bag(defaults.get(name)))
    }


def comparable(hint: Any, value: Any) -> Any:
    """A bag's value of this type without what makes no difference (a field's metadata `same`, such as a signature)."""
    hint = required(hint)
    if is_dataclass(hint) and isinstance(hint, type) and isinstance(value, Mapping):
        known_names, of = properties(hint), hints(hint)
        return {
            n: _same(known_names[n], of[known_names[n].name], v) if n in known_names else v for n, v in value.items()
        }
    if typing.get_origin(hint) is tuple and isinstance(value, list):
        return [comparable(typing.get_args(hint)[0], v) for v in value]
    return value


def digest(inputs: Any) -> str:
    """A short hash of the inputs whose change replaces the resource."""
    bag = comparable(type(inputs), write_bag(inputs))
    kept = {name: bag[name] for name in sorted(replacing(type(inputs)) & bag.keys())}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:32]


def _same(of: Field[Any], hint: Any, value: Any) -> Any:
    same = of.metadata.get("same")
    return same(value) if same and isinstance(value, str) else comparable(hint, value)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _title(of: type) -> str:
    return of.__name__.removesuffix("Inputs")


def _read(hint: Any, value: Any, path: str, problems: list[Problem]) -> Any:
    if value is UNKNOWN:
        return UNKNOWN
    hint = required(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple and isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(_read(arguments[0], v, f"{path}[{i}]", problems) for i, v in enumerate(value))
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(value, Mapping):
        return {k: _read(arguments[1], v, f"{path}.{k}", problems) for k, v in value.items()}
    if is_dataclass(hint) and isinstance(hint, type) and isinstance(value, Mapping):
        nested, found = read_bag(hint, value, path)
        problems.extend(found)
        return nested
    allowed = arguments if origin is typing.Literal else None
    of = type(arguments[0]) if allowed else hint
    if isinstance(of, type):
        for read in _scalars(of, value):
            if allowed is None or read in allowed:
                return read
    problems.append(Problem(path, f"expected {_expected(hint)}, got {value!r}"))
    return UNKNOWN


def _scalars(hint: type, value: Any) -> Iterator[Any]:
    if issubclass(hint, Enum):
        try:
            yield hint(value)
        except ValueError:
            return
    elif hint is bool or isinstance(value, bool):
        if hint is bool and isinstance(value, bool):
            yield value
    elif hint is int and isinstance(value, float) and value.is_integer():
        yield int(value)  # the wire has no integers
    elif hint is float and isinstance(value, int):
        yield float(value)
    elif hint in (int, float, str) and isinstance(value, hint):
        yield value


def _expected(hint: Any) -> str:
    hint = required(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return f"a list of {_expected(arguments[0])}"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return "one of " + ", ".join(str(member.value) for member in hint)
    if origin is typing.Literal:
        return "one of " + ", ".join(map(str, arguments))
    names = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}
    return names.get(hint, "an object")
