from dataclasses import dataclass

from pulumi_vmimport.lifecycle.input_changes import changed_inputs, comparable_inputs
from pulumi_vmimport.lifecycle.schema import StateHandling, nested
from pulumi_vmimport.lifecycle.unknown import UNKNOWN

SIGNED_URL = StateHandling(is_secret=lambda _: True, comparable=lambda url: url.partition("?")[0])


@dataclass(frozen=True)
class Disk:
    s3_key: str
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class ThingInputs:
    disks: tuple[Disk, ...] = nested(url=SIGNED_URL)
    size: int | None = None


def bag(url: str) -> dict[str, object]:
    return {"disks": [{"s3Key": "a?b", "url": url}], "size": 1}


def test_a_new_signature_is_no_change() -> None:
    assert changed_inputs(ThingInputs, bag("s3?sig=1"), bag("s3?sig=2")) == set()
    assert changed_inputs(ThingInputs, bag("s3?sig=1"), bag("s4?sig=1")) == {"disks"}


def test_only_the_declared_strings_are_shortened() -> None:
    assert comparable_inputs(ThingInputs, bag("s3?sig=1")) == bag("s3")


def test_an_unknown_value_is_a_change() -> None:
    unknown = {"disks": [{"s3Key": "a?b", "url": UNKNOWN}], "size": 1}
    assert changed_inputs(ThingInputs, unknown, unknown) == {"disks"}


def test_unknown_and_foreign_values_stay_as_they_are() -> None:
    unknown = {"disks": [UNKNOWN, {"s3Key": "a", "url": UNKNOWN, "foreign": "x?y"}], "size": UNKNOWN, "identity": "u?n"}
    assert comparable_inputs(ThingInputs, unknown) == unknown
