"""The input of a rule, and the evidence that it returns."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pulumi_vmimport.disk.guest.guest_facts import GuestFacts
from pulumi_vmimport.disk.inspection.facts import Container, DiskFacts, ImageFacts, Layout, Partition
from pulumi_vmimport.disk.inspection.package_facts import OvaFacts, OvfFacts
from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.image_profile import ImageProfile


@dataclass(frozen=True)
class Evidence:
    """What was found, with its value, and the disk or file that it is about."""

    subject: str
    detail: str
    remedy: str | None = None
    """A remedy for this kind of file. Default: that of the rule"""
    severity: Severity | None = None
    """How certain this problem is. Default: as certain as the rule states"""


@dataclass(frozen=True)
class RuleContext:
    """The facts of one file, and how it is to be imported."""

    image: ImageFacts
    has_root: bool = True
    """Whether the VM boots from the first disk of this file"""
    stated: Container | None = None
    """The format stated in the import request; None if the file name decides"""
    profile: ImageProfile = ImageProfile.EC2

    @property
    def disks(self) -> tuple[DiskFacts, ...]:
        """All disks of the file."""
        return self.image.disks

    @property
    def ovf(self) -> OvfFacts | None:
        """The OVF descriptor, if there is a readable one; for a VM in vSphere, its hardware."""
        return self.image.ova.ovf if self.image.ova else self.image.machine

    @property
    def is_package(self) -> bool:
        """Whether the file describes a whole VM."""
        return self.image.container in {Container.OVA, Container.OVF}

    @cached_property
    def root(self) -> DiskFacts | None:
        """The disk that the VM boots from."""
        return self.image.disks[0] if self.has_root and self.image.disks else None

    @property
    def guest(self) -> GuestFacts | None:
        """The operating system on the disk that the VM boots from, if it was looked for."""
        return self.root.guest if self.root else None

    @cached_property
    def root_layout(self) -> Layout | None:
        """The layout of the root disk, if it is readable."""
        return self.root.layout if self.root else None

    @cached_property
    def root_partition(self) -> Partition | None:
        """The partition that most likely holds the operating system."""
        layout = self.root_layout
        return next((p for p in layout.partitions if p.number == layout.root), None) if layout else None


Check = Callable[[RuleContext], Iterator[Evidence]]
Checks = Mapping[str, Check]
"""By the ids of their rules"""


def for_each_disk(check: Callable[[DiskFacts], str | None]) -> Check:
    """A check of each disk, from a function that returns the evidence or None."""

    def checked(context: RuleContext) -> Iterator[Evidence]:
        for disk in context.disks:
            if detail := check(disk):
                yield Evidence(disk.name, detail)

    return checked


def for_ova(check: Callable[[OvaFacts], str | None]) -> Check:
    """A check of an OVA or OVF package, from a function that returns the evidence or None."""

    def checked(context: RuleContext) -> Iterator[Evidence]:
        detail = check(context.image.ova) if context.image.ova else None
        if detail:
            yield Evidence(context.image.name, detail)

    return checked


def for_ovf(check: Callable[[OvfFacts], str | None]) -> Check:
    """A check of a VM's description, which may have no OVA, from a function that returns the evidence or None."""

    def checked(context: RuleContext) -> Iterator[Evidence]:
        detail = check(context.ovf) if context.ovf else None
        if detail:
            yield Evidence(context.image.name, detail)

    return checked
