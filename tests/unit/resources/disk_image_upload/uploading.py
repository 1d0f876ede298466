"""What the tests of DiskImageUpload have in common."""

import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.lifecycle.contract import RunInterruptedError
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUploadInputs as Inputs
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUploadLifecycle
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUploadState as State
from pulumi_vmimport.resources.disk_image_upload.upload_content import content_identity
from pulumi_vmimport.transfer.checksums import s3_text
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

KEY, REGION, MIB = "disks/web.raw", "eu-west-1", 1 << 20
PART = 5 * MIB  # S3 takes no smaller ones, but for the last
lifecycle = DiskImageUploadLifecycle()
NewRun = Callable[..., Any]
ID = f"s3://images-of-web/{KEY}"


def of(file: Path, bucket: str, key: str = KEY, **values: Any) -> Inputs:
    """The inputs as the resource's class completes them."""
    given = {"source_hash": content_identity(str(file)), **values}
    return Inputs(region=REGION, path=str(file), bucket=bucket, key=key, **given)


def seen_again(inputs: Inputs) -> Inputs:
    """The inputs of the next run of the program."""
    return replace(inputs, source_hash=content_identity(inputs.path))


def content(aws: AwsSandbox, bucket: str, key: str = KEY) -> bytes:
    return bytes(aws.observer("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def left(aws: AwsSandbox) -> list[str]:
    return [line for line in aws.remaining_resources() if not line.startswith("s3 bucket")]


def sent(aws: AwsSandbox) -> list[int]:
    """The numbers of the parts that were sent, in the order of their arrival."""
    return [int(call.path.partition("partNumber=")[2].partition("&")[0]) for call in aws.calls.of("UploadPart")]


def crc(data: bytes) -> str:
    return f"CRC32:{s3_text(zlib.crc32(data))}"


def stopped_after(run: Any, aws: AwsSandbox, inputs: Inputs, parts: int) -> tuple[str, State]:
    """What a run has kept that was cancelled once so many parts had arrived."""

    def stop(_: Any) -> None:
        run.stop_after_waits = 0

    aws.faults.on("UploadPart", stop, nth=parts, when="after")
    with pytest.raises(RunInterruptedError):
        lifecycle.create(run, inputs)
    kept: tuple[str, State] = run.recorded
    return kept
