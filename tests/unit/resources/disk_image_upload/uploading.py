"""Shared by the tests of DiskImageUpload."""

import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.lifecycle.contract import RunInterruptedError
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUploadInputs as Inputs
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUploadState as State
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload_lifecycle import DiskImageUploadLifecycle
from pulumi_vmimport.resources.disk_image_upload.image_files import content_identity
from pulumi_vmimport.transfer.checksums import crc32_to_base64
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

KEY, REGION, MIB = "disks/web.raw", "eu-west-1", 1 << 20
PART = 5 * MIB  # S3's minimum size of all parts but the last
lifecycle = DiskImageUploadLifecycle()
NewRun = Callable[..., Any]
ID = f"s3://images-of-web/{KEY}"


def inputs_for(file: Path, bucket: str, key: str = KEY, **values: Any) -> Inputs:
    """The inputs as the resource class completes them."""
    given = {"source_hash": content_identity(str(file)), **values}
    return Inputs(region=REGION, path=str(file), bucket=bucket, key=key, **given)


def refreshed(inputs: Inputs) -> Inputs:
    """The inputs of the next run of the program, with the current identity of the file."""
    return replace(inputs, source_hash=content_identity(inputs.path))


def content(aws: AwsSandbox, bucket: str, key: str = KEY) -> bytes:
    return bytes(aws.observer("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def leftovers(aws: AwsSandbox) -> list[str]:
    return [line for line in aws.remaining_resources() if not line.startswith("s3 bucket")]


def sent_parts(aws: AwsSandbox) -> list[int]:
    """The numbers of the parts that were sent, in order of arrival."""
    return [int(call.path.partition("partNumber=")[2].partition("&")[0]) for call in aws.calls.of("UploadPart")]


def crc(data: bytes) -> str:
    return f"CRC32:{crc32_to_base64(zlib.crc32(data))}"


def interrupted_after(run: Any, aws: AwsSandbox, inputs: Inputs, parts: int) -> tuple[str, State]:
    """The id and state kept by a run that was cancelled when this number of parts had arrived."""

    def stop(_: Any) -> None:
        run.stop_after_waits = 0

    aws.faults.on("UploadPart", stop, nth=parts, when="after")
    with pytest.raises(RunInterruptedError):
        lifecycle.create(run, inputs)
    kept: tuple[str, State] = run.recorded
    return kept
