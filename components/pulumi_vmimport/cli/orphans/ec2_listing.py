"""What is in EC2: running tasks, and the AMIs, snapshots and exported objects.

A task that has ended is not listed: it cannot be removed, and EC2 lists it for only seven days. Until then its
tags identify the AMI, snapshots or object that it created, which have no tags before their resource is complete. Later
an AMI is recognized by its name, which is the id of the task, and a snapshot by its description, which contains the id.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from pulumi_vmimport.aws.ec2 import ebs_snapshots, images
from pulumi_vmimport.aws.ec2.ec2_tasks import Ec2Task, TaskKind
from pulumi_vmimport.aws.ec2.export_tasks import IMAGE_EXPORTS, INSTANCE_EXPORTS, Ec2ExportTask
from pulumi_vmimport.aws.ec2.import_tasks import IMAGE_IMPORTS, SNAPSHOT_IMPORTS, ImageImportTask, SnapshotImportTask
from pulumi_vmimport.aws.task_poller import batches
from pulumi_vmimport.cli.orphans.found_resource import FoundResource, RegionSearch, own_tags
from pulumi_vmimport.cli.orphans.s3_listing import exported_objects, forgotten_exports
from pulumi_vmimport.cli.orphans.stack_export import ExportPrefix
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG, NAME_TAG
from pulumi_vmimport.resources.orphan_kinds import OrphanKind

TASKS: Mapping[OrphanKind, TaskKind[Any]] = {
    OrphanKind.IMAGE_IMPORT: IMAGE_IMPORTS,
    OrphanKind.SNAPSHOT_IMPORT: SNAPSHOT_IMPORTS,
    OrphanKind.IMAGE_EXPORT: IMAGE_EXPORTS,
    OrphanKind.INSTANCE_EXPORT: INSTANCE_EXPORTS,
}
KINDS = frozenset({*TASKS, OrphanKind.IMAGE, OrphanKind.SNAPSHOT, OrphanKind.EXPORTED_OBJECT})
# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html (values of a filter)
_VALUES_A_FILTER = 200

Creators = Mapping[str, Ec2Task | FoundResource]
"""The task or AMI that an AMI or snapshot belongs to, by the id of the latter"""


def ec2_resources(search: RegionSearch, prefixes: Iterable[ExportPrefix]) -> Iterator[FoundResource]:
    """The resources that have the library's tags, or were created by a task that has them or that EC2 does not list.

    `prefixes` are those of the exports of the stack.
    """
    tasks: list[Ec2Task] = []
    foreign: set[str] = set()
    for kind, tasks_of in TASKS.items():
        for task in search.all("ec2", f"{kind}s", partial(tasks_of.list_all, search.aws)):
            if IDENTITY_TAG not in task.tags:
                foreign.add(task.id)
            else:
                tasks.append(task)
                if not task.completed and not task.is_failing:
                    tags = own_tags(task.tags)
                    yield FoundResource(kind=kind, id=task.id, region=search.region, state=task.state, tags=tags)
    creators: dict[str, Ec2Task | FoundResource] = {created: task for task in tasks for created in _created_by(task)}
    found_images = _unique(search.all("ec2", "AMIs", lambda: _images(search, creators, foreign)))
    yield from found_images
    # An interrupted run may have tagged the AMI and not yet its snapshots.
    image_of = {snapshot_id: image for image in found_images for snapshot_id in image.related_ids}
    yield from _unique(search.all("ec2", "snapshots", lambda: _snapshots(search, {**image_of, **creators}, foreign)))
    for task in tasks:
        if isinstance(task, Ec2ExportTask) and task.completed and task.bucket and task.key_stem:
            yield from search.all("s3", f"objects of {task.id}", partial(exported_objects, search, task))
    listed = foreign.union(task.id for task in tasks)
    yield from _unique(search.all("s3", "earlier exports", lambda: forgotten_exports(search, prefixes, listed)))


def _created_by(task: Ec2Task) -> Iterable[str]:
    """The AMI and the snapshots of a task."""
    if isinstance(task, ImageImportTask):
        return [*filter(None, [task.image_id]), *task.snapshot_ids]
    return filter(None, [task.snapshot_id]) if isinstance(task, SnapshotImportTask) else ()


def _images(search: RegionSearch, creators: Creators, foreign: Collection[str]) -> Iterator[FoundResource]:
    pages = search.aws.client("ec2").get_paginator("describe_images")
    named = {"Name": "name", "Values": [images.IMPORTED_NAMES]}
    for chosen in (*_filters("image-id", [id for id in creators if id.startswith("ami-")]), named):
        for page in pages.paginate(Owners=["self"], Filters=[chosen], IncludeDeprecated=True, IncludeDisabled=True):
            for image in page["Images"]:
                if image.get("SourceImageId") and not _is_named_by_library(image):
                    continue  # CopyImage can copy the tags, which then describe the source
                mappings = image.get("BlockDeviceMappings", [])
                snapshots = [m["Ebs"]["SnapshotId"] for m in mappings if m.get("Ebs", {}).get("SnapshotId")]
                task = images.importing_task(image)
                found = _found(search, OrphanKind.IMAGE, image, creators, task)
                if not found.tags and task in foreign:
                    continue
                created = datetime.fromisoformat(image["CreationDate"]) if image.get("CreationDate") else None
                yield replace(found, created=created, related_ids=found.related_ids.union(snapshots))


def _is_named_by_library(image: Mapping[str, Any]) -> bool:
    """Whether ImportImage made this copy to give the AMI its `image_name`."""
    tags = {tag["Key"]: tag["Value"] for tag in image.get("Tags", [])}
    return bool(tags.get(NAME_TAG, "").partition(" ")[2] == image.get("Name"))


def _snapshots(search: RegionSearch, creators: Creators, foreign: Collection[str]) -> Iterator[FoundResource]:
    pages = search.aws.client("ec2").get_paginator("describe_snapshots")
    described = {"Name": "description", "Values": [ebs_snapshots.IMPORT_DESCRIPTIONS]}
    for chosen in (*_filters("snapshot-id", [id for id in creators if id.startswith("snap-")]), described):
        for page in pages.paginate(OwnerIds=["self"], Filters=[chosen]):
            for snapshot in page["Snapshots"]:
                task = ebs_snapshots.importing_task(snapshot.get("Description", ""))
                found = _found(search, OrphanKind.SNAPSHOT, snapshot, creators, task)
                if not found.tags and task in foreign:
                    continue
                yield replace(found, created=snapshot.get("StartTime"))


def _unique(resources: Iterable[FoundResource]) -> list[FoundResource]:
    """The resources without duplicates."""
    return list({resource.id: resource for resource in resources}.values())


def _filters(name: str, ids: list[str]) -> Iterator[Any]:
    """One filter for the library's tags, others for the ids: a filter, unlike an id parameter, accepts deleted ids."""
    yield {"Name": "tag-key", "Values": [IDENTITY_TAG]}
    for values in batches(ids, _VALUES_A_FILTER):
        yield {"Name": name, "Values": values}


def _found(
    search: RegionSearch, kind: OrphanKind, answer: Mapping[str, Any], creators: Creators, task: str | None
) -> FoundResource:
    id = answer["ImageId" if kind is OrphanKind.IMAGE else "SnapshotId"]
    creator = creators.get(id)
    tags = own_tags({tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])})
    return FoundResource(
        kind=kind,
        id=id,
        region=search.region,
        state=answer.get("State", ""),
        tags=tags if IDENTITY_TAG in tags or creator is None else own_tags(creator.tags),
        has_own_tags=IDENTITY_TAG in tags,
        related_ids=frozenset(filter(None, [creator.id if creator else None, task])),
    )
