"""Inputs of every custom resource, with unknown values at every place, and what a lifecycle does with them in preview.

Preview calls a lifecycle with the outputs of resources that do not exist yet. The host passes such a value on as
UNKNOWN, in whatever place the program used the output.
"""

import copy
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.errors import VmimportError
from pulumi_vmimport.lifecycle.contract import UNKNOWN, Lifecycle
from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.lifecycle.schema import camel_case, field_types, is_required, wire_fields, without_none

_REPORTED = (VmimportError, ClientError, BotoCoreError)
# EC2 accepts one of them: each bag of inputs has another.
_SOURCES = ("user_bucket", "url", "snapshot_id")
_SCALARS: Mapping[Any, Any] = {str: "web", int: 20, float: 1.0, bool: True}

Bag = dict[str, Any]
Path = tuple[str | int, ...]


def bags(lifecycle: Lifecycle[Any, Any], values: Mapping[str, Any]) -> Iterator[Bag]:
    """Bags of inputs by their Python names: the required inputs alone, and all with the first and last of each choice.

    `values` has the values of inputs that AWS or the file system must know, by name; None leaves an input out.
    """
    inputs = lifecycle.inputs_type
    by_source = [{**values, **{name: None for name in _SOURCES if name != source}} for source in _SOURCES]
    yield _bag(inputs, by_source[0], choice=0, only_required=True)
    yield _bag(inputs, by_source[1], choice=0)
    yield _bag(inputs, by_source[2], choice=-1)


def with_unknowns(lifecycle: Lifecycle[Any, Any], bag: Bag) -> Iterator[tuple[str, Bag]]:
    """The bag with one unknown value, at every place; and with nothing but unknown values. Each with its description."""
    inputs = dict.fromkeys(wire_fields(lifecycle.inputs_type), UNKNOWN)
    for path in [*_paths(bag), *((name,) for name in inputs if name not in bag)]:
        changed = copy.deepcopy(bag)
        *parents, last = path
        container: Any = changed
        for key in parents:
            container = container[key]
        container[last] = UNKNOWN
        yield ".".join(map(str, path)), changed
    yield "everything", inputs


def defects(lifecycle: Lifecycle[Any, Any], run: Any, bag: Bag, outputs: Mapping[str, Any]) -> Iterator[str]:
    """The errors, other than those of AWS, vSphere and this library, of what preview calls with these inputs."""
    inputs, _ = read_bag(lifecycle.inputs_type, bag)
    state, _ = read_bag(lifecycle.state_type, {**_bag(lifecycle.state_type, outputs, choice=0), **bag})
    calls: dict[str, Callable[[], Any]] = {
        "check": lambda: list(lifecycle.check(inputs)),
        "preflight": lambda: list(lifecycle.preflight(run, inputs)),
        "source_version": lambda: lifecycle.source_version(run, inputs),
        "recheck_source": lambda: lifecycle.recheck_source(run, state, inputs),
    }
    for name, call in calls.items():
        try:
            call()
        except _REPORTED:
            continue
        except Exception as error:  # noqa: BLE001 - the test reports it
            yield f"{name}: {error!r} in {''.join(traceback.format_tb(error.__traceback__)[-3:])}"


def _bag(of: type, values: Mapping[str, Any], *, choice: int, only_required: bool = False) -> Bag:
    types_of = field_types(of)
    named = {name for name, value in values.items() if value is not None} | {*_SOURCES}
    chosen = [f for f in fields(of) if f.name in named or is_required(f) or not only_required]
    found = {f.name: values[f.name] if f.name in values else _value(types_of[f.name], values, choice) for f in chosen}
    return {camel_case(name): value for name, value in found.items() if value is not None}


def _value(hint: Any, values: Mapping[str, Any], choice: int) -> Any:
    hint = without_none(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return [_value(arguments[0], values, choice)]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"team": "blue"}
    if origin is Literal:
        return arguments[choice].value if isinstance(arguments[choice], Enum) else arguments[choice]
    if is_dataclass(hint) and isinstance(hint, type):
        return _bag(hint, values, choice=choice)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return list(hint)[choice].value
    return _SCALARS[hint]


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    members: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield (*path, key)
        yield from _paths(member, (*path, key))
