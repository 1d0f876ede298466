from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict

import pulumi
import pytest

from pulumi_vmimport.components.argument_types import type_problems
from pulumi_vmimport.components.component_base import CheckedInputs, InvalidInputsError, Values
from pulumi_vmimport.lifecycle.contract import UNKNOWN, Problem, is_set


class LidArgs(TypedDict):
    colour: pulumi.Input[str]


class BoxArgs(TypedDict):
    size: pulumi.Input[int]
    label: NotRequired[pulumi.Input[str]]
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    lid: NotRequired[LidArgs]
    lids: NotRequired[pulumi.Input[list[pulumi.Input[LidArgs]]]]
    open: NotRequired[bool]


def check(values: Values) -> Iterator[Problem]:
    if is_set(values.get("size")) and values["size"] > 9:
        yield Problem("size", f"expected at most 9, got {values['size']}")


class Box(pulumi.ComponentResource):
    def __init__(self, name: str, args: Any) -> None:
        super().__init__("test:index:Box", name)
        self.inputs = CheckedInputs(self, name, args, BoxArgs, check)


def test_arguments_are_outputs_with_defaults_for_those_that_are_not_set(world: Any) -> None:
    def program() -> Any:
        inputs = Box("b", {"size": pulumi.Output.from_input(3), "label": None}).inputs
        return [inputs.get("size"), inputs.get("label", default="none"), inputs.get("tags"), inputs.after_check("x")]

    assert world.deploy(program) == [3, "none", None, "x"]


def test_fails_in_one_error_that_names_the_component_and_needs_no_traceback(world: Any) -> None:
    with pytest.raises(InvalidInputsError) as failure:
        world.deploy(lambda: Box("b", {"size": 10, "lable": "x"}))
    assert isinstance(failure.value, pulumi.RunError)
    assert str(failure.value) == (
        "Box b: 2 problems with the inputs\n  lable: is not an argument; did you mean label?\n"
        "  size: expected at most 9, got 10"
    )


def test_fails_where_an_argument_is_used(world: Any) -> None:
    seen: list[Any] = []
    assert world.problems(lambda: Box("b", {"size": 10}).inputs.after_check("x").apply(seen.append)) == {
        "size": "expected at most 9, got 10"
    }
    assert seen == []


def test_only_a_secret_argument_stays_secret(world: Any) -> None:
    def program() -> Any:
        inputs = Box("b", {"size": 3, "label": pulumi.Output.secret("x")}).inputs
        return [inputs.get("size").is_secret(), inputs.get("label").is_secret()]

    assert world.deploy(program) == [False, True]


def test_an_invalid_argument_is_not_reported_as_a_failed_look_up(world: Any) -> None:
    def program() -> Any:
        inputs = Box("b", {"size": 10}).inputs
        return inputs.or_problem(inputs.after_check("x"), "label", "expected a label")

    assert list(world.problems(program)) == ["size"]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        pytest.param({}, Problem("size", "is required, expected a whole number"), id="missing"),
        pytest.param({"size": 1.5}, Problem("size", "expected a whole number, got 1.5"), id="fraction"),
        pytest.param({"size": True}, Problem("size", "expected a whole number, got true"), id="bool-as-number"),
        pytest.param({"size": 1, "lid": {}}, Problem("lid.colour", "is required, expected a string"), id="nested"),
        pytest.param({"size": 1, "lid": "x"}, Problem("lid", "expected an object, got 'x'"), id="no-mapping"),
        pytest.param({"size": 1, "lids": "x"}, Problem("lids", "expected a list of objects, got 'x'"), id="no-list"),
        pytest.param(
            {"size": 1, "lids": [{"colour": "red"}, {"colour": 2}]},
            Problem("lids[1].colour", "expected a string, got 2"),
            id="in-a-list",
        ),
        pytest.param({"size": 1, "tags": {"a": 1}}, Problem("tags.a", "expected a string, got 1"), id="in-a-map"),
        pytest.param({"size": 1, "open": "no"}, Problem("open", "expected true or false, got 'no'"), id="no-bool"),
        pytest.param(
            {"size": 1, "zzz": 1},
            Problem("zzz", "is not an argument; expected one of label, lid, lids, open, size, tags"),
            id="no-argument",
        ),
    ],
)
def test_fails_with_the_path_and_what_is_expected(values: dict[str, Any], problem: Problem) -> None:
    assert type_problems(BoxArgs, values) == [problem]


@pytest.mark.parametrize(
    "values", [{"size": 3.0}, {"size": UNKNOWN}, {"size": 1, "lids": [UNKNOWN], "tags": {"a": UNKNOWN}, "label": None}]
)
def test_whole_floats_and_unknown_values_have_the_expected_types(values: dict[str, Any]) -> None:
    assert type_problems(BoxArgs, values) == []
