"""Every custom resource handles valid, invalid and unknown inputs."""

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import pulumi
import pytest

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.lifecycle.contract import UNKNOWN, Condition, Created, Problem
from pulumi_vmimport.lifecycle.dynamic_host import host_for
from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.lifecycle.resource_host import DynamicHost
from pulumi_vmimport.lifecycle.schema import camel_case, field_types, wire_fields, without_none

URN = "urn:pulumi:dev::shop::pulumi-python:dynamic/vmimport:Thing::web"
# Values that programs pass by mistake.
ODD: tuple[Any, ...] = (
    "", " ", "x y!", "-", "a" * 2000, "s3://", "s3://images/k.ova", "https://[", "arn:", "ü", "a\nb", "1" * 12,
    -1, 0, 1.0, 2.5, 1e300, True, False,
    [], [""], [None], [{}], [[]], ["a"] * 60,
    {}, {"": ""}, {"aws:x": "y"}, {"a.b[0]": "c"}, {"k" * 200: "v" * 300}, {"k": 1}, {str(i): "" for i in range(60)},
    UNKNOWN, [UNKNOWN], {"k": UNKNOWN},
)  # fmt: skip


def sample(hint: Any) -> Any:
    """A value of a type, as the wire has it."""
    hint = without_none(hint)
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return inner[0].value
    if is_dataclass(hint):
        return {camel_case(name): sample(of) for name, of in field_types(hint).items()}  # type: ignore[arg-type] # a class
    if origin is tuple:
        return [sample(inner[0])]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"key": sample(inner[1])}
    if issubclass(hint, Enum):
        return next(iter(hint)).value
    return {str: "sample", int: 3.0, float: 1.5, bool: False}[hint]


def bags(of: type, seed: int) -> Iterator[dict[str, Any]]:
    """Bags of inputs: each input odd beside samples of the others, and many where chance decides."""
    full = {camel_case(name): sample(hint) for name, hint in field_types(of).items()}
    for name in full:
        for odd in (*ODD, None):
            yield full | {name: odd}
    chance = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(400):
        yield {name: chance.choice((value, None, _spoiled(value, chance))) for name, value in full.items()}


def _spoiled(value: Any, chance: random.Random) -> Any:
    """A value with something odd in it."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(list(value))
        return value | {name: _spoiled(value[name], chance)}
    if isinstance(value, list) and chance.random() < 0.8:
        return [_spoiled(item, chance) for item in value] * chance.choice((0, 1, 2))
    return chance.choice(ODD)


def problems(declared: Any, bag: Mapping[str, Any]) -> list[Problem]:
    inputs, found = read_bag(declared.lifecycle.inputs_type, bag)
    return [*found, *declared.lifecycle.check(inputs)]


def is_real(hint: Any, path: str) -> bool:
    """Whether a property path leads from a type to something in it."""
    hint = without_none(hint)
    origin = get_origin(hint)
    if not path:
        return True
    if is_dataclass(hint):
        match = re.match(r"\.?(\w+)", path)
        of = {camel_case(name): inner for name, inner in field_types(hint).items()} if match else {}  # type: ignore[arg-type]
        return match is not None and match[1] in of and is_real(of[match[1]], path[match.end() :])
    if origin is tuple:
        match = re.match(r"\[\d+\]", path)
        return match is not None and is_real(get_args(hint)[0], path[match.end() :])
    return isinstance(origin, type) and issubclass(origin, Mapping) and path.startswith(".")


def test_every_problem_has_the_path_of_a_property_and_a_reason(declared: Any) -> None:
    inputs, found = declared.lifecycle.inputs_type, 0
    for bag in bags(inputs, seed=7):
        for problem in problems(declared, bag):
            found += 1
            unknown_name = "is not a property of" in problem.reason
            assert unknown_name or is_real(inputs, problem.path), (problem, bag)
            assert "\n" not in problem.reason, (problem, bag)
            assert problem.reason, (problem, bag)
    assert found


def test_no_problem_is_reported_twice(declared: Any) -> None:
    for bag in bags(declared.lifecycle.inputs_type, seed=11):
        found = problems(declared, bag)
        assert len(found) == len(set(found)), bag


@pytest.mark.parametrize(("name", "value"), [("timeoutMinutes", 0), ("timeoutMinutes", -1), ("region", None)])
def test_fails_in_check_on_values_that_no_resource_accepts(declared: Any, name: str, value: int | None) -> None:
    assert name in {problem.path for problem in problems(declared, full(declared) | {name: value})}


def test_unknown_inputs_are_not_checked(declared: Any) -> None:
    assert problems(declared, dict.fromkeys(wire_fields(declared.lifecycle.inputs_type), UNKNOWN)) == []


def test_an_unknown_input_is_checked_only_when_it_is_known(declared: Any) -> None:
    """An unknown input can only reduce the problems."""
    for number, bag in enumerate(bags(declared.lifecycle.inputs_type, seed=13)):
        if number % 5 == 0:
            known = {p.path for p in problems(declared, bag)}
            for name in bag:
                found = {p.path for p in problems(declared, bag | {name: UNKNOWN})}
                assert found <= known, (name, bag)


@pytest.fixture
def host(declared: Any, monkeypatch: pytest.MonkeyPatch) -> DynamicHost:
    """The host of a resource that finds nothing wrong, and is ready at once with the inputs it got."""
    host = host_for(declared.name)
    lifecycle = host._lifecycle

    def create(run: Any, inputs: Any) -> Created[Any]:
        return Created("id-1", lifecycle.state_type(**vars(inputs)))

    monkeypatch.setattr(AwsConnection, "account_id", "123456789012")
    monkeypatch.setattr(lifecycle, "check", lambda inputs: iter(()))
    monkeypatch.setattr(lifecycle, "preflight", lambda run, inputs: iter(()))
    monkeypatch.setattr(lifecycle, "create", create)
    monkeypatch.setattr(lifecycle, "read", lambda run, _, state: state)
    monkeypatch.setattr(lifecycle, "condition", lambda state: Condition.READY)
    return host


def minimal(declared: Any) -> dict[str, Any]:
    needed = [f.name for f in fields(declared.lifecycle.inputs_type) if f.default is MISSING]
    return {camel_case(name): sample(field_types(declared.lifecycle.inputs_type)[name]) for name in needed}


def full(declared: Any) -> dict[str, Any]:
    return {camel_case(name): sample(hint) for name, hint in field_types(declared.lifecycle.inputs_type).items()}


def empty(declared: Any) -> dict[str, Any]:
    """Lists and maps that are there with nothing in them; structures are as they are."""
    given = {
        camel_case(name): (sample(hint), is_dataclass(without_none(hint)))
        for name, hint in field_types(declared.lifecycle.inputs_type).items()
    }
    return {n: v if structure or not isinstance(v, (list, dict)) else type(v)() for n, (v, structure) in given.items()}


GIVEN = [minimal, full, empty]


def wired(value: Any) -> Any:
    """As it comes back from the engine, which knows no whole numbers."""
    return json.loads(json.dumps(value), parse_int=float)


@pytest.mark.parametrize("given", GIVEN)
def test_the_same_inputs_are_no_change(declared: Any, host: DynamicHost, given: Callable[[Any], Any]) -> None:
    program = {"__provider": "p", "identity": URN, "region": "eu-west-1", **given(declared)}
    first = wired(host.check({}, program).inputs)
    created = host.create(first)
    assert created.outs is not None
    recorded = wired(created.outs) | {"__provider": "p"}
    again = wired(host.check(first, program).inputs)
    assert again == first
    assert host.diff("id-1", recorded, again).changes is False


@pytest.mark.parametrize("given", GIVEN)
def test_a_refresh_that_finds_all_as_it_was_is_no_change(
    declared: Any, host: DynamicHost, given: Callable[[Any], Any]
) -> None:
    program = {"__provider": "p", "identity": URN, "region": "eu-west-1", **given(declared)}
    inputs = wired(host.check({}, program).inputs)
    recorded = wired(host.create(inputs).outs)
    read = host.read("id-1", recorded)
    assert (read.id, wired(read.outs)) == ("id-1", recorded)
    assert host.diff("id-1", wired(read.outs) | {"__provider": "p"}, inputs).changes is False


def test_an_unknown_input_is_a_change_that_preview_shows(declared: Any, host: DynamicHost) -> None:
    program = {"__provider": "p", "identity": URN, "region": "eu-west-1", **full(declared)}
    recorded = wired(host.create(wired(program)).outs)
    for name, f in wire_fields(declared.lifecycle.inputs_type).items():
        unknown = program | {name: pulumi.output.Unknown()}  # type: ignore[no-untyped-call]
        result = host.diff("id-1", recorded, unknown)
        assert result.changes is True
        assert result.replaces == ([] if f.metadata.get("updatable") else [name])
