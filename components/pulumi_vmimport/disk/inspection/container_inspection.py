"""What the reader of a container finds: facts of the container, the disk in it, and what is damaged."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pulumi_vmimport.disk.disk_content import DiskContent, Source
from pulumi_vmimport.disk.disk_errors import (
    DamagedImageError,
    DiskImageError,
    NotStreamOptimizedError,
    TruncatedImageError,
    UnsupportedImageError,
)
from pulumi_vmimport.disk.inspection.facts import Damage, VhdFacts, VhdxFacts, VmdkFacts

OpenSibling = Callable[[str], Source | None]
"""Opens the file of this name next to the one that is read; None when there is none."""


@dataclass
class ContainerInspection:
    """What is known of a disk so far."""

    capacity_bytes: int | None = None
    content: DiskContent | None = None
    """None where its content cannot be read: a damage, or the container's facts, say why"""
    damage: list[Damage] = field(default_factory=list)
    vmdk: VmdkFacts | None = None
    vhd: VhdFacts | None = None
    vhdx: VhdxFacts | None = None

    def damaged(self, where: str, words: str) -> None:
        """Notes a damage."""
        self.damage.append(Damage(where, words))

    def open(self, opener: Callable[[], DiskContent]) -> None:
        """Opens the content where that is possible; a damage found before is not told again."""
        try:
            self.content = opener()
        except UnsupportedImageError:
            return
        except DiskImageError as error:
            if not self.damage:
                self.damage.append(damage_of("disk content", error))
            return
        self.capacity_bytes = self.content.capacity_bytes


def damage_of(where: str, error: DiskImageError) -> Damage:
    """The damage that an error of a reader is."""
    known = DamagedImageError | NotStreamOptimizedError | TruncatedImageError | UnsupportedImageError
    return Damage(where, error.found if isinstance(error, known) else str(error))


def is_plain_name(name: str) -> bool:
    """Whether it names a file in the same folder: what a descriptor says does not lead anywhere else."""
    return 0 < len(name) <= 255 and name not in {".", ".."} and name.isprintable() and not set(name) & set("/\\")  # noqa: PLR2004 - NAME_MAX
