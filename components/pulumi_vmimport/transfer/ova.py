"""Write an OVA: a tar file of the OVF descriptor, its manifest and the disks, in this order.

Source: DMTF DSP0243 1.1.1, sections 5.1 (manifest) and 5.3 (distribution).
"""

import hashlib
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pulumi_vmimport.transfer.transfer_errors import InvalidMemberError

# ustar's size field has eleven octal digits. GNU tar writes larger sizes in base 256, which every reader examined
# supports. DSP0243 specifies plain ustar only; whether AWS reads base 256 is untested.
_MAX_USTAR_BYTES = 8**11 - 1
_MAX_NAME_BYTES = 100
_MODE = 0o644


class Member(Protocol):
    """A file of an OVA whose size and digest are known."""

    @property
    def name(self) -> str:
        """The name in the OVA."""

    @property
    def size_bytes(self) -> int:
        """The size."""

    @property
    def sha256(self) -> str:
        """The SHA-256, as lower-case hexadecimal digits."""


@dataclass(frozen=True)
class TextMember:
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
    """The structure of an OVA. Equal members give equal bytes: timestamps and owners are constant."""

    name: str
    """The name of the descriptor and the manifest, without suffix"""
    descriptor: bytes
    """The OVF descriptor, which refers to the disks by their member names"""
    disks: tuple[Member, ...]

    def __post_init__(self) -> None:
        """Raises: InvalidMemberError."""
        names = [member.name for member in self.members()]
        for name in names:
            if not name.isascii() or not name.isprintable() or "/" in name or not 0 < len(name) <= _MAX_NAME_BYTES:
                reason = f"expected 1 to {_MAX_NAME_BYTES} printable ASCII characters without a slash"
                raise InvalidMemberError(name, reason)
            if names.count(name) > 1:
                raise InvalidMemberError(name, f"expected a unique name, got {names.count(name)} members of this name")

    def members(self) -> Sequence[Member]:
        """The members, in order."""
        return (*self._texts(), *self.disks)

    @property
    def size_bytes(self) -> int:
        """The size of the OVA."""
        blocks = sum(1 + -(-member.size_bytes // tarfile.BLOCKSIZE) for member in self.members()) + 2
        return -(-blocks * tarfile.BLOCKSIZE // tarfile.RECORDSIZE) * tarfile.RECORDSIZE

    def head(self) -> bytes:
        """The bytes before the content of the first disk."""
        texts = (header(text) + _padded(text.content) for text in self._texts())
        return b"".join((*texts, *map(header, self.disks[:1])))

    def _texts(self) -> tuple[TextMember, TextMember]:
        """The descriptor and the manifest."""
        descriptor = TextMember(f"{self.name}.ovf", self.descriptor)
        lines = [f"SHA256({member.name})= {member.sha256}\n" for member in (descriptor, *self.disks)]
        return descriptor, TextMember(f"{self.name}.mf", "".join(lines).encode("ascii", "replace"))


def header(member: Member) -> bytes:
    """The tar header of a member."""
    info = tarfile.TarInfo(member.name)  # TarInfo's defaults: owner root, time zero
    info.size = member.size_bytes
    info.mode = _MODE
    return info.tobuf(tarfile.USTAR_FORMAT if info.size <= _MAX_USTAR_BYTES else tarfile.GNU_FORMAT)


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % tarfile.BLOCKSIZE)
