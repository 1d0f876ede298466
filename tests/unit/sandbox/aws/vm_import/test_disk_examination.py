from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

import pytest

from pulumi_vmimport_sandbox.aws.vm_import.disk_examination import UnusableDisk, examine

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.sandbox.aws.conftest import Account, Samples

    Spoil = Callable[[type[Samples]], bytes]

GIB = 1 << 30


def _examined(declared: str, data: bytes) -> tuple[int, ...]:
    return examine(declared, io.BytesIO(data), len(data)).volumes


def test_the_sizes_of_all_volumes_are_read(samples: type[Samples]) -> None:
    assert _examined("OVA", samples.ova(capacities=(70, 3))) == (70 * GIB, 3 * GIB)
    assert _examined("vmdk", samples.vmdk(5)) == (5 * GIB,)
    assert _examined("RAW", samples.raw()) == (len(samples.raw()),)
    assert _examined("VHD", samples.vhd(dynamic=True)) == (3 * GIB,)
    assert _examined("VHDX", b"vhdxfile" + bytes(100)) == (108,)


GUESTS = {
    "windows9_64Guest": ("Windows", True),
    "windows11_64Guest": ("Windows", True),
    "windows7_64Guest": ("Windows", True),
    "windows9Server64Guest": ("Windows", False),
    "windows2019srvNext_64Guest": ("Windows", False),
    "ubuntu64Guest": ("Linux", False),
}


@pytest.mark.parametrize(("os_type", "expected"), GUESTS.items())
def test_the_guest_is_read_from_the_descriptor(
    samples: type[Samples], os_type: str, expected: tuple[str, bool]
) -> None:
    data = samples.ova(os_type)
    guest = examine("OVA", io.BytesIO(data), len(data)).guest
    assert guest is not None
    assert (guest.platform, guest.is_client) == expected


UNSUPPORTED_VMDK = "ClientError: Disk validation failed [Unsupported VMDK File Format]"
DESCRIPTOR_VMDK = b"# Disk DescriptorFile\nversion=1\n" + bytes(2000)


def _ova_of(samples: type[Samples], descriptor: str, disk: bytes, manifest: str = "") -> bytes:
    files = {"vm.ovf": descriptor.encode()} | ({"vm.mf": manifest.encode()} if manifest else {})
    return samples.tar(files | {"disk1.vmdk": disk})


SPOILT: dict[str, tuple[str, Spoil, str]] = {
    "unknown format": ("QCOW2", lambda s: s.raw(), "Disk validation failed [Unsupported specified file format]"),
    "VMDK that is none": ("VMDK", lambda s: s.raw(), UNSUPPORTED_VMDK),
    "text descriptor": ("VMDK", lambda _: DESCRIPTOR_VMDK, UNSUPPORTED_VMDK),
    "sparse VMDK": ("VMDK", lambda s: s.vmdk(flags=3), UNSUPPORTED_VMDK),
    "VMDK that is not compressed": ("VMDK", lambda s: s.vmdk(algorithm=0), UNSUPPORTED_VMDK),
    "VMDK that was cut off": ("VMDK", lambda s: s.vmdk(footer=False), UNSUPPORTED_VMDK),
    "empty VMDK": ("VMDK", lambda _: b"", UNSUPPORTED_VMDK),
    "raw that does not boot": ("RAW", lambda _: bytes(4096), "No bootable partition found"),
    "VHD that is none": ("VHD", lambda s: s.raw(), "Unsupported VHD File Format"),
    "VHD with two footers": (
        "VHD", lambda s: s.vhd(dynamic=True)[:511] + b"!" + s.vhd(dynamic=True)[512:], "Footers not identical",
    ),
    "VHDX that is none": ("VHDX", lambda s: s.raw(), "Unsupported VHDX File Format"),
    "OVA that is no archive": ("OVA", lambda s: s.raw(), "OVA cannot be read"),
    "empty OVA": ("OVA", lambda _: b"", "OVA cannot be read"),
    "OVA that was cut off": ("OVA", lambda s: s.ova()[:-12000], "OVA cannot be read"),
    "disk before the descriptor": (
        "OVA", lambda s: s.tar({"disk1.vmdk": s.vmdk(), "vm.ovf": s.ovf().encode()}), "first file of an OVA",
    ),
    "descriptor that is no XML": ("OVA", lambda s: _ova_of(s, "<Envelope", s.vmdk()), "OVA cannot be read: ParseError"),
    "descriptor without disks": ("OVA", lambda s: _ova_of(s, s.ovf(disks=()), s.vmdk()), "names no disk"),
    "missing disk": ("OVA", lambda s: _ova_of(s, s.ovf(disks=("other.vmdk",)), s.vmdk()), "other.vmdk"),
    "chunked disk": (
        "OVA", lambda s: _ova_of(s, s.ovf(file_attributes='ovf:chunkSize="1"'), s.vmdk()),
        "ClientError: OVA with chunked disk files is not supported",
    ),
    "wrong kind of VMDK in the OVA": ("OVA", lambda s: _ova_of(s, s.ovf(), DESCRIPTOR_VMDK), UNSUPPORTED_VMDK),
    "manifest of another disk": (
        "OVA",
        lambda s: _ova_of(s, s.ovf(), s.vmdk(), f"SHA256(disk1.vmdk)= {hashlib.sha256(b'x').hexdigest()}\n"),
        "the manifest of the OVA does not match disk1.vmdk",
    ),
    "manifest of a missing file": ("OVA", lambda s: _ova_of(s, s.ovf(), s.vmdk(), "SHA256(a.nvram)= 00\n"), "a.nvram"),
}  # fmt: skip


@pytest.mark.parametrize(("declared", "spoil", "message"), SPOILT.values(), ids=SPOILT)
def test_fails_for_content_that_aws_rejects(samples: type[Samples], declared: str, spoil: Spoil, message: str) -> None:
    with pytest.raises(UnusableDisk) as caught:
        _examined(declared, spoil(samples))
    assert message in str(caught.value)
    assert str(caught.value).startswith("ClientError: ")


def test_fails_the_task_and_not_the_call(ready: Account) -> None:
    ready.put("disk.vmdk", DESCRIPTOR_VMDK)
    task_id = ready.start("disk.vmdk")
    assert ready.task(task_id)["Status"] == "active"
    ready.aws.clock.advance(ready.aws.settings.seconds_until(10) - 1)
    assert ready.task(task_id)["StatusMessage"] == "validating"
    ready.aws.clock.advance(1)
    assert (ready.task(task_id)["Status"], ready.task(task_id)["StatusMessage"]) == ("deleting", UNSUPPORTED_VMDK)
    ready.aws.clock.advance(ready.aws.settings.deleting_seconds)
    task = ready.task(task_id)
    assert (task["Status"], task["StatusMessage"]) == ("deleted", UNSUPPORTED_VMDK)
    assert not {"ImageId", "Progress", "Platform"} & set(task)


def test_the_default_format_is_the_suffix_of_the_key(ready: Account, samples: type[Samples]) -> None:
    ready.put("disk.RAW", samples.raw())
    containers = [{"UserBucket": {"S3Bucket": "disk-images", "S3Key": "disk.RAW"}}]
    task_id = ready.ec2.import_image(DiskContainers=containers)["ImportTaskId"]
    ready.aws.clock.advance(ready.aws.settings.import_seconds)
    assert ready.task(task_id)["Status"] == "completed"


def test_an_object_of_many_parts_is_read_completely(ready: Account) -> None:
    data = bytes(510) + b"\x55\xaa" + bytes(range(256)) * (6 << 12)
    upload = ready.s3.create_multipart_upload(Bucket="disk-images", Key="big.raw")["UploadId"]
    where = {"Bucket": "disk-images", "Key": "big.raw", "UploadId": upload}
    parts = [
        {"PartNumber": n, "ETag": ready.s3.upload_part(**where, PartNumber=n, Body=data[start:end])["ETag"]}
        for n, start, end in ((1, 0, 5 << 20), (2, 5 << 20, len(data)))
    ]
    ready.s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    ready.start("big.raw")
    [record] = ready.aws.import_tasks
    assert (record.size, record.sha256) == (len(data), hashlib.sha256(data).hexdigest())
