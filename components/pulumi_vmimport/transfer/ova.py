"""Writing an OVA: a tar file of the OVF descriptor, its manifest and the disks, in this order.

Source: DMTF DSP0243 1.1.1, section 5.3 (distribution) and 5.1 (manifest); FMT-10.
"""

import hashlib
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pulumi_vmimport.transfer.transfer_errors import InvalidMemberError

# ustar's size field has eleven octal digits. Above, GNU tar's base-256 is what GNU tar itself writes and every reader
# in sight understands; DSP0243 names plain ustar only, and whether AWS reads base-256 was not tried.
_MAX_USTAR_BYTES = 8**11 - 1
_MAX_NAME_BYTES = 100
_MODE = 0o644


class Member(Protocol):
    """A file that goes into an OVA: anything that knows its size and digest beforehand."""

    @property
    def name(self) -> str:
        """Its name in the OVA."""

    @property
    def size_bytes(self) -> int:
        """Its size."""

    @property
    def sha256(self) -> str:
        """Its SHA-256, as lower-case digits."""


@dataclass(frozen=True)
class Text:
    """A small member that is held in memory, such as the descriptor."""

    name: str
    content: bytes

    @property
    def size_bytes(self) -> int:
        return len(self.content)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Ova:
    """An OVA to be written. Equal members give equal bytes: no time, no owner, no order of chance is in them."""

    name: str
    """Of the descriptor and the manifest, without ending"""
    descriptor: bytes
    """The OVF descriptor, which names the disks by their member names"""
    disks: tuple[Member, ...]

    def __post_init__(self) -> None:
        """Raises: InvalidMemberError."""
        names = [member.name for member in self.members()]
        for name in names:
            if not name.isascii() or not name.isprintable() or "/" in name or not 0 < len(name) <= _MAX_NAME_BYTES:
                reason = f"expected 1 to {_MAX_NAME_BYTES} printable ASCII characters and no slash"
                raise InvalidMemberError(name, reason)
            if names.count(name) > 1:
                raise InvalidMemberError(name, "expected a name of its own for each member, got it twice")

    def members(self) -> Sequence[Member]:
        """The files in the OVA, in their order."""
        return (*self._texts(), *self.disks)

    @property
    def size_bytes(self) -> int:
        """Of the whole."""
        blocks = sum(1 + -(-member.size_bytes // tarfile.BLOCKSIZE) for member in self.members()) + 2
        return -(-blocks * tarfile.BLOCKSIZE // tarfile.RECORDSIZE) * tarfile.RECORDSIZE

    def head(self) -> bytes:
        """All that stands before the bytes of the first disk."""
        texts = (header(text) + _padded(text.content) for text in self._texts())
        return b"".join((*texts, *map(header, self.disks[:1])))

    def _texts(self) -> tuple[Text, Text]:
        """The descriptor and the manifest."""
        described = Text(f"{self.name}.ovf", self.descriptor)
        lines = [f"SHA256({member.name})= {member.sha256}\n" for member in (described, *self.disks)]
        return described, Text(f"{self.name}.mf", "".join(lines).encode("ascii", "replace"))


def header(member: Member) -> bytes:
    """The block that stands before a member's bytes."""
    info = tarfile.TarInfo(member.name)  # owner root and time zero, unless they are set
    info.size = member.size_bytes
    info.mode = _MODE
    return info.tobuf(tarfile.USTAR_FORMAT if info.size <= _MAX_USTAR_BYTES else tarfile.GNU_FORMAT)


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % tarfile.BLOCKSIZE)
