"""The result of inspecting a container: its facts, the content of its disk, and its damage."""

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
"""Opens the file with this path below the folder of the inspected one; None if there is none"""


@dataclass
class ContainerInspection:
    """The facts of a disk that were found so far."""

    capacity_bytes: int | None = None
    content: DiskContent | None = None
    """None if the content cannot be read; the damage or the container's facts give the reason"""
    damage: list[Damage] = field(default_factory=list)
    vmdk: VmdkFacts | None = None
    vhd: VhdFacts | None = None
    vhdx: VhdxFacts | None = None

    def add_damage(self, where: str, words: str) -> None:
        """Record damage."""
        self.damage.append(Damage(where, words))

    def open_content(self, opener: Callable[[], DiskContent]) -> None:
        """Open the content if possible. Damage that was already recorded is not repeated."""
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
    """The damage that an error describes."""
    known = DamagedImageError | NotStreamOptimizedError | TruncatedImageError | UnsupportedImageError
    return Damage(where, error.found if isinstance(error, known) else str(error))
