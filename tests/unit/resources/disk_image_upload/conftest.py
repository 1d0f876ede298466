from pathlib import Path

import pytest
from tests.unit.resources.disk_image_upload.uploading import MIB, PART, inputs_for

from pulumi_vmimport.resources.disk_image_upload import object_upload
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUploadInputs as Inputs


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_upload, "part_bytes_for", lambda _: PART)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A raw disk of four parts, the last one smaller, with an MBR and one active NTFS partition."""
    disk = bytearray(b"".join(bytes([number]) * MIB for number in range(17)))
    disk[446:462] = bytes.fromhex("80202100 07feffff 00080000 00800000")
    disk[510:512] = b"\x55\xaa"
    path = tmp_path / "web.raw"
    path.write_bytes(disk)
    return path


@pytest.fixture
def inputs(file: Path, bucket: str) -> Inputs:
    return inputs_for(file, bucket)
