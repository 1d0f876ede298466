"""`X.get`: a stack reads what another one manages."""

from typing import Any

import pulumi
import pytest

from pulumi_vmimport import ImportImage
from pulumi_vmimport_sandbox import Sandbox


@pytest.mark.both_hosts
def test_get_fills_the_outputs_and_the_stack_never_deletes_the_resource(
    image_stack: Any, new_stack: Any, sandbox: Sandbox
) -> None:
    image_stack.up()
    (task,) = sandbox.aws.import_tasks

    def program() -> None:
        web = ImportImage.get("web", task.id)
        pulumi.export("imageId", web.image_id)
        pulumi.export("imageName", web.image_name)
        pulumi.export("taskStatus", web.task_status)

    reader = new_stack(program, name="reader")
    reader.up()
    outputs = reader.outputs()
    assert outputs["imageId"] == task.image_id
    assert outputs["imageName"]
    assert outputs["taskStatus"] == "completed"
    reader.refresh()
    assert reader.up() == {"same": 1}
    reader.destroy()
    assert image_stack.preview(refresh=True) == {"same": 2}
    image_stack.destroy()


@pytest.mark.both_hosts
def test_fails_for_an_id_that_does_not_exist(new_stack: Any) -> None:
    def program() -> None:
        ImportImage.get("web", "import-ami-0123456789abcdef0")

    reader = new_stack(program)
    reader.fails(reader.up)
    assert "ImportImage web: import-ami-0123456789abcdef0 does not exist in eu-west-1" in "\n".join(reader.output)
