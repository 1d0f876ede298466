"""Every custom resource can be read by an id, or says what to do instead."""

import re
from pathlib import Path
from typing import Any, ClassVar

import pytest

from pulumi_vmimport.lifecycle.contract import CleanFailureError
from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.lifecycle.schema import camel_case, wire_fields
from pulumi_vmimport.resources.catalog import RESOURCES, lifecycle_of

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "existing_resources.md").read_text(encoding="utf-8")
NAMES = [entry.name for entry in RESOURCES]


def test_what_cannot_be_read_back_is_an_input(declared: Any) -> None:
    inputs = wire_fields(declared.lifecycle.inputs_type)
    assert sorted(declared.lifecycle.unread_inputs.keys() - inputs.keys()) == []
    local = {camel_case(name) for name in declared.lifecycle.local_inputs}
    assert sorted(local - inputs.keys()) == []


def test_what_cannot_be_imported_says_what_to_do_instead(declared: Any) -> None:
    lifecycle = declared.lifecycle
    if not lifecycle.no_import:
        assert type(lifecycle).read_existing.__module__.startswith("pulumi_vmimport.resources.")
        return
    state, _ = read_bag(lifecycle.state_type, {})
    with pytest.raises(CleanFailureError, match=f"^{declared.name} cannot be imported, because .*; .*"):
        lifecycle.read_existing(NoRun(), "any", state)


def test_every_resource_has_a_row_on_the_page_of_existing_resources() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) ?\|$", PAGE, re.MULTILINE)
    assert sorted(name for name, *_ in rows) == sorted(NAMES)
    missing = {
        (declared, name)
        for declared, _, unread in rows
        for name in re.findall(r"`(\w+)`", unread)
        if name not in {f.name for f in wire_fields(lifecycle_of(declared).inputs_type).values()}
    }
    assert missing == set()


def test_every_resource_is_imported_by_a_test() -> None:
    tests = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "unit" / "resources").rglob("test_existing_*.py")
    )
    importable = [name for name in NAMES if not lifecycle_of(name).no_import]
    assert [name for name in importable if f'"{name}"' not in tests] == []


class NoRun:
    """A run that nothing is read with."""

    aws: ClassVar[None] = None
