from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.resources.conftest import REGION

from pulumi_vmimport.lifecycle.input_digest import digest
from pulumi_vmimport.lifecycle.schema import replacing_properties
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import MachineExportFormat
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import VirtualMachineExportInputs as Inputs
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export_lifecycle import (
    VirtualMachineExportLifecycle,
)
from pulumi_vmimport.transfer.sse_algorithm import SseAlgorithm
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = VirtualMachineExportLifecycle()
KMS = SseAlgorithm.KMS


@pytest.fixture
def key(aws: AwsSandbox) -> str:
    return str(aws.observer("kms").create_key()["KeyMetadata"]["Arn"])


@pytest.mark.parametrize("format", list(MachineExportFormat))
def test_every_object_of_an_export_is_encrypted_as_requested(
    new_export_run: Callable[..., Any], export_inputs: Inputs, aws: AwsSandbox, key: str, format: MachineExportFormat
) -> None:
    location = "ova/web.ova" if format is MachineExportFormat.OVA else "disks/"
    inputs = replace(export_inputs, format=format, key=location, sse=KMS, kms_key_id=key)
    run = new_export_run()
    created = lifecycle.create(run, inputs)
    s3 = aws.observer("s3")
    listed = [found["Key"] for found in s3.list_objects_v2(Bucket=inputs.bucket)["Contents"]]
    heads = [s3.head_object(Bucket=inputs.bucket, Key=name) for name in listed]
    assert {(head["ServerSideEncryption"], head["SSEKMSKeyId"]) for head in heads} == {("aws:kms", key)}
    assert len(heads) == (1 if format is MachineExportFormat.OVA else 2)
    assert lifecycle.read(run, created.id, created.state) == created.state


def test_read_shows_an_encryption_other_than_requested_as_drift(
    new_export_run: Callable[..., Any], export_inputs: Inputs, aws: AwsSandbox
) -> None:
    run = new_export_run()
    created = lifecycle.create(run, replace(export_inputs, sse=SseAlgorithm.AES256))
    s3, where = aws.observer("s3"), {"Bucket": export_inputs.bucket, "Key": export_inputs.key}
    metadata = s3.head_object(**where)["Metadata"]
    s3.put_object(**where, Body=b"ova", Metadata=metadata, ServerSideEncryption="aws:kms")
    read = lifecycle.read(run, created.id, created.state)
    assert read is not None
    assert (read.sse, read.kms_key_id) == (KMS, None)


def test_fails_in_preview_for_a_key_that_s3_cannot_use(
    new_export_run: Callable[..., Any], export_inputs: Inputs, looked_up: Callable[..., dict[str, str]], key: str
) -> None:
    wanted = replace(export_inputs, sse=KMS, kms_key_id=key)
    assert looked_up(lifecycle, new_export_run(), wanted) == {}
    missing = replace(wanted, kms_key_id="alias/none")
    assert "does not exist" in looked_up(lifecycle, new_export_run(), missing)["kmsKeyId"]


def test_fails_for_a_key_without_its_algorithm(checked: Any) -> None:
    bag = {"region": REGION, "bucket": "images", "key": "web.ova", "moid": "vm-1", "kmsKeyId": "alias/images"}
    (problem,) = checked(lifecycle, bag)
    assert problem[0] == "kmsKeyId"
    assert "requires sse aws:kms" in problem[1]


def test_the_digest_of_inputs_without_encryption_is_that_of_earlier_versions() -> None:
    inputs = Inputs(region=REGION, bucket="images", key="web.ova", moid="vm-1")
    assert digest(inputs) == "2f27c58049d2cbeb6f9732d57cae6b9f"
    assert digest(replace(inputs, sse=KMS)) != digest(inputs)
    assert {"sse", "kmsKeyId"} <= replacing_properties(Inputs)
