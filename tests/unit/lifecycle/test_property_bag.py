from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import pytest

from pulumi_vmimport.lifecycle.property_bag import explicit_properties, read_bag, write_bag
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.lifecycle.type_validation import Problem
from pulumi_vmimport.lifecycle.unknown import UNKNOWN


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"
    GREEN = "green"


@dataclass(frozen=True)
class Disk:
    s3_key: str
    size: int | None = None


@dataclass(frozen=True, kw_only=True)
class ThingInputs:
    disks: tuple[Disk, ...]
    colour: Literal[Colour.RED, Colour.BLUE] | None = None
    any_colour: Colour | None = None
    ratio: float | None = None
    big: bool | None = None
    tags: Mapping[str, str] | None = updatable()
    minutes: int | None = updatable(default=60)


def test_a_bag_becomes_the_dataclass_and_back() -> None:
    bag = {
        "disks": [{"s3Key": "a.ova", "size": 3.0}],
        "colour": "red",
        "ratio": 2,
        "big": True,
        "tags": {"my_key": "v"},
    }
    thing, problems = read_bag(ThingInputs, bag)
    assert problems == []
    assert thing == ThingInputs(disks=(Disk("a.ova", 3),), colour=Colour.RED, ratio=2.0, big=True, tags={"my_key": "v"})
    assert write_bag(thing) == {**bag, "ratio": 2.0, "minutes": 60}


@pytest.mark.parametrize(
    ("bag", "problem"),
    [
        pytest.param({}, Problem("disks", "is required, expected a list of objects"), id="missing"),
        pytest.param({"disks": "x"}, Problem("disks", "expected a list of objects, got 'x'"), id="no-list"),
        pytest.param({"disks": [{}]}, Problem("disks[0].s3Key", "is required, expected a string"), id="nested-missing"),
        pytest.param(
            {"disks": [{"s3Key": "k", "size": 1.5}]},
            Problem("disks[0].size", "expected a whole number, got 1.5"),
            id="fraction",
        ),
        pytest.param(
            {"disks": [], "colour": "green"},
            Problem("colour", "expected one of red, blue, got 'green'"),
            id="outside-the-accepted-members",
        ),
        pytest.param(
            {"disks": [], "anyColour": "grey"},
            Problem("anyColour", "expected one of red, blue, green, got 'grey'"),
            id="outside-the-set",
        ),
        pytest.param({"disks": [], "big": "yes"}, Problem("big", "expected true or false, got 'yes'"), id="no-bool"),
        pytest.param(
            {"disks": [], "ratio": True}, Problem("ratio", "expected a number, got true"), id="bool-as-number"
        ),
        pytest.param(
            {"disks": [], "tags": {"a": 1}}, Problem("tags.a", "expected a string, got 1"), id="tag-no-string"
        ),
        pytest.param(
            {"disks": [], "color": "red"},
            Problem("color", "is not a property of Thing; did you mean colour?"),
            id="misspelt",
        ),
        pytest.param(
            {"disks": [], "thingDisks": []},
            Problem("thingDisks", "is not a property of Thing; did you mean disks?"),
            id="longer-name",
        ),
    ],
)
def test_fails_with_the_path_and_what_is_expected(bag: dict[str, object], problem: Problem) -> None:
    assert read_bag(ThingInputs, bag)[1] == [problem]


def test_fails_with_every_problem_at_once() -> None:
    _, problems = read_bag(ThingInputs, {"disks": [{"s3Key": 1}], "colour": "green", "nonsense": 1})
    assert {p.path for p in problems} == {"disks[0].s3Key", "colour", "nonsense"}


def test_unknown_values_stay_unknown_and_are_not_a_problem() -> None:
    thing, problems = read_bag(ThingInputs, {"disks": [UNKNOWN], "colour": UNKNOWN, "tags": {"a": UNKNOWN}})
    assert problems == []
    written = write_bag(thing)
    assert (written["disks"], written["colour"], written["tags"]) == ([UNKNOWN], UNKNOWN, {"a": UNKNOWN})


def test_a_default_is_written_only_if_the_program_sets_it() -> None:
    thing, _ = read_bag(ThingInputs, {"disks": []})
    assert explicit_properties(ThingInputs, {"disks": []}, thing) == {"disks": []}
    assert explicit_properties(ThingInputs, {"disks": [], "minutes": 60}, thing) == {"disks": [], "minutes": 60}
