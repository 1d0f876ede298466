"""The source of an import, as its objects record it."""

import io
import tarfile
from typing import Any

import pytest

from pulumi_vmimport.aws.ec2.import_options import DiskFormat
from pulumi_vmimport.aws.ec2.import_request import ImageDiskContainer, UserBucket
from pulumi_vmimport.resources.rules.object_source import tags_of_source
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

UUID, VERSION = "4222c0de-0000-1111-2222-333344445555", "2026-11-28T10:00:00.5Z"
MACHINE = {"vmimport-uuid": UUID, "vmimport-change": VERSION}
DIGEST = "ab" * 32


@pytest.fixture
def put(aws: AwsSandbox, bucket: str) -> Any:
    """Writes an object and returns the container that imports it."""

    def write(key: str, content: bytes = b"x", metadata: dict[str, str] | None = None) -> ImageDiskContainer:
        aws.observer("s3").put_object(Bucket=bucket, Key=key, Body=content, Metadata=metadata or {})
        return ImageDiskContainer(format=DiskFormat.VMDK, user_bucket=UserBucket(s3_bucket=bucket, s3_key=key))

    return write


def ova(**members: bytes) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in members.items():
            header = tarfile.TarInfo(name.replace("_", "."))
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
    return archive.getvalue()


def test_an_exported_ova_leads_to_machine_and_disks(run: Any, put: Any, bucket: str) -> None:
    lines = f"SHA256(web.ovf)= {'cd' * 32}\nSHA256(web-disk1.vmdk)= {DIGEST}\n".encode()
    container = put("web.ova", ova(web_ovf=b"<Envelope/>", web_mf=lines), MACHINE)
    assert tags_of_source(run, [container]) == {
        "vmimport:source-machine": f"{UUID} {VERSION}",
        "vmimport:source-disk-sha256": DIGEST,
        "vmimport:source-object": f"s3://{bucket}/web.ova",
    }


def test_the_disks_of_an_export_are_found_in_the_manifest_beside_them(run: Any, put: Any, bucket: str) -> None:
    containers = [put(f"web/disk{number}.vmdk", b"x", MACHINE) for number in (1, 2)]
    put("web/disks.mf", "".join(f"SHA256(disk{n}.vmdk)= {n}{DIGEST[1:]}\n" for n in (1, 2)).encode())
    tags = tags_of_source(run, containers)
    assert tags["vmimport:source-machine"] == f"{UUID} {VERSION}"
    assert tags["vmimport:source-disk-sha256"] == f"1{DIGEST[1:]} 2{DIGEST[1:]}"
    assert tags["vmimport:source-object"] == f"s3://{bucket}/web/disk1.vmdk s3://{bucket}/web/disk2.vmdk"


def test_an_image_of_another_origin_leads_to_its_object_only(run: Any, put: Any, bucket: str) -> None:
    assert tags_of_source(run, [put("web.vmdk")]) == {"vmimport:source-object": f"s3://{bucket}/web.vmdk"}


def test_a_snapshot_is_its_own_source(run: Any) -> None:
    container = ImageDiskContainer(snapshot_id="snap-0123456789abcdef0")
    assert tags_of_source(run, [container]) == {"vmimport:source-object": "snap-0123456789abcdef0"}


def test_an_object_that_cannot_be_read_is_a_warning(run: Any, put: Any, aws: AwsSandbox) -> None:
    container = put("web.vmdk")
    aws.faults.deny("HeadObject")
    assert tags_of_source(run, [container]) == {}
    (warning,) = run.warnings
    assert "the tags of the image lack the source of s3://" in warning
