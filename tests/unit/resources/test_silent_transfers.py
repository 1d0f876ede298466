"""A part or a block without an answer does not delay Ctrl-C."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport import call_guard
from pulumi_vmimport.call_guard import guarded_by
from pulumi_vmimport.lifecycle import host_run
from pulumi_vmimport.lifecycle.contract import RunInterruptedError
from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.resources.catalog import lifecycle_of
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox


@pytest.fixture
def silence(aws: AwsSandbox) -> Iterator[threading.Event]:
    """Set when a silent call may be answered after all."""
    released = threading.Event()
    yield released
    released.set()


@pytest.mark.parametrize(
    ("resource", "operation"),
    [
        ("DiskImageUpload", "CreateMultipartUpload"),
        ("DiskImageUpload", "UploadPart"),
        ("DirectSnapshot", "StartSnapshot"),
        ("DirectSnapshot", "PutSnapshotBlock"),
    ],
)
def test_a_cancelled_transfer_does_not_wait_for_a_silent_request(
    resource: str,
    operation: str,
    new_run: Any,
    aws: AwsSandbox,
    bucket: str,
    tmp_path: Path,
    silence: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(call_guard, "_GRACE_SECONDS", 0.5)
    disk = tmp_path / "data.raw"
    disk.write_bytes(bytes(510) + b"\x55\xaa" + b"x" * (20 << 20))
    run, lifecycle = new_run(), lifecycle_of(resource)()
    bag = {"region": "eu-west-1", "file": str(disk)}
    if resource == "DiskImageUpload":
        bag = {"region": "eu-west-1", "path": str(disk), "bucket": bucket, "key": "data.raw"}
    inputs, problems = read_bag(lifecycle.inputs_type, bag)
    assert problems == []

    def cancel(_: Any) -> None:
        run.is_over, run.stop_after_waits = True, 0
        silence.wait(20)

    aws.faults.on(operation, cancel)
    started = time.monotonic()
    with guarded_by(host_run.call_guard(run)), pytest.raises(RunInterruptedError):
        lifecycle.create(run, inputs)
    assert time.monotonic() - started < 15
