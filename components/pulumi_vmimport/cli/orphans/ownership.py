"""Which stack owns a found resource: that of the export (also pending), another one, or none."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pulumi_vmimport.cli.orphans.found_resource import FoundResource
from pulumi_vmimport.cli.orphans.stack_export import StackExport
from pulumi_vmimport.resources.orphan_kinds import OrphanKind
from pulumi_vmimport.vsphere.answer_iso_files import AnswerIsoUse


class Owner(StrEnum):
    """Who owns a resource. Only orphans are removed without being named."""

    OWNED = "owned"
    PENDING = "pending"
    ORPHAN = "orphan"
    OTHER_STACK = "other stack"
    UNKNOWN = "unknown"


_TASKS = ("import-", "export-")


@dataclass(frozen=True)
class Assessment:
    """A resource with its owner, and the reason."""

    resource: FoundResource
    owner: Owner
    reason: str


_NO_EXPORT = (Owner.UNKNOWN, "no stack export to compare with")
_PENDING = (Owner.PENDING, "its creation was interrupted; the next `pulumi up` resumes it")
_OTHER_STACK = (Owner.OTHER_STACK, "only the export of that stack shows whether it is owned")


def assess(
    resources: Sequence[FoundResource], export: StackExport | None, incomplete_regions: Collection[str] = ()
) -> list[Assessment]:
    """The owner of each resource.

    Resources that one task created have the same owner, so that no part of an owned one is removed. In a Region that
    EC2 did not list completely these relations are unknown, so nothing there is an orphan.
    """
    assessed: dict[int, Assessment] = {}
    permissions = [resource for resource in resources if resource.kind is OrphanKind.IMAGE_PERMISSION]
    for family in _families([resource for resource in resources if resource.kind is not OrphanKind.IMAGE_PERMISSION]):
        owner, reason = next(_verdicts(family, export, incomplete_regions))
        assessed |= {id(resource): Assessment(resource, owner, reason) for resource in family}
    orphaned_images = {each.resource.id for each in assessed.values() if each.owner is Owner.ORPHAN}
    for permission in permissions:
        owner, reason = _permission_verdict(permission, export, orphaned_images)
        assessed[id(permission)] = Assessment(permission, owner, reason)
    return [assessed[id(resource)] for resource in resources]


def _families(resources: Sequence[FoundResource]) -> Iterator[list[FoundResource]]:
    """The resources in groups that share an id."""
    groups: list[set[str]] = []
    for resource in resources:
        ids = {resource.id, *resource.related_ids}
        groups = [g for g in groups if not g & ids] + [ids.union(*(g for g in groups if g & ids))]
    for group in groups:
        yield [resource for resource in resources if resource.id in group]


def _verdicts(
    family: Sequence[FoundResource], export: StackExport | None, incomplete_regions: Collection[str]
) -> Iterator[tuple[Owner, str]]:
    """The owners that come into question for a family; the first one counts."""
    if export is None:
        yield _NO_EXPORT
        return
    ids = {id for resource in family for id in (resource.id, *resource.related_ids)}
    identities = {resource.identity for resource in family if resource.identity}
    if ids & export.values:
        yield Owner.OWNED, f"the state of {export.stack} contains its id"
    if identities & export.encrypted:
        yield Owner.OWNED, "encrypted outputs of its resource may contain its id; export with --show-secrets to check"
    # The next run creates another virtual machine, and with it another answer ISO.
    is_of_lost_machine = any(resource.state == AnswerIsoUse.NO_MACHINE for resource in family)
    if (ids | identities) & export.pending and not is_of_lost_machine:
        yield _PENDING
    yield from _doubts(family, export, incomplete_regions)
    yield Owner.ORPHAN, f"the state of {export.stack} does not contain its id"


def _doubts(
    family: Sequence[FoundResource], export: StackExport, incomplete_regions: Collection[str]
) -> Iterator[tuple[Owner, str]]:
    """Why a family that the state does not contain may still not be an orphan."""
    stacks = {resource.stack for resource in family if resource.stack}
    if any(resource.kind is OrphanKind.IMAGE_OBJECT for resource in family):
        yield Owner.UNKNOWN, "it may have been retained: retain_on_delete keeps its metadata"
    if any(resource.kind is OrphanKind.VIRTUAL_MACHINE for resource in family):
        yield Owner.UNKNOWN, "a killed run or a person created it; `pulumi up` does not resume it"
    if any(resource.state == AnswerIsoUse.ATTACHED for resource in family):
        yield Owner.UNKNOWN, "a virtual machine has it in its CD drive, and may be installing its guest"
    if not stacks:
        yield Owner.UNKNOWN, _without_stack(family)
    if stacks != {export.stack}:
        yield _OTHER_STACK
    if _is_newer(family, export):
        yield Owner.UNKNOWN, "it is newer than the state; export the stack again"
    if any(resource.is_complete for resource in family):
        yield Owner.UNKNOWN, "a run completed it, so a renamed resource or stack may own it"
    if any(resource.region in incomplete_regions for resource in family):
        yield Owner.UNKNOWN, "some resources in its Region could not be listed"


def _without_stack(family: Sequence[FoundResource]) -> str:
    task = next((id for resource in family for id in sorted(resource.related_ids) if id.startswith(_TASKS)), None)
    if any(resource.kind is OrphanKind.ANSWER_ISO for resource in family):
        return "no file beside it names a stack"
    if task is None:
        return "its key does not name a stack"
    return (
        "it has no tags, and EC2 no longer lists the task that created it, so an interrupted run or any other program "
        "may have started the task"
    )


def _is_newer(family: Sequence[FoundResource], export: StackExport) -> bool:
    created = [resource.created for resource in family if resource.has_own_tags and resource.created]
    return export.updated is not None and any(at > export.updated for at in created)


def _permission_verdict(
    permission: FoundResource, export: StackExport | None, orphaned_images: Collection[str]
) -> tuple[Owner, str]:
    """The owner of an image permission, which has no tags: any stack or person can have granted it."""
    if export is None:
        return _NO_EXPORT
    if permission.id in export.permissions:
        return Owner.OWNED, f"the state of {export.stack} grants it"
    if permission.id in export.pending:
        return _PENDING
    if permission.id.partition("/")[0] in orphaned_images:
        return Owner.ORPHAN, "its image is an orphan"
    if permission.stack != export.stack:
        return _OTHER_STACK
    return Owner.UNKNOWN, f"the state of {export.stack} does not grant it; another stack or a person may have"
