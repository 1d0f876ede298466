"""Parse OVF descriptors and manifests. Source: DMTF DSP0243 2.1.1, sections 6.4, 7.1, 8.1, 9.1 and 9.17."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from xml.etree import ElementTree as ET

from pulumi_vmimport_sandbox.aws.core.guest_system import GuestSystem

_OVF = "{http://schemas.dmtf.org/ovf/envelope/1}"
_VMW = "{http://www.vmware.com/schema/ovf}"
_ENTRY = re.compile(r"(\w+)\s*\(([^)]+)\)\s*=\s*([0-9a-fA-F]+)")
_BLOCK = 1 << 20


class InvalidOvf(Exception):  # noqa: N818 - a result of the simulation
    """The descriptor is invalid."""


@dataclass(frozen=True)
class OvfEnvelope:
    """An OVF descriptor."""

    disk_files: tuple[str, ...]
    guest: GuestSystem | None
    is_chunked: bool


@dataclass(frozen=True)
class OvfManifestEntry:
    """The digest of a file in a manifest."""

    file: str
    algorithm: str
    digest: str

    def differs(self, file: IO[bytes]) -> bool:
        """Whether the digest of the file differs."""
        hashed = hashlib.new(self.algorithm)
        while block := file.read(_BLOCK):
            hashed.update(block)
        return hashed.hexdigest() != self.digest


def parse(descriptor: bytes) -> OvfEnvelope:
    """Parse a descriptor.

    Raises:
        NoOvf: It is invalid.
    """
    try:
        root = ET.fromstring(descriptor)  # noqa: S314 - the sandbox's own user uploaded it
        files = list(root.iter(f"{_OVF}File"))
        names = {file.attrib[f"{_OVF}id"]: file.attrib[f"{_OVF}href"] for file in files}
        disks = [
            names[disk.attrib[f"{_OVF}fileRef"]]
            for disk in root.iter(f"{_OVF}Disk")
            if f"{_OVF}fileRef" in disk.attrib  # a disk without a file is empty
        ]
    except (ET.ParseError, KeyError) as error:
        raise InvalidOvf(f"{type(error).__name__}: {error}") from error
    section = next(root.iter(f"{_OVF}OperatingSystemSection"), None)
    chunked = any(f"{_OVF}chunkSize" in file.attrib for file in files)
    return OvfEnvelope(tuple(disks), None if section is None else _guest(section), chunked)


def manifest(text: bytes) -> Iterator[OvfManifestEntry]:
    """The entries of a manifest."""
    for algorithm, name, digest in _ENTRY.findall(text.decode()):
        yield OvfManifestEntry(name, algorithm.lower(), digest.lower())


def _guest(section: ET.Element) -> GuestSystem:
    description = section.findtext(f"{_OVF}Description") or ""
    return GuestSystem.of_vsphere(section.attrib.get(f"{_VMW}osType", ""), description)
