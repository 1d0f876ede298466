"""What a proxy answers is no fact about a resource."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pulumi_vmimport.aws.response_validation import ForeignResponseError
from pulumi_vmimport.call_guard import guarded_by
from pulumi_vmimport.lifecycle.host_run import call_guard
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

NewRun = Callable[..., Any]
lifecycle = ImportImageLifecycle()
RESPONSES = {
    "page": (b"<html>Please sign in.</html>", "text/html", 200),
    "empty": (b"", "text/plain", 200),
    "page-not-found": (b"<html>No such page.</html>", "text/html", 404),
    "empty-object": (b"{}", "application/json", 200),
}
CALLS = (
    "ImportImage",
    "DescribeImportImageTasks",
    "DescribeImages",
    "ec2:CreateTags",
    "ModifyImageAttribute",
    "GetRole",
)


@pytest.mark.parametrize("response", RESPONSES.values(), ids=RESPONSES)
def test_an_import_outlasts_foreign_responses_to_each_of_its_calls(
    new_run: NewRun, aws: AwsSandbox, image_inputs: ImportImageInputs, response: tuple[bytes, str, int]
) -> None:
    body, kind, status = response
    for operation in CALLS:
        aws.faults.foreign_response(operation, body, kind, status, times=2)
    run = new_run()
    with guarded_by(call_guard(run)):
        created = lifecycle.create(run, image_inputs)
    assert len(aws.import_tasks) == 1
    assert created.state.task_status == "completed"
    assert any("received HTTP status" in text for text in run.texts)


@pytest.mark.parametrize("response", RESPONSES.values(), ids=RESPONSES)
def test_a_read_never_reports_a_resource_as_gone_for_a_foreign_response(
    new_run: NewRun, aws: AwsSandbox, image_inputs: ImportImageInputs, response: tuple[bytes, str, int]
) -> None:
    body, kind, status = response
    created = lifecycle.create(new_run(), image_inputs)
    aws.faults.foreign_response("DescribeImages", body, kind, status, times=2)
    run = new_run()
    with guarded_by(call_guard(run)):
        assert lifecycle.read(run, created.id, created.state) == replace(created.state)
    aws.faults.foreign_response("DescribeImages", body, kind, status, times=500)
    with guarded_by(call_guard(run)), pytest.raises(ForeignResponseError, match="received HTTP status"):
        lifecycle.read(run, created.id, created.state)
