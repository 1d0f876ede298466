"""Every function has a complete row in the catalog and follows the conventions of schemas."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest

from pulumi_vmimport.aws.tables import iam_actions
from pulumi_vmimport.functions.catalog import FUNCTIONS, FunctionEntry, function_of
from pulumi_vmimport.lifecycle.program_spelling import snake_case
from pulumi_vmimport.lifecycle.schema import camel_case, field_types

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=FUNCTIONS, ids=lambda entry: entry.name)
def entry(request: pytest.FixtureRequest) -> FunctionEntry:
    """Each row."""
    row: FunctionEntry = request.param
    return row


def test_every_module_of_a_call_has_a_row() -> None:
    folder = ROOT / "components" / "pulumi_vmimport" / "functions"
    calls = {path.stem.removesuffix("_call") for path in folder.glob("*_call.py")}
    assert calls == {entry.module.rpartition(".")[2] for entry in FUNCTIONS} == {snake_case(e.name) for e in FUNCTIONS}


def test_a_row_is_complete(entry: FunctionEntry) -> None:
    function = function_of(entry.name)
    assert entry.summary
    assert (ROOT / "docs" / entry.page).is_file()
    assert bool(entry.actions) is function.uses_aws
    assert {a for a in entry.actions if a not in iam_actions.table().types} == set()


def test_inputs_and_result_are_named_for_the_function(entry: FunctionEntry) -> None:
    function, module = function_of(entry.name), import_module(f"pulumi_vmimport.{entry.module}")
    assert function.inputs_type is getattr(module, f"{entry.class_name}Inputs")
    assert function.result_type is getattr(module, f"{entry.class_name}Result")


def test_every_field_is_documented_and_its_name_survives_the_wire(entry: FunctionEntry) -> None:
    function = function_of(entry.name)
    for of in {*_structures(function.inputs_type), *_structures(function.result_type)}:
        assert inspect.getdoc(of)
        assert [f.name for f in fields(of) if f.name not in _documented(of)] == [], of
        assert [f.name for f in fields(of) if snake_case(camel_case(f.name)) != f.name] == [], of


def _structures(hint: Any) -> Iterator[type]:
    """The dataclasses in a type."""
    if is_dataclass(hint) and isinstance(hint, type):
        yield hint
        for of in field_types(hint).values():
            yield from _structures(of)
    for argument in get_args(hint):
        yield from _structures(argument)


def _documented(of: type) -> set[str]:
    """The fields of a class and its bases that a docstring follows."""
    found: set[str] = set()
    for base in of.__mro__[:-1]:
        body = ast.parse(inspect.cleandoc("\n" + inspect.getsource(base))).body[0]
        assert isinstance(body, ast.ClassDef)
        for node, after in zip(body.body, body.body[1:], strict=False):
            is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and is_text:
                assert re.search(r"\.$", ast.literal_eval(after.value).strip()), node.target.id  # type: ignore[attr-defined] # is_text
                found.add(node.target.id)
    return found
