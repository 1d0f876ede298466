"""A disk image becomes a snapshot block by block, on the real engine: changed, cut off, and gone again."""

import os
import signal
from pathlib import Path
from typing import Any

import pulumi
import pytest

from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshot
from pulumi_vmimport_sandbox import Sandbox

BLOCK, BLOCKS = 512 << 10, 120
REGION = "eu-west-1"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A raw disk of 120 blocks, every third of them zeros."""
    path = tmp_path / "data.raw"
    path.write_bytes(b"".join(bytes([index % 3]) * BLOCK for index in range(BLOCKS)))
    return path


@pytest.fixture
def stack(new_stack: Any, file: Path) -> Any:
    def program() -> None:
        snapshot = DirectSnapshot("data", {"file": str(file), "tags": {"team": "blue"}})
        pulumi.export("snapshotId", snapshot.snapshot_id)

    return new_stack(program)


def holds(stack: Any, sandbox: Sandbox, file: Path) -> str:
    """The id of the one snapshot there is: it holds the file."""
    ec2 = sandbox.aws.observer("ec2", REGION)
    (snapshot,) = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    record = sandbox.aws.snapshot(stack.outputs()["snapshotId"], REGION)
    assert (snapshot["SnapshotId"], snapshot["State"]) == (record.id, "completed")
    with record.open() as disk:
        assert disk.read(BLOCKS * BLOCK) == file.read_bytes()
    assert len(record.block_indexes) == BLOCKS * 2 // 3
    return record.id


@pytest.mark.both_hosts
def test_upload_no_change_drift_replacement_and_destroy(stack: Any, sandbox: Sandbox, file: Path) -> None:
    assert stack.preview() == {"create": 2}
    assert sandbox.aws.calls.writes() == []
    assert stack.up() == {"create": 2}
    first = holds(stack, sandbox, file)
    assert any("DirectSnapshot data creating" in line and "% writing" in line for line in stack.output)
    before = sandbox.aws.calls.writes()
    assert stack.up() == {"same": 2}
    assert stack.preview(refresh=True) == {"same": 2}
    assert sandbox.aws.calls.writes() == before
    sandbox.aws.observer("ec2", REGION).delete_snapshot(SnapshotId=first)
    assert stack.up(refresh=True) == {"create": 1, "same": 1}
    second = holds(stack, sandbox, file)
    os.utime(file, ns=(1, 1))
    assert stack.preview() == {"replace": 1, "same": 1}
    assert stack.up() == {"replace": 1, "same": 1}
    assert holds(stack, sandbox, file) not in {first, second}
    stack.destroy()
    assert stack.remaining_resources() == []


def test_after_kill_9_the_next_up_writes_the_same_snapshot(stack: Any, sandbox: Sandbox, file: Path) -> None:
    sandbox.aws.faults.on("PutSnapshotBlock", lambda _: stack.kill(), nth=40)
    stack.fails(stack.up)
    assert stack.is_over()
    stack.cancel()  # a killed engine leaves its lock on the stack
    assert stack.up() == {"create": 1, "same": 1}
    assert len(sandbox.aws.calls.of("StartSnapshot")) == 1
    holds(stack, sandbox, file)
    stack.destroy()
    assert stack.remaining_resources() == []


def test_after_ctrl_c_the_next_up_resumes_the_writes(stack: Any, sandbox: Sandbox, file: Path) -> None:
    sandbox.aws.faults.on("PutSnapshotBlock", lambda _: stack.kill("bin/pulumi --", by=signal.SIGINT), nth=40)
    printed = stack.fails(stack.up)
    assert "DirectSnapshot data: cancelled" in printed
    assert stack.is_over()
    sent = len(sandbox.aws.calls.of("PutSnapshotBlock"))
    assert stack.up() == {"same": 1, "update": 1}
    holds(stack, sandbox, file)
    assert len(sandbox.aws.calls.of("PutSnapshotBlock")) - sent < BLOCKS * 2 // 3
    stack.destroy()
    assert stack.remaining_resources() == []


def test_fails_in_preview_with_the_problems_of_the_image(stack: Any, sandbox: Sandbox, file: Path) -> None:
    file.write_bytes(b"QFI\xfb" + bytes(1000))
    printed = stack.fails(stack.preview)
    assert "got a qcow2 image; " in printed
    assert "qemu-img convert" in printed
    assert "Traceback" not in printed
    assert sandbox.aws.calls.writes() == []
