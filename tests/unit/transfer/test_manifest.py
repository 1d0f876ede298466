from typing import Any

import pytest
from tests.unit.transfer.conftest import BUCKET, packed

from pulumi_vmimport.transfer import manifest
from pulumi_vmimport.transfer.data_requests import ClientRequests
from pulumi_vmimport.transfer.ova import Ova, TextMember

DIGESTS = {"disk1.vmdk": "ab" * 32, "disk2.vmdk": "cd" * 32}


def test_a_manifest_is_read_back() -> None:
    assert manifest.digests(manifest.lines(DIGESTS)) == DIGESTS


def test_the_manifest_of_an_object_is_read_back(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="web/disks.mf", Body=manifest.lines(DIGESTS))
    assert manifest.read_manifest(ClientRequests(s3), BUCKET, "web/disks.mf") == DIGESTS


@pytest.mark.parametrize("size", [0, 100, 3 << 20])
def test_the_manifest_in_an_ova_is_read_back(s3: Any, size: int) -> None:
    disks = tuple(TextMember(f"web-disk{number}.vmdk", bytes([number]) * size) for number in range(1, 22))
    descriptor = TextMember("web.ovf", b"<Envelope/>" * 2000)
    ova = Ova("web", descriptor.content, disks[: 21 if size < 1000 else 1])
    body = packed(
        "web", descriptor.content, {disk.name: bytes([number]) * size for number, disk in enumerate(ova.disks, 1)}
    )
    s3.put_object(Bucket=BUCKET, Key="web.ova", Body=body)
    expected = {member.name: member.sha256 for member in (descriptor, *ova.disks)}
    assert manifest.read_manifest(ClientRequests(s3), BUCKET, "web.ova") == expected


@pytest.mark.parametrize("body", [b"no tar", bytes(2048), b"x" * 600], ids=["text", "zeros", "one block"])
def test_what_is_no_ova_has_no_manifest(s3: Any, body: bytes) -> None:
    s3.put_object(Bucket=BUCKET, Key="web.ova", Body=body)
    assert manifest.read_manifest(ClientRequests(s3), BUCKET, "web.ova") == {}
