"""An imported machine on its way out again: its AMI and an instance of it, exported to a bucket of the same stack."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.engine.call_order import starts_before

from pulumi_vmimport import ExportBucket, InstanceExport
from pulumi_vmimport_sandbox import Sandbox, SandboxClock

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "export_machine.py"
BUCKET, REGION = "exports-of-web", "eu-west-1"
EVERYTHING = ""  # what is in the command lines


def exported(sandbox: Sandbox) -> list[str]:
    """The keys in the export bucket."""
    listed = sandbox.aws.observer("s3", REGION).list_objects_v2(Bucket=BUCKET)
    return [item["Key"] for item in listed.get("Contents", [])]


@pytest.mark.both_hosts
def test_ami_and_instance_are_exported_to_a_bucket_of_the_stack_and_drift_is_repaired(
    new_stack: Callable[..., Any], sandbox: Sandbox, image_id: str, instance_id: str
) -> None:
    before = sandbox.aws.remaining_resources()
    config = {"bucket": BUCKET, "imageId": image_id, "instanceId": instance_id}
    stack = new_stack(lambda: runpy.run_path(str(EXAMPLE)) and None, config=config)
    assert stack.preview() == {"create": 15}
    export_starts_first = starts_before(sandbox, "ExportImage", "PutBucketLifecycleConfiguration")
    assert stack.up() == {"create": 15}
    assert export_starts_first == [True]  # the aws provider waits up to a minute for the lifecycle configuration
    keys = stack.outputs()["keys"]
    assert exported(sandbox) == sorted(keys)
    assert keys[0].startswith("disks/export-ami-")
    assert keys[1].endswith(".ova")
    writes = sandbox.aws.calls.writes()
    assert stack.up() == {"same": 15}
    assert sandbox.aws.calls.writes() == writes
    assert stack.preview(refresh=True) == {"same": 15}
    for key in keys:
        sandbox.aws.observer("s3", REGION).delete_object(Bucket=BUCKET, Key=key)
    assert stack.preview(refresh=True) == {"create": 2, "same": 13}
    assert stack.up(refresh=True) == {"create": 2, "same": 13}
    assert exported(sandbox) == sorted(stack.outputs()["keys"])
    stack.destroy()
    assert sandbox.aws.remaining_resources() == before


class TestWithoutAToken:
    """CreateInstanceExportTask starts a task whenever it arrives."""

    @pytest.fixture
    def clock(self) -> SandboxClock:
        return SandboxClock.stepped()

    def test_after_kill_9_straight_after_the_call_there_is_one_task(
        self, new_stack: Callable[..., Any], sandbox: Sandbox, instance_id: str, end_imports: Any
    ) -> None:
        def program() -> None:
            bucket = ExportBucket("exports", {"bucket": BUCKET})
            InstanceExport(
                "machine",
                instance_id=instance_id,
                target_environment="citrix",
                s3_bucket=bucket.bucket,
                timeout_minutes=2,
            )

        faults, stack = sandbox.aws.faults, new_stack(program)
        faults.on("CreateInstanceExportTask", lambda _: stack.kill(EVERYTHING), when="after")
        stack.fails(stack.up)
        stack.cancel()
        faults.on("DescribeExportTasks", end_imports, nth=3)
        stack.up()
        assert len(sandbox.aws.export_tasks) == 1
        (key,) = exported(sandbox)
        assert key.endswith(".vhd")
        stack.destroy()
        assert not any(BUCKET in line or "export-" in line for line in sandbox.aws.remaining_resources())
