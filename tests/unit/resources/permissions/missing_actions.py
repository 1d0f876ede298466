"""Removes the IAM actions of a lifecycle's operation in turn, and looks for the error that names the missing one."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.engine.prerequisites import Prerequisites
from tests.unit.resources.lifecycle_recorder import policy_of

from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.lifecycle.error_reporting import describe_error
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.lifecycle.program_values import to_bag
from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.resources.catalog import RESOURCES, lifecycle_of
from pulumi_vmimport_sandbox.aws.iam import call_resources, caller_permissions
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION = "eu-west-1"
NewRun = Callable[..., Any]
Call = Callable[[Any], Any]
"""One operation on an instance; it gets a run."""
# What a resource does without: an upload that a bucket policy denies fails at its first request, and without the list
# of its versions only the current object is deleted, and a warning says so.
_DISPENSABLE = {
    ("check", "s3:GetBucketPolicy"),
    ("delete", "s3:ListBucketVersions"),
    ("update", "s3:ListBucketVersions"),
}
_UPLOADS = ("VirtualMachineExport", "DiskImageUpload")
_ROWS = {entry.name: entry.actions for entry in RESOURCES}


class Operations:
    """The operations of one resource, each with a new instance."""

    def __init__(self, resource: str, prerequisites: Prerequisites, new_run: NewRun, settings: Any) -> None:
        self.number = 0
        """The number of the current instance"""
        self.lifecycle, self.row = lifecycle_of(resource)(), _ROWS[resource]
        self.prerequisites, self.aws = prerequisites, prerequisites.aws
        self._args, self._new_run = _args_of(resource, prerequisites), new_run
        self._settings, self._resource = settings, resource

    def run(self, **values: Any) -> Any:
        """A run of the current instance."""
        identity = Identity(f"urn:pulumi:dev::shop::vmimport:index:{self._resource}::web-{self.number}")
        return self._new_run(vsphere_settings=self._settings, identity=identity, **values)

    def inputs(self, **more: Any) -> Any:
        """The inputs of a new instance."""
        self.number += 1
        args = {"region": REGION, **self._args(f"{self._resource.lower()}-{self.number}"), **more}
        inputs, problems = read_bag(self.lifecycle.inputs_type, to_bag(self.lifecycle.inputs_type, args))
        assert problems == []
        return inputs

    def prepare(self, operation: str) -> Call:
        """The operation on a new instance."""
        inputs, lifecycle = self.inputs(), self.lifecycle
        if operation == "check":
            return lambda run: [problem.reason for problem in lifecycle.preflight(run, inputs)]
        if operation == "create":
            return lambda run: lifecycle.create(run, inputs)
        created = lifecycle.create(self.run(), inputs)
        call = getattr(lifecycle, operation)
        return lambda run: call(run, created.id, created.state)

    def used(self, call: Call, monkeypatch: pytest.MonkeyPatch) -> set[str]:
        """The actions that the operation needs with everything allowed."""
        run = self.run()
        with _checked_actions(monkeypatch, self.aws) as used:
            said(lambda: call(run), run)
        return used

    def silent(self, prepare: Callable[[], Call], operation: str, actions: set[str]) -> list[tuple[str, list[str]]]:
        """Those of the actions whose lack no error or warning names with its statement, and what was said instead."""
        silent = []
        for missing in sorted(actions):
            if self._resource in _UPLOADS and (operation, missing) in _DISPENSABLE:
                continue
            call, run = prepare(), self.run()
            allowed = {*getattr(self.row, operation), *self.row.implied} - {missing}
            with self.aws.permissions.limited_to(policy_of(self.row, allowed)):
                texts = said(lambda: call(run), run)  # noqa: B023 - called at once
            if not any(missing in text and statement_in(text) == missing for text in texts):
                silent.append((missing, texts))
        return silent


def _args_of(resource: str, prerequisites: Prerequisites) -> Callable[[str], dict[str, Any]]:
    """The function that returns the arguments of an instance."""
    if resource == "WorkspacesAccount":
        return lambda _: _account_args(prerequisites.aws)
    if resource == "RoleReadiness":
        _attach_policy(prerequisites.aws)
        return lambda _: {"role_name": "vmimport", "adopt": True}
    return prerequisites.resources()[resource].args


def _account_args(aws: AwsSandbox) -> dict[str, Any]:
    aws.disable_byol()
    return {"dedicated_tenancy_management_cidr_range": "10.7.0.0/16", "acknowledge_irreversible": True}


def _attach_policy(aws: AwsSandbox) -> None:
    iam, document = aws.observer("iam"), json.dumps(iam_documents.role_policy(import_buckets=["images"]))
    policy = iam.create_policy(PolicyName="images", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="vmimport", PolicyArn=policy)


@contextmanager
def _checked_actions(monkeypatch: pytest.MonkeyPatch, aws: AwsSandbox) -> Iterator[set[str]]:
    """The actions that the sandbox checks in the block; all are allowed."""
    found = set[str]()

    def recorded(*args: Any) -> Iterator[Any]:
        for needed in call_resources.needed_permissions(*args):
            found.add(needed.action)
            yield needed

    everything = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    with monkeypatch.context() as patch, aws.permissions.limited_to(everything):
        patch.setattr(caller_permissions, "needed_permissions", recorded)
        yield found
    found -= {"sts:GetCallerIdentity"}


def said(call: Callable[[], Any], run: Any) -> list[str]:
    """The warnings of a call that fails or, as a check does, warns."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - what the host reports
        return [describe_error(error), *run.warnings]
    return list(run.warnings)


def statement_in(text: str) -> str:
    """The action of the statement in a message."""
    _, _, statement = text.partition(": add ")
    return str(json.JSONDecoder().raw_decode(statement)[0]["Action"]) if statement else ""
