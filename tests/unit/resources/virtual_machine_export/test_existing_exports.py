"""Exports of virtual machines that no stack manages, by this library or uploaded by another tool."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.resources.imported import adopt, existing, imported

from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.contract import CleanFailureError
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import (
    MachineExportFormat,
    VirtualMachineExportInputs,
)
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export_lifecycle import (
    VirtualMachineExportLifecycle,
)
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = VirtualMachineExportLifecycle()
OUTPUTS = (
    "etag", "version_id", "checksum", "size_bytes", "disk_keys", "disk_sha256", "virtual_machine_name",
    "virtual_machine_change_version",
)  # fmt: skip


@pytest.mark.parametrize("format", list(MachineExportFormat))
def test_an_export_of_this_library(
    new_export_run: Any, export_inputs: VirtualMachineExportInputs, bucket: str, format: MachineExportFormat
) -> None:
    key = {MachineExportFormat.OVA: "ova/web.ova", MachineExportFormat.VMDK: "disks/"}[format]
    inputs = replace(export_inputs, key=key, format=format)
    created = lifecycle.create(new_export_run(), inputs)
    for id in (created.id, f"{bucket}/{key}", f"arn:aws:s3:::{bucket}/{key}"):
        found = existing("VirtualMachineExport", new_export_run(), id)
        assert (found.id, found.problem, found.unread) == (created.id, None, set())
        assert found.changes(inputs) == set()
        assert [getattr(found.state, o) for o in OUTPUTS] == [getattr(created.state, o) for o in OUTPUTS]
    if format is MachineExportFormat.OVA:
        assert found.changes(replace(inputs, format=None)) == set()
    assert found.changes(replace(inputs, uuid=None, path="web", image_profile=ImageProfile.BYOL_WORKSPACES)) == set()
    updated = adopt(found, new_export_run(), replace(inputs, triggers={"day": "1"}), export_when_changed=True)
    assert updated.etag == created.state.etag
    assert lifecycle.read(new_export_run(), found.id, updated) is not None


def test_an_ova_of_a_plain_call(
    new_export_run: Any, export_inputs: VirtualMachineExportInputs, aws: AwsSandbox, bucket: str
) -> None:
    s3 = aws.observer("s3")
    s3.put_object(Bucket=bucket, Key="ova/web.ova", Body=b"an OVA")
    found = existing("VirtualMachineExport", new_export_run(), f"s3://{bucket}/ova/web.ova")
    assert (found.problem, found.unread, found.changes(export_inputs)) == (None, {"uuid"}, set())
    state = adopt(found, new_export_run(), export_inputs, export_when_changed=True)
    assert lifecycle.read(new_export_run(), found.id, state) is not None
    deleting = new_export_run()
    lifecycle.delete(deleting, found.id, state)
    assert s3.head_object(Bucket=bucket, Key="ova/web.ova")["ContentLength"] == 6
    assert deleting.warnings


def test_what_is_no_export(new_export_run: Any, aws: AwsSandbox, bucket: str) -> None:
    assert imported("VirtualMachineExport", new_export_run(), f"s3://{bucket}/gone.ova") is None
    assert imported("VirtualMachineExport", new_export_run(), "web.ova") is None
    with pytest.raises(CleanFailureError, match=r"is not an export of a virtual machine: expected a key that ends in"):
        imported("VirtualMachineExport", new_export_run(), f"s3://{bucket}/web.raw")
