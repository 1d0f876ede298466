"""The tables from which OperatorPolicy and docs/permissions.md are made are complete."""

from itertools import chain

import pytest
from tests.contract.component_declarations import declarations

from pulumi_vmimport.aws.permissions.operator_statements import ALWAYS_ALLOWED, ROLE_PASSING, passed_to
from pulumi_vmimport.aws.tables import iam_actions
from pulumi_vmimport.components.component_catalog import COMPONENTS, ComponentEntry
from pulumi_vmimport.components.operator_kinds import operator_kinds
from pulumi_vmimport.components.provider_actions import PROVIDER_ACTIONS
from pulumi_vmimport.resources.catalog import RESOURCES
from pulumi_vmimport_sandbox.aws.iam.call_resources import S3_ACTIONS, S3_VERSION_ACTIONS

NEEDED = [needed for kind in operator_kinds().values() for needed in kind]
ACTIONS = {action for needed in NEEDED for action in needed.called | needed.implied}


def test_the_resources_of_every_action_are_known() -> None:
    missing = sorted(ACTIONS - iam_actions.table().types.keys() - ALWAYS_ALLOWED)
    assert missing == [], f"add them to aws/tables/iam_actions.toml; source: {iam_actions.table().source}"


def test_every_type_of_resource_has_an_arn() -> None:
    table = iam_actions.table()
    assert {*chain(*table.types.values())} - {iam_actions.UNLIMITED} == table.arns.keys()


def test_the_service_that_a_role_is_passed_to_is_known() -> None:
    unknown = [
        sorted(needed.called) for needed in NEEDED if ROLE_PASSING in needed.implied and not passed_to(needed.called)
    ]
    assert unknown == [], "add the operation to passed_to in aws/tables/iam_actions.toml"


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_a_component_names_what_it_declares(component: ComponentEntry) -> None:
    needs_no_action = {name for name, actions in PROVIDER_ACTIONS.items() if not actions}
    found = tuple(sorted(declarations(component.name) - needs_no_action))
    assert component.declares == found, f"set declares={found} in components/component_catalog.py"


def test_every_declared_name_has_actions() -> None:
    known = {*PROVIDER_ACTIONS, *(entry.name for entry in (*COMPONENTS, *RESOURCES))}
    missing = {name for component in COMPONENTS for name in component.declares} - known
    assert missing == set(), "add them to components/provider_actions.py"


def test_library_and_sandbox_agree_on_the_actions_of_s3() -> None:
    table = iam_actions.table()
    assert table.s3_operations.items() <= S3_ACTIONS.items()
    assert table.s3_versions == S3_VERSION_ACTIONS
