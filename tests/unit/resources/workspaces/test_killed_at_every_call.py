"""Kill -9 at every call of create and delete, before AWS has done it and after: Pulumi then knows nothing of it.

The next run makes one thing of it, and a delete leaves nothing. tests/engine does the same to whole processes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest
from botocore.client import BaseClient

from pulumi_vmimport.resources.workspaces.workspace_bundle import WorkspaceBundleInputs, WorkspaceBundleLifecycle
from pulumi_vmimport.resources.workspaces.workspace_image_permissions import (
    WorkspaceImagePermissionsInputs,
    WorkspaceImagePermissionsLifecycle,
)
from pulumi_vmimport.resources.workspaces.workspaces_account import WorkspacesAccountInputs, WorkspacesAccountLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

NewRun = Callable[..., Any]


class Killed(BaseException):
    """No handler of the library sees its process die."""


@dataclass(frozen=True)
class Thing:
    """What is made and killed, how to see whether it is there, and the call that makes it (which is made once)."""

    lifecycle: Any
    inputs: Any
    present: Callable[[], Any]
    operation: str
    calls: int = 1


@contextmanager
def killed_at(number: int, when: str) -> Iterator[list[str]]:
    """Ends the process at a call, counted from 1; gives the calls that came so far."""
    seen: list[str] = []
    call: Any = vars(BaseClient)["_make_api_call"]

    def counted(client: Any, operation: str, members: Any) -> Any:
        if client.meta.config.user_agent_extra != "pulumi-vmimport":
            return call(client, operation, members)  # somebody else's
        seen.append(operation)
        if when == "before" and len(seen) == number:
            raise Killed
        answer = call(client, operation, members)
        if when == "after" and len(seen) == number:
            raise Killed
        return answer

    with patch.object(BaseClient, "_make_api_call", counted):
        yield seen


@pytest.fixture
def image(kind: Any) -> Thing:
    return Thing(kind.lifecycle, kind.inputs, kind.images, kind.operation)


@pytest.fixture
def bundle(bundle_inputs: WorkspaceBundleInputs, bundles: Any) -> Thing:
    return Thing(WorkspaceBundleLifecycle(), bundle_inputs, bundles, "CreateWorkspaceBundle")


@pytest.fixture
def permissions(new_image: Callable[..., str], aws: AwsSandbox) -> Thing:
    accounts = tuple(aws.second_account().account_id for _ in range(2))
    inputs = WorkspaceImagePermissionsInputs(region="eu-west-1", image_id=new_image(), account_ids=accounts)

    def shared() -> list[Any]:
        found = aws.observer("workspaces").describe_workspace_image_permissions(ImageId=inputs.image_id)
        return list(found["ImagePermissions"])

    return Thing(WorkspaceImagePermissionsLifecycle(), inputs, shared, "UpdateWorkspaceImagePermission", calls=2)


def check_create(thing: Thing, new_run: NewRun, aws: AwsSandbox, when: str) -> None:
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


def check_delete(thing: Thing, new_run: NewRun, when: str) -> None:
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
def test_an_image_is_made_once_and_leaves_nothing(image: Thing, new_run: NewRun, aws: AwsSandbox, when: str) -> None:
    check_create(image, new_run, aws, when)
    check_delete(image, new_run, when)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_bundle_is_made_once_and_leaves_nothing(bundle: Thing, new_run: NewRun, aws: AwsSandbox, when: str) -> None:
    check_create(bundle, new_run, aws, when)
    check_delete(bundle, new_run, when)


@pytest.mark.parametrize("when", ["before", "after"])
def test_each_account_is_given_an_image_once_and_keeps_none(
    permissions: Thing, new_run: NewRun, aws: AwsSandbox, when: str
) -> None:
    check_create(permissions, new_run, aws, when)
    check_delete(permissions, new_run, when)


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_account_is_enabled_once(new_run: NewRun, aws: AwsSandbox, when: str) -> None:
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
