"""Formats, snapshots, and failures during the export."""

import hashlib
import io
import random
import tarfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pyVmomi import vim

from pulumi_vmimport.lifecycle.contract import CleanFailureError
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.resources.virtual_machine_export.machine_reference import find_machine
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import (
    MachineExportFormat,
    VirtualMachineExportInputs,
)
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export_lifecycle import (
    VirtualMachineExportLifecycle,
)
from pulumi_vmimport.vsphere import nfc_lease
from pulumi_vmimport.vsphere.nfc_download import DiskDownload, open_disk
from pulumi_vmimport.vsphere.nfc_lease import ExportLease
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import DownloadError, LeaseLostError
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

GIB = 1 << 30
OVA, PREFIX = "ova/web.ova", "disks/web/"
OTHER_RESOURCE = Identity("urn:pulumi:prod::shop::vmimport:index:VirtualMachineExport::web")
lifecycle = VirtualMachineExportLifecycle()
Inputs = VirtualMachineExportInputs
NewRun = Callable[..., Any]


@pytest.fixture
def new_run(new_export_run: NewRun) -> NewRun:
    return new_export_run


@pytest.fixture
def inputs(export_inputs: Inputs) -> Inputs:
    return export_inputs


@pytest.fixture
def disks(stream_optimized: Callable[[int, bytes], bytes]) -> list[bytes]:
    return made(stream_optimized)


@cache  # random data takes long to compress
def made(stream_optimized: Callable[[int, bytes], bytes]) -> list[bytes]:
    """A disk of several parts, one of one part, and an empty one."""
    content = [random.Random(size).randbytes(size) for size in (20 << 20, 70_000, 0)]  # noqa: S311 - no secret
    return [stream_optimized((number + 1) * GIB, data) for number, data in enumerate(content)]


@pytest.fixture
def of_three(machines: Any, disks: list[bytes], inputs: Inputs) -> Inputs:
    """An export of a machine of three disks."""
    machine = machines.make("three", *disks)
    return replace(inputs, uuid=machine.facts().uuid)


@pytest.fixture
def as_disks(of_three: Inputs) -> Inputs:
    return replace(of_three, key=PREFIX, format=MachineExportFormat.VMDK)


def there(aws: AwsSandbox, bucket: str) -> dict[str, bytes]:
    s3 = aws.observer("s3")
    assert not s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {o["Key"]: s3.get_object(Bucket=bucket, Key=o["Key"])["Body"].read() for o in listed}


def unpacked(ova: bytes) -> list[bytes]:
    """The disks in an OVA."""
    with tarfile.open(fileobj=io.BytesIO(ova)) as tar:
        return [tar.extractfile(name).read() for name in tar.getnames()[2:]]  # type: ignore[union-attr]


def reconfigure(machine: VSphereMachine, machines: Any, **config: Any) -> None:
    machines.vcenter.session.wait("reconfigure", machine.reference.ReconfigVM_Task(vim.vm.ConfigSpec(**config)))


def snapshot(machine: VSphereMachine, machines: Any, name: str) -> str:
    task = machine.reference.CreateSnapshot_Task(name=name, memory=False, quiesce=False)
    return str(machines.vcenter.session.wait("snapshot", task)._moId)


def test_an_ova_has_every_byte_of_three_disks(
    new_run: NewRun, of_three: Inputs, aws: AwsSandbox, disks: list[bytes]
) -> None:
    state = lifecycle.create(new_run(), of_three).state
    assert unpacked(there(aws, of_three.bucket)[OVA]) == disks
    assert state.disk_sha256 == tuple(hashlib.sha256(disk).hexdigest() for disk in disks)


def test_format_vmdk_creates_one_object_per_disk_and_a_manifest(
    new_run: NewRun, as_disks: Inputs, aws: AwsSandbox, disks: list[bytes]
) -> None:
    created = lifecycle.create(new_run(), as_disks)
    keys = tuple(f"{PREFIX}disk{number}.vmdk" for number in (1, 2, 3))
    found = there(aws, as_disks.bucket)
    manifest = found.pop(f"{PREFIX}disks.mf").decode().splitlines()
    assert found == dict(zip(keys, disks, strict=True))
    digests = tuple(hashlib.sha256(disk).hexdigest() for disk in disks)
    assert manifest == [
        f"SHA256(disk{number})= {digest}".replace(")", ".vmdk)") for number, digest in enumerate(digests, 1)
    ]
    state = created.state
    assert (created.id, state.disk_keys, state.disk_sha256) == (f"s3://{as_disks.bucket}/{PREFIX}", keys, digests)
    assert state.size_bytes == sum(map(len, disks))
    assert lifecycle.read(new_run(), created.id, state) == state
    assert lifecycle.create(new_run(), as_disks) == created  # the state was lost
    lifecycle.delete(new_run(), created.id, state)
    lifecycle.delete(new_run(), created.id, state)
    assert there(aws, as_disks.bucket) == {}


def test_create_reuses_an_ova_of_three_disks(new_run: NewRun, of_three: Inputs) -> None:
    assert lifecycle.create(new_run(), of_three) == lifecycle.create(new_run(), of_three)


@pytest.mark.parametrize("name", ["disk2.vmdk", "disks.mf"])
def test_fails_if_one_of_the_objects_has_another_owner(
    new_run: NewRun, as_disks: Inputs, aws: AwsSandbox, name: str
) -> None:
    aws.observer("s3").put_object(Bucket=as_disks.bucket, Key=PREFIX + name, Body=b"yours")
    with pytest.raises(CleanFailureError, match=f"{name} already exists"):
        lifecycle.create(new_run(), as_disks)
    assert there(aws, as_disks.bucket) == {PREFIX + name: b"yours"}


@pytest.mark.parametrize(("vmdk", "part"), [(True, 3), (False, 2)], ids=["vmdk", "ova"])
def test_fails_with_nothing_left_if_s3_denies_the_part_with_a_later_disk(
    new_run: NewRun, of_three: Inputs, as_disks: Inputs, aws: AwsSandbox, vmdk: bool, part: int
) -> None:
    aws.faults.on("UploadPart", lambda _: aws.faults.deny("UploadPart"), nth=part)
    with pytest.raises(ClientError, match="AccessDenied"):
        lifecycle.create(new_run(), as_disks if vmdk else of_three)
    assert there(aws, of_three.bucket) == {}


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        ({"format": "vmdk", "key": "web.ova"}, "key", "slash for format vmdk, got 'web.ova'"),
        ({"format": "vmdk", "key": "/"}, "key", "do not start with a slash, got '/'"),
        ({"format": "vmdk", "key": "x" * 1013 + "/"}, "key", "expected 1 to 1013 bytes"),
        ({"format": "ova", "key": "web/"}, "key", "ends in .ova, got 'web/'"),
        ({"format": "vhd"}, "format", "expected one of ova, vmdk, got 'vhd'"),
        ({"snapshot": "clean", "poweredOn": "wait"}, "poweredOn", "has no effect with snapshot"),
        ({"stagingDirectory": "/data"}, "stagingDirectory", "is not a property of VirtualMachineExport"),
    ],
)
def test_fails_for_inputs_that_do_not_suit_the_format(
    checked: Any, values: dict[str, Any], path: str, reason: str
) -> None:
    bag = {"region": "eu-west-1", "bucket": "images", "key": "web.ova", "uuid": "4206", **values}
    ((found, said),) = checked(lifecycle, bag)
    assert found == path
    assert reason in said


def test_a_snapshot_is_exported_while_its_machine_runs(
    new_run: NewRun, inputs: Inputs, machine: VSphereMachine, machines: Any, aws: AwsSandbox, disk: bytes
) -> None:
    id = snapshot(machine, machines, "clean")
    machines.vcenter.session.wait("power on", machine.reference.PowerOnVM_Task())
    for name in ("clean", id):
        requested = replace(inputs, snapshot=name, key=f"{name}.ova")
        assert list(lifecycle.preflight(new_run(), requested)) == []
        state = lifecycle.create(new_run(), requested).state
        assert unpacked(there(aws, inputs.bucket)[f"{name}.ova"]) == [disk]
        assert state.virtual_machine_change_version is not None
        assert state.virtual_machine_change_version.startswith(f"{id} ")
    ((path, reason),) = [(p.path, p.reason) for p in lifecycle.preflight(new_run(), replace(inputs, snapshot="x"))]
    assert (path, f"got clean ({id})" in reason) == ("snapshot", True)


def versions(aws: AwsSandbox, bucket: str) -> set[str]:
    """The keys of all versions and delete markers."""
    listed = aws.observer("s3").list_object_versions(Bucket=bucket)
    return {found["Key"] for found in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]}


@pytest.fixture(params=["Suspended", "Enabled"])
def versioning(request: pytest.FixtureRequest, aws: AwsSandbox, inputs: Inputs) -> None:
    """The bucket without versions, and with versions."""
    if request.param == "Enabled":
        setting = {"Status": request.param}
        aws.observer("s3").put_bucket_versioning(Bucket=inputs.bucket, VersioningConfiguration=setting)


@pytest.mark.usefixtures("versioning")
def test_a_create_that_cannot_write_the_last_object_deletes_the_others(
    new_run: NewRun, as_disks: Inputs, aws: AwsSandbox
) -> None:
    theirs = {"Bucket": as_disks.bucket, "Key": f"{PREFIX}disks.mf", "Body": b"theirs"}
    aws.faults.on("CompleteMultipartUpload", lambda _: aws.observer("s3").put_object(**theirs), nth=4)
    with pytest.raises(CleanFailureError, match=r"disks\.mf.*nothing was left in S3"):
        lifecycle.create(new_run(), as_disks)
    assert versions(aws, as_disks.bucket) == {f"{PREFIX}disks.mf"}


@pytest.mark.usefixtures("versioning")
def test_an_update_with_fewer_disks_deletes_the_surplus_objects(
    new_run: NewRun, as_disks: Inputs, machines: Any, session: Any, aws: AwsSandbox
) -> None:
    requested = replace(as_disks, export_when_changed=True)
    created = lifecycle.create(new_run(), requested)
    machine = find_machine(session, requested)
    held = machine.reference.config.hardware.device
    last = [device for device in held if isinstance(device, vim.vm.device.VirtualDisk)][-1]
    change = vim.vm.device.VirtualDeviceSpec(operation="remove", device=last)
    reconfigure(machine, machines, deviceChange=[change])  # type: ignore[arg-type] # not a snapshot
    updated = lifecycle.update(new_run(), created.id, created.state, requested)
    assert updated.disk_keys == (f"{PREFIX}disk1.vmdk", f"{PREFIX}disk2.vmdk")
    assert sorted(there(aws, requested.bucket)) == [*updated.disk_keys, f"{PREFIX}disks.mf"]
    assert f"{PREFIX}disk3.vmdk" not in versions(aws, requested.bucket)


class BreakingDownloads:
    """Downloads of which each breaks after the next number of bytes in `cuts`."""

    def __init__(self, *cuts: int | None) -> None:
        self.cuts = list(cuts)
        self.corrupt = False

    def open(self, disk: str, *args: Any, **kwargs: Any) -> DiskDownload:
        download, cut = open_disk(disk, *args, **kwargs), self.cuts.pop(0) if self.cuts else None
        real, downloads = download.readinto, self

        def readinto(buffer: memoryview) -> int:
            if cut is not None and download.offset >= cut:
                raise DownloadError(disk, "reset by peer", received_bytes=download.offset, transient=True)
            size = real(buffer)
            if size and downloads.corrupt and not downloads.cuts:
                buffer[0] ^= 1
                downloads.corrupt = False
            return size

        download.readinto = readinto  # type: ignore[method-assign]
        return download


@pytest.mark.parametrize(
    "cuts", [(0,), (1,), (5 << 20,), (9 << 20, 1 << 20, 12 << 20), (None, 50_000), (None, None, 0)]
)
@pytest.mark.parametrize("vmdk", [True, False], ids=["vmdk", "ova"])
def test_a_broken_download_is_resumed_byte_for_byte(
    new_run: NewRun, of_three: Inputs, as_disks: Inputs, aws: AwsSandbox, disks: list[bytes],
    monkeypatch: pytest.MonkeyPatch, cuts: tuple[int | None, ...], vmdk: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(nfc_lease, "open_disk", BreakingDownloads(*cuts).open)
    lifecycle.create(new_run(), as_disks if vmdk else of_three)
    found = there(aws, of_three.bucket)
    found.pop(f"{PREFIX}disks.mf", None)
    assert (list(found.values()) if vmdk else unpacked(found[OVA])) == disks


def test_a_disk_that_changed_restarts_the_export(
    new_run: NewRun, of_three: Inputs, aws: AwsSandbox, disks: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    downloads, run = BreakingDownloads(12 << 20, None), new_run()
    downloads.corrupt = True
    monkeypatch.setattr(nfc_lease, "open_disk", downloads.open)
    lifecycle.create(run, of_three)
    assert unpacked(there(aws, of_three.bucket)[OVA]) == disks
    assert any(text.startswith("restarting the export (1 of 1): disk ") for text in run.texts)


@pytest.fixture
def losing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lease is lost during the first disk once per entry."""
    losses: list[str] = []
    real = ExportLease._count_received

    def received(lease: ExportLease, size_bytes: int) -> None:
        real(lease, size_bytes)
        if losses and lease._received_bytes > 9 << 20:
            raise LeaseLostError("vm-7", losses.pop())

    monkeypatch.setattr(ExportLease, "_count_received", received)
    return losses


def test_a_lost_lease_restarts_the_export(
    new_run: NewRun, of_three: Inputs, aws: AwsSandbox, disks: list[bytes], losing: list[str]
) -> None:
    losing.append("expired")
    lifecycle.create(new_run(), of_three)
    assert unpacked(there(aws, of_three.bucket)[OVA]) == disks


@pytest.mark.parametrize("vmdk", [True, False], ids=["vmdk", "ova"])
def test_fails_with_nothing_left_if_the_lease_is_lost_twice(
    new_run: NewRun, of_three: Inputs, as_disks: Inputs, aws: AwsSandbox, losing: list[str], vmdk: bool
) -> None:
    losing += ["expired", "expired"]
    with pytest.raises(LeaseLostError, match="expired"):
        lifecycle.create(new_run(), as_disks if vmdk else of_three)
    assert there(aws, of_three.bucket) == {}
