"""Writes and reads the manifest of an export: one line `SHA256(name)= digits` for each file.

Source: DMTF DSP0243 1.1.1, section 5.1.
"""

import io
import tarfile

from pulumi_vmimport.ovf_manifest import ManifestLine, parse_manifest_line
from pulumi_vmimport.transfer.data_requests import DataRequests
from pulumi_vmimport.transfer.s3_ranges import get_range

FILE_NAME = "disks.mf"
"""The name of the manifest beside the VMDKs of an export"""
_ALGORITHM, _DIGITS = "SHA256", 64
# The descriptor of 21 disks takes 20 KiB.
_HEAD_BYTES = 1 << 18


def lines(digests: dict[str, str]) -> bytes:
    """The manifest of the files with these names and SHA-256 digests (lower-case digits)."""
    return b"".join(bytes(ManifestLine(name, _ALGORITHM, digits)) for name, digits in digests.items())


def digests(manifest: bytes) -> dict[str, str]:
    """The SHA-256 digests in a manifest by file name, in the order of the manifest."""
    parsed = filter(None, map(parse_manifest_line, manifest.splitlines()))
    return {line.name: line.digest for line in parsed if line.algorithm == _ALGORITHM and len(line.digest) == _DIGITS}


def read_manifest(requests: DataRequests, bucket: str, key: str) -> dict[str, str]:
    """The digests in the manifest with this key, or in the second file of the OVA with this key.

    Empty if the OVA has no manifest.
    """
    head = get_range(requests, bucket, key, 0, _HEAD_BYTES - 1).data
    if not key.lower().endswith(".ova"):
        return digests(head)
    try:
        with tarfile.open(fileobj=io.BytesIO(head)) as tar:
            tar.next()
            second = tar.next()
            file = tar.extractfile(second) if second is not None and second.name.lower().endswith(".mf") else None
            return digests(file.read()) if file is not None else {}
    except tarfile.TarError:
        return {}
