"""Why Pulumi cannot manage a resource that was read by its id."""

from dataclasses import replace
from typing import Any

import pytest

from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageState
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle

TASK = "import-ami-0123456789abcdef0"


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ({"task_status": "completed", "image_id": "ami-0123456789abcdef0"}, None),
        ({"task_status": "active"}, f"{TASK} is not complete (taskStatus active)"),
        (
            {"task_status": "deleted", "status_message": "ClientError: Unsupported kernel"},
            f'import task {TASK} has no result (status deleted: "ClientError: Unsupported kernel")',
        ),
    ],
    ids=["complete", "running", "failed"],
)
def test_an_incomplete_resource_is_refused_with_the_words_of_the_service(task: Any, expected: str | None) -> None:
    state = ImportImageState(region="eu-west-1", disk_containers=())
    assert ImportImageLifecycle().import_problem(TASK, replace(state, **task)) == expected
