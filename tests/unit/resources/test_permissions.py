"""The actions of docs/permissions.md: each of those that an operation uses is needed, and AWS says which is missing.

That they suffice is shown by all tests of lifecycles: while an operation runs, the sandbox allows only the actions of
its row in the catalog (lifecycle_recorder.py).
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.unit.resources.lifecycle_recorder import policy_of

from pulumi_vmimport.aws.ec2.import_request import UserBucket
from pulumi_vmimport.aws.tables.ingestion_processes import IngestionProcess
from pulumi_vmimport.resources.catalog import RESOURCES
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshotInputs
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot_lifecycle import DirectSnapshotLifecycle
from pulumi_vmimport.resources.workspaces.import_workspace_image import ImportWorkspaceImageInputs
from pulumi_vmimport.resources.workspaces.import_workspace_image_lifecycle import ImportWorkspaceImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION = "eu-west-1"
NewRun = Callable[..., Any]
ACTIONS = {entry.name: entry.actions for entry in RESOURCES}
# The actions that a create uses if nothing fails.
USED = {
    "ImportWorkspaceImage": (
        "ec2:DescribeImages",
        "workspaces:CreateTags",
        "workspaces:DescribeWorkspaceImages",
        "workspaces:ImportWorkspaceImage",
    ),
    "DirectSnapshot": (
        "ebs:CompleteSnapshot",
        "ebs:PutSnapshotBlock",
        "ebs:StartSnapshot",
        "ec2:CreateTags",
        "ec2:DescribeSnapshots",
        "s3:GetObject",
    ),
}


@pytest.fixture
def prepared(request: pytest.FixtureRequest) -> Callable[[str], tuple[Any, Any]]:
    """Returns a lifecycle with valid inputs."""

    def prepare(resource: str) -> tuple[Any, Any]:
        if resource == "DirectSnapshot":
            disk: UserBucket = request.getfixturevalue("raw_disk")
            return DirectSnapshotLifecycle(), DirectSnapshotInputs(region=REGION, user_bucket=disk)
        inputs = ImportWorkspaceImageInputs(
            region=REGION,
            image_name="win10",
            image_description="a desktop",
            ec2_image_id=request.getfixturevalue("byol_ami"),
            ingestion_process=IngestionProcess.BYOL_REGULAR_WSP,
        )
        return ImportWorkspaceImageLifecycle(), inputs

    return prepare


@pytest.mark.parametrize("missing", ["", *(f"{name} {action}" for name, used in USED.items() for action in used)])
def test_a_create_needs_each_action_that_it_uses(
    missing: str, new_run: NewRun, aws: AwsSandbox, prepared: Callable[[str], tuple[Any, Any]]
) -> None:
    resource, _, action = missing.partition(" ")
    for name in [resource] if resource else USED:
        lifecycle, inputs = prepared(name)
        create = type(lifecycle).create.__wrapped__  # without the permissions of the recorder
        with aws.permissions.limited_to(policy_of({*ACTIONS[name].create} - {action})):
            if not action:
                assert create(lifecycle, new_run(), inputs).id
                continue
            with pytest.raises(ClientError) as caught:
                create(lifecycle, new_run(), inputs)
        if action != "s3:GetObject":  # the response to HeadObject has no body
            assert f"is not authorized to perform: {action}" in str(caught.value)
        else:
            assert caught.value.response["Error"]["Code"] == "403"


@pytest.mark.parametrize("resource", USED)
def test_every_action_that_a_create_uses_is_in_its_row(resource: str) -> None:
    assert set(USED[resource]) <= set(ACTIONS[resource].create)
