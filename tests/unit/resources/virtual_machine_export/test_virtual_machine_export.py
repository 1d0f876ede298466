import base64
import hashlib
import io
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pyVmomi import vim

from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.contract import CleanFailureError, RunInterruptedError
from pulumi_vmimport.lifecycle.program_spelling import in_program_spelling
from pulumi_vmimport.resources.virtual_machine_export import export_streaming
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import (
    PoweredOn,
    VirtualMachineExportInputs,
)
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export_lifecycle import (
    VirtualMachineExportLifecycle,
)
from pulumi_vmimport.vsphere.hardware_kinds import PowerState
from pulumi_vmimport.vsphere.nfc_lease import ExportLease
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import MachineNotFoundError
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

KEY = "ova/web.ova"
lifecycle = VirtualMachineExportLifecycle()
NewRun = Callable[..., Any]
Inputs = VirtualMachineExportInputs


@pytest.fixture
def new_run(new_export_run: NewRun) -> NewRun:
    return new_export_run


@pytest.fixture
def inputs(export_inputs: Inputs) -> Inputs:
    return export_inputs


@pytest.fixture
def leases(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How the leases of exports ended, in order."""
    ends: list[str] = []

    class RecordedLease(ExportLease):
        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            super().__exit__(kind, error, trace)
            if error is None:
                ends.append("completed")

        def _abort(self, error: BaseException) -> None:
            super()._abort(error)
            assert not hasattr(error, "__notes__")  # vSphere accepted the abort
            ends.append("aborted")

    monkeypatch.setattr(export_streaming, "ExportLease", RecordedLease)
    return ends


def ova_in(aws: AwsSandbox, bucket: str) -> bytes:
    return bytes(aws.observer("s3").get_object(Bucket=bucket, Key=KEY)["Body"].read())


def objects(aws: AwsSandbox, bucket: str) -> list[str]:
    """Objects and uploads."""
    s3 = aws.observer("s3")
    uploads = [f"upload {u['Key']}" for u in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]
    return uploads + [o["Key"] for o in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def power_on(machine: VSphereMachine, machines: Any) -> None:
    machines.vcenter.session.wait("power on", machine.reference.PowerOnVM_Task())


def reconfigure(machine: VSphereMachine, machines: Any, *devices: Any, operation: str = "add") -> None:
    changes = [vim.vm.device.VirtualDeviceSpec(operation=operation, device=device) for device in devices]
    task = machine.reference.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=changes))
    machines.vcenter.session.wait("reconfigure", task)


def test_create_exports_an_ova_and_sets_every_output(
    new_run: NewRun, inputs: Inputs, machine: VSphereMachine, aws: AwsSandbox, disk: bytes
) -> None:
    created = lifecycle.create(new_run(), inputs)
    ova = ova_in(aws, inputs.bucket)
    with tarfile.open(fileobj=io.BytesIO(ova)) as archive:
        assert archive.getnames() == ["web.ovf", "web.mf", "web-disk1.vmdk"]
        member = archive.extractfile("web-disk1.vmdk")
        assert member is not None
        assert member.read() == disk
    head = aws.observer("s3").head_object(Bucket=inputs.bucket, Key=KEY)
    state = created.state
    assert created.id == f"s3://{inputs.bucket}/{KEY}"
    assert lifecycle.inputs_of(state) == inputs
    assert state.checksum == f"CRC32:{base64.b64encode(zlib.crc32(ova).to_bytes(4)).decode()}"
    assert (state.size_bytes, state.disk_keys) == (len(ova), None)
    assert state.disk_sha256 == (hashlib.sha256(disk).hexdigest(),)
    assert state.etag == head["ETag"].strip('"')
    assert (state.virtual_machine_name, state.version_id) == ("web", None)
    assert state.virtual_machine_change_version == machine.facts().change_version


@pytest.mark.parametrize("by", ["moid", "path"])
def test_the_machine_is_found_by_moid_and_path(
    new_run: NewRun, inputs: Inputs, machine: VSphereMachine, by: str
) -> None:
    values: dict[str, Any] = {"uuid": None, by: machine.moid if by == "moid" else "DC0/vm/web"}
    requested = replace(inputs, **values)
    assert list(lifecycle.preflight(new_run(), requested)) == []
    assert lifecycle.create(new_run(), requested).state.virtual_machine_name == "web"


def test_create_reuses_a_complete_export_of_a_lost_state(new_run: NewRun, inputs: Inputs, leases: list[str]) -> None:
    first = lifecycle.create(new_run(), inputs)
    second = new_run()
    assert lifecycle.create(second, inputs) == first
    assert leases == ["completed"]
    assert second.texts == ["an earlier run completed the export"]


def test_create_aborts_the_upload_of_an_interrupted_run(new_run: NewRun, inputs: Inputs, aws: AwsSandbox) -> None:
    aws.observer("s3").create_multipart_upload(Bucket=inputs.bucket, Key=KEY)
    lifecycle.create(new_run(), inputs)
    assert objects(aws, inputs.bucket) == [KEY]


def test_fails_for_a_powered_on_machine_by_default(
    new_run: NewRun, inputs: Inputs, machine: VSphereMachine, machines: Any, aws: AwsSandbox
) -> None:
    power_on(machine, machines)
    (problem,) = lifecycle.preflight(new_run(), inputs)
    assert problem.path == "poweredOn"
    assert "got powered on; " in in_program_spelling(type(inputs), problem)
    with pytest.raises(CleanFailureError, match="powered_on: expected web to be powered off"):
        lifecycle.create(new_run(), inputs)
    assert machine.power_state() is PowerState.ON
    assert objects(aws, inputs.bucket) == []


@pytest.mark.parametrize("powered_on", [PoweredOn.POWER_OFF, PoweredOn.SHUT_DOWN])
def test_a_powered_on_machine_is_shut_down_or_powered_off_as_configured(
    new_run: NewRun, inputs: Inputs, machine: VSphereMachine, machines: Any, powered_on: PoweredOn
) -> None:
    power_on(machine, machines)
    requested, run = replace(inputs, powered_on=powered_on), new_run()
    assert list(lifecycle.preflight(run, requested)) == []
    assert machine.power_state() is PowerState.ON
    assert lifecycle.create(run, requested).state.checksum is not None
    assert machine.power_state() is PowerState.OFF
    assert ("shutting down the guest" in run.texts) is (powered_on is PoweredOn.SHUT_DOWN)


def test_powered_on_wait_waits_until_the_machine_is_off(
    new_run: NewRun, inputs: Inputs, machine: VSphereMachine, machines: Any
) -> None:
    power_on(machine, machines)
    run = new_run()

    def then() -> None:
        if run.waits == 3:
            machine.power_off(lambda _: None)

    run.then = then
    assert lifecycle.create(run, replace(inputs, powered_on=PoweredOn.WAIT)).state.checksum is not None
    waiting = "waiting until the machine is off: prepare the guest and shut it down"
    assert [text for text in run.texts if text == waiting] == [waiting] * 3


def test_a_run_that_is_interrupted_while_waiting_does_not_touch_the_machine(
    new_run: NewRun, inputs: Inputs, machine: VSphereMachine, machines: Any, aws: AwsSandbox
) -> None:
    power_on(machine, machines)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(new_run(stop_after_waits=2), replace(inputs, powered_on=PoweredOn.WAIT))
    assert machine.power_state() is PowerState.ON
    assert objects(aws, inputs.bucket) == []


def second_disk(machine: VSphereMachine, machines: Any) -> None:
    backing = vim.vm.device.VirtualDisk.FlatVer2BackingInfo(fileName="[LocalDS_0]", diskMode="persistent")
    disk = vim.vm.device.VirtualDisk(key=2009, controllerKey=1000, unitNumber=1, backing=backing, capacityInKB=1 << 20)
    change = vim.vm.device.VirtualDeviceSpec(operation="add", fileOperation="create", device=disk)
    task = machine.reference.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=[change]))
    machines.vcenter.session.wait("add a disk", task)
    held: list[Any] = [d for d in machine.reference.config.hardware.device if isinstance(d, vim.vm.device.VirtualDisk)]
    path = held[0].backing.fileName.split("] ")[1]
    content = machines.vcenter.read_file("LocalDS_0", path)
    machines.vcenter.put_file("LocalDS_0", held[1].backing.fileName.split("] ")[1], io.BytesIO(content))


def larger_disk(machine: VSphereMachine, machines: Any) -> None:
    held = machine.reference.config.hardware.device
    disk = next(device for device in held if isinstance(device, vim.vm.device.VirtualDisk))
    disk.capacityInKB, disk.capacityInBytes = 71 << 20, 71 << 30
    reconfigure(machine, machines, disk, operation="edit")


def second_adapter(machine: VSphereMachine, machines: Any) -> None:
    backing = vim.vm.device.VirtualEthernetCard.NetworkBackingInfo(deviceName="VM Network")
    reconfigure(machine, machines, vim.vm.device.VirtualE1000e(key=4009, backing=backing))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(second_disk, "expected one disk for WorkSpaces BYOL, web has 2", id="two-disks"),
        pytest.param(larger_disk, "of web has 71 GB, expected at most 70", id="large-disk"),
        pytest.param(second_adapter, "one network adapter for WorkSpaces BYOL, web has 2", id="two-adapters"),
    ],
)
def test_fails_for_a_machine_that_workspaces_rejects_before_powering_it_off(
    new_run: NewRun, inputs: Inputs, machine: VSphereMachine, machines: Any, change: Callable[..., None], reason: str
) -> None:
    change(machine, machines)
    power_on(machine, machines)
    requested = replace(inputs, powered_on=PoweredOn.POWER_OFF, image_profile=ImageProfile.BYOL_WORKSPACES)
    (problem,) = lifecycle.preflight(new_run(), requested)
    assert problem.path == "uuid"
    assert reason in problem.reason
    with pytest.raises(CleanFailureError) as caught:
        lifecycle.create(new_run(), requested)
    assert reason in str(caught.value)
    assert machine.power_state() is PowerState.ON
    to_ec2 = replace(requested, image_profile=ImageProfile.EC2)
    assert list(lifecycle.preflight(new_run(), to_ec2)) == []
    assert lifecycle.create(new_run(), to_ec2).state.checksum is not None


def test_ebs_encryption_by_default_is_found_before_the_export_of_a_byol_image(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox
) -> None:
    aws.observer("ec2").enable_ebs_encryption_by_default()
    assert list(lifecycle.preflight(new_run(), inputs)) == []
    (problem,) = lifecycle.preflight(new_run(), replace(inputs, image_profile=ImageProfile.BYOL_WORKSPACES))
    assert problem.path == "imageProfile"
    assert "EBS encryption by default is enabled in eu-west-1" in problem.reason


def test_fails_if_the_machine_gets_a_second_disk_during_the_wait(
    new_run: NewRun, inputs: Inputs, machine: VSphereMachine, machines: Any, aws: AwsSandbox
) -> None:
    power_on(machine, machines)
    run = new_run()

    def then() -> None:
        second_disk(machine, machines)
        machine.power_off(lambda _: None)

    run.then = then
    requested = replace(inputs, powered_on=PoweredOn.WAIT, image_profile=ImageProfile.BYOL_WORKSPACES)
    with pytest.raises(CleanFailureError, match="web has 2"):
        lifecycle.create(run, requested)
    assert objects(aws, inputs.bucket) == []


def test_a_run_that_is_interrupted_during_the_download_aborts_the_lease(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, leases: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_streaming, "_REPORT_SECONDS", 0.0)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(new_run(stop_after_waits=0), inputs)
    assert leases == ["aborted"]
    assert objects(aws, inputs.bucket) == []
    assert lifecycle.create(new_run(), inputs).state.checksum is not None


@pytest.mark.parametrize("call", ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"])
def test_fails_with_nothing_left_if_s3_denies_a_call(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, leases: list[str], call: str
) -> None:
    aws.faults.deny(call)
    with pytest.raises(ClientError, match="AccessDenied"):
        lifecycle.create(new_run(), inputs)
    assert "aborted" not in leases or call == "UploadPart"
    assert objects(aws, inputs.bucket) == []


def test_fails_for_a_machine_that_does_not_exist(new_run: NewRun, inputs: Inputs, aws: AwsSandbox) -> None:
    with pytest.raises(MachineNotFoundError, match="vm-4711"):
        lifecycle.create(new_run(), replace(inputs, uuid=None, moid="vm-4711"))
    assert objects(aws, inputs.bucket) == []


def test_fails_if_another_process_writes_the_object_during_the_export(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox
) -> None:
    where = {"Bucket": inputs.bucket, "Key": KEY}
    aws.faults.on("CompleteMultipartUpload", lambda _: aws.observer("s3").put_object(**where, Body=b"theirs"))
    with pytest.raises(CleanFailureError, match=r"expected no object .*nothing was left in S3"):
        lifecycle.create(new_run(), inputs)
    assert ova_in(aws, inputs.bucket) == b"theirs"
    assert objects(aws, inputs.bucket) == [KEY]
