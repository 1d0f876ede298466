"""Kill a run at every call of create and delete, before AWS receives it and after AWS has executed it.

Pulumi then has recorded nothing. The next run must leave exactly one resource, and a delete none. tests/engine does the
same with whole processes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from tests.unit.resources.killed_calls import Killed, killed_at

from pulumi_vmimport.resources.workspaces.workspace_bundle import WorkspaceBundleInputs
from pulumi_vmimport.resources.workspaces.workspace_bundle_lifecycle import WorkspaceBundleLifecycle
from pulumi_vmimport.resources.workspaces.workspace_image_permissions import WorkspaceImagePermissionsInputs
from pulumi_vmimport.resources.workspaces.workspace_image_permissions_lifecycle import (
    WorkspaceImagePermissionsLifecycle,
)
from pulumi_vmimport.resources.workspaces.workspaces_account import WorkspacesAccountInputs
from pulumi_vmimport.resources.workspaces.workspaces_account_lifecycle import WorkspacesAccountLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

NewRun = Callable[..., Any]


@dataclass(frozen=True)
class KilledResource:
    """A resource to kill, a query for what exists of it, and the operation that creates it with its number of calls."""

    lifecycle: Any
    inputs: Any
    present: Callable[[], Any]
    operation: str
    calls: int = 1


@pytest.fixture
def image(kind: Any) -> KilledResource:
    return KilledResource(kind.lifecycle, kind.inputs, kind.images, kind.operation)


@pytest.fixture
def bundle(bundle_inputs: WorkspaceBundleInputs, bundles: Any) -> KilledResource:
    return KilledResource(WorkspaceBundleLifecycle(), bundle_inputs, bundles, "CreateWorkspaceBundle")


@pytest.fixture
def permissions(new_image: Callable[..., str], aws: AwsSandbox) -> KilledResource:
    accounts = tuple(aws.second_account().account_id for _ in range(2))
    inputs = WorkspaceImagePermissionsInputs(region="eu-west-1", image_id=new_image(), account_ids=accounts)

    def shared() -> list[Any]:
        found = aws.observer("workspaces").describe_workspace_image_permissions(ImageId=inputs.image_id)
        return list(found["ImagePermissions"])

    return KilledResource(
        WorkspaceImagePermissionsLifecycle(), inputs, shared, "UpdateWorkspaceImagePermission", calls=2
    )


def check_create(thing: KilledResource, new_run: NewRun, aws: AwsSandbox, when: str) -> None:
    for number in count(1):
        before = len(aws.calls.of(thing.operation))
        run, was_killed = new_run(), False
        with killed_at(number, when) as seen:
            try:
                thing.lifecycle.create(run, thing.inputs)
            except Killed:
                was_killed = True
        at = f"{when} call {number}, {seen[-1]}"
        created = thing.lifecycle.create(new_run(), thing.inputs)
        assert len(thing.present()) == thing.calls, at
        assert len(aws.calls.of(thing.operation)) - before == thing.calls, at
        thing.lifecycle.delete(new_run(), created.id, created.state)
        assert not thing.present(), at
        if not was_killed:
            assert number > 2
            return


def check_delete(thing: KilledResource, new_run: NewRun, when: str) -> None:
    for number in count(1):
        created = thing.lifecycle.create(new_run(), thing.inputs)
        was_killed = False
        with killed_at(number, when) as seen:
            try:
                thing.lifecycle.delete(new_run(), created.id, created.state)
            except Killed:
                was_killed = True
        thing.lifecycle.delete(new_run(), created.id, created.state)
        assert not thing.present(), f"{when} call {number}, {seen[-1]}"
        if not was_killed:
            assert number > 1
            return


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_run_leaves_one_image_and_delete_leaves_none(
    image: KilledResource, new_run: NewRun, aws: AwsSandbox, when: str
) -> None:
    check_create(image, new_run, aws, when)
    check_delete(image, new_run, when)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_run_leaves_one_bundle_and_delete_leaves_none(
    bundle: KilledResource, new_run: NewRun, aws: AwsSandbox, when: str
) -> None:
    check_create(bundle, new_run, aws, when)
    check_delete(bundle, new_run, when)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_run_shares_once_and_delete_stops_all_sharing(
    permissions: KilledResource, new_run: NewRun, aws: AwsSandbox, when: str
) -> None:
    check_create(permissions, new_run, aws, when)
    check_delete(permissions, new_run, when)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_run_enables_the_account_once(new_run: NewRun, aws: AwsSandbox, when: str) -> None:
    inputs = WorkspacesAccountInputs(
        region="eu-west-1", dedicated_tenancy_management_cidr_range="10.7.0.0/16", acknowledge_irreversible=True
    )
    for number in count(1):
        aws.reset()
        aws.disable_byol()
        was_killed = False
        with killed_at(number, when):
            try:
                WorkspacesAccountLifecycle().create(new_run(), inputs)
            except Killed:
                was_killed = True
        state = WorkspacesAccountLifecycle().create(new_run(), inputs).state
        assert state.dedicated_tenancy_support == "ENABLED"
        assert len(aws.calls.of("ModifyAccount")) == 1
        if not was_killed:
            assert number > 3
            return
