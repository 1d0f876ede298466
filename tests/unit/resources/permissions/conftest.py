from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.engine.prerequisites import Prerequisites
from tests.unit.resources.permissions.missing_actions import NewRun, Operations

from pulumi_vmimport.aws.ec2.import_request import UserBucket
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox


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


@pytest.fixture
def operations(resource: str, prerequisites: Prerequisites, new_run: NewRun, settings: Any) -> Operations:
    """The operations of the resource that is the parameter of the test."""
    return Operations(resource, prerequisites, new_run, settings)
