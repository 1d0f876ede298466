"""Disks of the sandbox's Windows guests, and what the library finds on them."""

from pulumi_vmimport.disk.guest.guest_facts import FactValue, GuestFacts
from pulumi_vmimport.disk.inspect_guest import inspect_guest
from pulumi_vmimport.disk.inspection.facts import ImageFacts
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.disk.rules.guest_verdicts import GuestVerdict, rule_verdicts
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport_sandbox.windows import SparseBytes, WindowsGuest


def inspected(disk: SparseBytes) -> ImageFacts:
    """The facts of a disk, with its guest."""
    return inspect_image(disk, read_guest=inspect_guest)


def facts_of(guest: WindowsGuest) -> GuestFacts:
    """The facts of a guest, read from its disk."""
    return facts_on(guest.disk())


def facts_on(disk: SparseBytes) -> GuestFacts:
    """The facts of the guest on a disk."""
    found = inspected(disk).disks[0].guest
    assert found is not None
    return found


def values_of(facts: GuestFacts) -> dict[str, FactValue]:
    """The values by id; none may be unknown."""
    assert not [fact for fact in facts.facts if fact.unknown or fact.incomplete]
    return {fact.id: fact.value for fact in facts.facts}


def rules_of(disk: SparseBytes, profile: ImageProfile) -> set[str]:
    """The rules that a disk breaks."""
    return {finding.rule for finding in evaluate(inspected(disk), profile)}


def verdicts_of(facts: GuestFacts, profile: ImageProfile) -> dict[str, GuestVerdict]:
    """The verdicts by rule."""
    return {verdict.rule: verdict for verdict in rule_verdicts(facts, profile)}
