"""The catalog has a complete row for each resource, and the rows agree with the code."""

import inspect
import re
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

import pulumi_vmimport
from pulumi_vmimport.cli.orphans.orphan_inventory import LISTED_KINDS
from pulumi_vmimport.cli.orphans.removal import REMOVERS
from pulumi_vmimport.components.component_catalog import COMPONENTS
from pulumi_vmimport.resources.catalog import RESOURCES, lifecycle_of
from pulumi_vmimport.resources.catalog_entry import ResourceEntry
from pulumi_vmimport.resources.orphan_kinds import HANDLING, OrphanKind
from pulumi_vmimport_sandbox.aws.iam.call_resources import S3_ACTIONS, S3_VERSION_ACTIONS

ROOT = Path(__file__).parents[2]
OPERATIONS = ("check", "create", "read", "update", "delete")


@pytest.fixture(params=RESOURCES, ids=lambda entry: entry.name)
def entry(request: pytest.FixtureRequest) -> ResourceEntry:
    """Each row."""
    row: ResourceEntry = request.param
    return row


def test_every_resource_has_one_row(all_declared: Sequence[Any]) -> None:
    declared = {d.name: d.module.__name__ for d in all_declared}
    assert {entry.name: f"pulumi_vmimport.{entry.module}" for entry in RESOURCES} == declared
    assert len(RESOURCES) == len(declared)


def test_every_row_is_complete(entry: ResourceEntry) -> None:
    assert entry.summary
    assert (ROOT / "docs" / entry.page).is_file()
    needed = ("create", "read") if entry.is_public else ("check",)
    for operation in needed if lifecycle_of(entry.name).uses_aws else ():
        assert getattr(entry.actions, operation), operation


def test_every_action_has_the_form_of_iam(entry: ResourceEntry) -> None:
    actions = chain(*(getattr(entry.actions, operation) for operation in OPERATIONS), entry.actions.implied)
    assert [action for action in actions if not re.fullmatch(r"[a-z0-9]+:[A-Z]\w+", action)] == []


def test_every_action_belongs_to_a_call_in_the_code(entry: ResourceEntry) -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "components").rglob("*.py"))
    operations: dict[str, set[str]] = {}
    for table in (S3_ACTIONS, S3_VERSION_ACTIONS):
        for operation, action in table.items():
            operations.setdefault(f"s3:{action}", set()).add(operation)
    for action in chain(*(getattr(entry.actions, operation) for operation in OPERATIONS)):
        candidates = operations.get(action, set()) | {action.partition(":")[2]}
        assert any(re.search(rf"\b{xform_name(candidate)}\b", source) for candidate in candidates), action


def test_every_resource_has_orphans_or_states_why_not(entry: ResourceEntry) -> None:
    assert bool(entry.orphans) is not bool(entry.no_orphans)


def test_every_kind_of_orphan_is_left_by_a_resource_and_is_listed_and_removed() -> None:
    assert {kind for entry in (*RESOURCES, *COMPONENTS) for kind in entry.orphans} == set(OrphanKind)
    assert HANDLING.keys() == set(OrphanKind)
    assert set(OrphanKind) == LISTED_KINDS
    assert REMOVERS.keys() == set(OrphanKind)


def test_every_component_has_one_row() -> None:
    classes = {name: getattr(pulumi_vmimport, name) for name in pulumi_vmimport.__all__}
    components = {
        name
        for name, of in classes.items()
        if inspect.isclass(of) and of.__module__.startswith("pulumi_vmimport.components")
    }
    assert {entry.name for entry in COMPONENTS} == {name for name in components if not name.endswith("Args")}
    assert [entry.name for entry in COMPONENTS if not (ROOT / "docs" / entry.page).is_file()] == []
