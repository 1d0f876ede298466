"""Each action of docs/permissions.md is needed, and the error for a missing one names it with the statement to add.

That the actions suffice is shown by all tests of lifecycles: while an operation runs, the sandbox allows only those of
its row in the catalog, on the resources of OperatorPolicy (lifecycle_recorder.py).
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.engine.prerequisites import Prerequisites
from tests.unit.resources.lifecycle_recorder import policy_of

from pulumi_vmimport.aws.ec2.import_request import UserBucket
from pulumi_vmimport.lifecycle.error_reporting import describe_error
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.lifecycle.program_values import to_bag
from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.resources.catalog import RESOURCES, lifecycle_of
from pulumi_vmimport_sandbox.aws.iam import call_resources, caller_permissions
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION = "eu-west-1"
NewRun = Callable[..., Any]
ROWS = {entry.name: entry.actions for entry in RESOURCES}
TESTED = (
    "ImportImage", "ImportSnapshot", "DirectSnapshot", "ExportImage", "InstanceExport", "VirtualMachineExport",
    "DiskImageUpload", "ImportWorkspaceImage", "CreateWorkspaceImage", "ImportCustomWorkspaceImage",
    "CopyWorkspaceImage", "CreateUpdatedWorkspaceImage", "WorkspaceBundle", "WorkspaceImagePermissions", "DistributeImage",
    "FastLaunch", "ImportVmImage", "ImportDiskImage",
)  # fmt: skip
# What a resource does without: an upload that a bucket policy denies fails at its first request, and without the list
# of its versions only the current object is deleted.
DISPENSABLE = {("check", "s3:GetBucketPolicy"), ("delete", "s3:ListBucketVersions")}
UPLOADS = ("VirtualMachineExport", "DiskImageUpload")


@pytest.fixture(autouse=True, scope="module")
def declared_actions() -> None:
    """Instead of the recorder, which would allow the actions of every operation that another one uses."""


@pytest.fixture
def prerequisites(
    aws: AwsSandbox,
    role: str,
    raw_disk: UserBucket,
    vcenter: Any,
    stream_optimized: Callable[[int, bytes], bytes],
    tmp_path: Path,
) -> Prerequisites:
    vmdk = tmp_path / "web.vmdk"
    vmdk.write_bytes(stream_optimized(1 << 30, b"the only disk " * 2000))
    disk_image = {"s3_bucket": raw_disk.s3_bucket, "s3_key": raw_disk.s3_key}
    sandbox: Any = SimpleNamespace(aws=aws, clock=aws.clock, vcenter=vcenter)
    return Prerequisites(sandbox, disk_image, vmdk)


class Operations:
    """The operations of one resource, each with a new instance."""

    def __init__(self, resource: str, prerequisites: Prerequisites, new_run: NewRun, settings: Any) -> None:
        self.lifecycle, self.row = lifecycle_of(resource)(), ROWS[resource]
        self._tested, self._new_run = prerequisites.resources()[resource], new_run
        self._settings, self._count, self._resource = settings, 0, resource

    def run(self) -> Any:
        """A run of the current instance."""
        identity = Identity(f"urn:pulumi:dev::shop::vmimport:index:{self._resource}::web-{self._count}")
        return self._new_run(vsphere_settings=self._settings, identity=identity)

    def inputs(self) -> Any:
        self._count += 1
        args = {"region": REGION, **self._tested.args(f"{self._resource.lower()}-{self._count}")}
        inputs, problems = read_bag(self.lifecycle.inputs_type, to_bag(self.lifecycle.inputs_type, args))
        assert problems == []
        return inputs

    def prepare(self, operation: str) -> Callable[[Any], Any]:
        """The operation on a new instance; it gets a run."""
        inputs, lifecycle = self.inputs(), self.lifecycle
        if operation == "check":
            return lambda run: [problem.reason for problem in lifecycle.preflight(run, inputs)]
        if operation == "create":
            return lambda run: lifecycle.create(run, inputs)
        created = lifecycle.create(self.run(), inputs)
        call = getattr(lifecycle, operation)
        return lambda run: call(run, created.id, created.state)


@contextmanager
def checked_actions(monkeypatch: pytest.MonkeyPatch, aws: AwsSandbox) -> Iterator[set[str]]:
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


@pytest.mark.parametrize("operation", ["check", "create", "read", "delete"])
@pytest.mark.parametrize("resource", TESTED)
def test_each_action_is_needed_and_named_when_it_is_missing(
    resource: str,
    operation: str,
    prerequisites: Prerequisites,
    new_run: NewRun,
    settings: Any,
    aws: AwsSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    operations = Operations(resource, prerequisites, new_run, settings)
    call = operations.prepare(operation)
    with checked_actions(monkeypatch, aws) as used:
        call(operations.run())
    allowed = {*getattr(operations.row, operation), *operations.row.implied}
    assert used <= allowed
    silent = []
    for missing in sorted(used):
        if resource in UPLOADS and (operation, missing) in DISPENSABLE:
            continue
        call, run = operations.prepare(operation), operations.run()
        with aws.permissions.limited_to(policy_of(operations.row, allowed - {missing})):
            texts = said(lambda: call(run), run)  # noqa: B023 - called at once
        if not any(missing in text and statement_in(text) == missing for text in texts):
            silent.append((missing, texts))
    assert silent == [], str(silent)[:1500]


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
