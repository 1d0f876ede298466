"""Without access to private names of Pulumi, the resources still create nothing twice, detect drift and clean up."""

from typing import Any

import pytest

from pulumi_vmimport_sandbox import Sandbox


@pytest.fixture
def stack(image_stack: Any) -> Any:
    image_stack.environment = {"PULUMI_VMIMPORT_HOOKS": "off"}
    return image_stack


def test_nothing_is_imported_twice_drift_shows_and_nothing_is_left(stack: Any, sandbox: Sandbox) -> None:
    sandbox.aws.faults.on("DescribeImportImageTasks", lambda _: stack.kill(), nth=3)
    stack.fails(stack.up)
    stack.cancel()
    assert stack.up() == {"create": 1, "same": 1}
    assert len(sandbox.aws.import_tasks) == 1
    sandbox.aws.observer("ec2", "eu-west-1").deregister_image(ImageId=stack.outputs()["imageId"])
    assert stack.up(refresh=True) == {"replace": 1, "same": 1}
    assert len(sandbox.aws.import_tasks) == 2
    stack.destroy()
    assert stack.remaining_resources() == []


def test_a_failed_import_reports_the_cause_and_the_next_up_retries(stack: Any, sandbox: Sandbox) -> None:
    sandbox.aws.faults.fail_import("ClientError: FirstBootFailure: no DHCP address")
    printed = stack.fails(stack.up)
    assert '"ClientError: FirstBootFailure: no DHCP address"' in printed
    assert "Windows did not boot" in printed  # the cause, from the table of known failures
    assert stack.remaining_resources() == []
    assert stack.up() == {"create": 1, "same": 1}
    assert len(sandbox.aws.import_tasks) == 2
    stack.destroy()
    assert stack.remaining_resources() == []
