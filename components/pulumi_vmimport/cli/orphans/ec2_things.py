"""What is in EC2: tasks that run, and the AMIs, snapshots and exported objects that are there.

A task that has ended is no thing: nothing can be done about it, and EC2 forgets it after seven days. Until then its
tags tell whose the things are that it made, which carry none before their resource is complete.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from pulumi_vmimport.aws.ec2.ec2_tasks import Ec2Task, TaskKind
from pulumi_vmimport.aws.ec2.export_tasks import IMAGE_EXPORTS, INSTANCE_EXPORTS, Ec2ExportTask
from pulumi_vmimport.aws.ec2.import_tasks import IMAGE_IMPORTS, SNAPSHOT_IMPORTS, ImageImportTask, SnapshotImportTask
from pulumi_vmimport.aws.task_poller import batches
from pulumi_vmimport.cli.orphans.s3_things import exported_objects
from pulumi_vmimport.cli.orphans.thing import Kind, Search, Thing, own_tags
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG

TASKS: Mapping[Kind, TaskKind[Any]] = {
    Kind.IMAGE_IMPORT: IMAGE_IMPORTS,
    Kind.SNAPSHOT_IMPORT: SNAPSHOT_IMPORTS,
    Kind.IMAGE_EXPORT: IMAGE_EXPORTS,
    Kind.INSTANCE_EXPORT: INSTANCE_EXPORTS,
}
# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html (values of a filter)
_VALUES_A_FILTER = 200

Makers = Mapping[str, Ec2Task | Thing]
"""What made a thing, by the thing's id"""


def ec2_things(search: Search) -> Iterator[Thing]:
    """The things that carry the library's tags, or were made by a task that does."""
    tasks: list[Ec2Task] = []
    for kind, tasks_of in TASKS.items():
        for task in search.all("ec2", f"{kind}s", partial(tasks_of.list_all, search.aws)):
            if IDENTITY_TAG in task.tags:
                tasks.append(task)
                if not task.completed and not task.is_failing:
                    tags = own_tags(task.tags)
                    yield Thing(kind=kind, id=task.id, region=search.region, state=task.summary, tags=tags)
    makers: dict[str, Ec2Task | Thing] = {made: task for task in tasks for made in _made(task)}
    images = _once(search.all("ec2", "AMIs", lambda: _images(search, makers)))
    yield from images
    # A snapshot of an AMI carries no tags of its own where the run ended between the two.
    of_images = {part: image for image in images for part in image.kin}
    yield from _once(search.all("ec2", "snapshots", lambda: _snapshots(search, {**of_images, **makers})))
    for task in tasks:
        if isinstance(task, Ec2ExportTask) and task.completed and task.bucket and task.key_stem:
            yield from search.all("s3", f"objects of {task.id}", partial(exported_objects, search, task))


def _made(task: Ec2Task) -> Iterable[str]:
    """The AMI and the snapshots of a task."""
    if isinstance(task, ImageImportTask):
        return [*filter(None, [task.image_id]), *task.snapshot_ids]
    return filter(None, [task.snapshot_id]) if isinstance(task, SnapshotImportTask) else ()


def _images(search: Search, makers: Makers) -> Iterator[Thing]:
    pages = search.aws.client("ec2").get_paginator("describe_images")
    for chosen in _filters("image-id", [id for id in makers if id.startswith("ami-")]):
        for page in pages.paginate(Owners=["self"], Filters=[chosen], IncludeDeprecated=True, IncludeDisabled=True):
            for image in page["Images"]:
                if image.get("SourceImageId"):
                    continue  # a copy may take along tags that are not about it
                mappings = image.get("BlockDeviceMappings", [])
                parts = [m["Ebs"]["SnapshotId"] for m in mappings if m.get("Ebs", {}).get("SnapshotId")]
                thing = _thing(search, Kind.IMAGE, image["ImageId"], image, makers)
                created = datetime.fromisoformat(image["CreationDate"]) if image.get("CreationDate") else None
                yield replace(thing, created=created, kin=thing.kin.union(parts))


def _snapshots(search: Search, makers: Makers) -> Iterator[Thing]:
    pages = search.aws.client("ec2").get_paginator("describe_snapshots")
    for chosen in _filters("snapshot-id", [id for id in makers if id.startswith("snap-")]):
        for page in pages.paginate(OwnerIds=["self"], Filters=[chosen]):
            for snapshot in page["Snapshots"]:
                thing = _thing(search, Kind.SNAPSHOT, snapshot["SnapshotId"], snapshot, makers)
                yield replace(thing, created=snapshot.get("StartTime"))


def _once(things: Iterable[Thing]) -> list[Thing]:
    """The things without those found a second time."""
    return list({thing.id: thing for thing in things}.values())


def _filters(name: str, ids: list[str]) -> Iterator[Any]:
    """One for the library's tags, the others for these ids: one that is gone is no error to a filter."""
    yield {"Name": "tag-key", "Values": [IDENTITY_TAG]}
    for values in batches(ids, _VALUES_A_FILTER):
        yield {"Name": name, "Values": values}


def _thing(search: Search, kind: Kind, id: str, answer: Mapping[str, Any], makers: Makers) -> Thing:
    maker = makers.get(id)
    tags = own_tags({tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])})
    return Thing(
        kind=kind,
        id=id,
        region=search.region,
        state=answer.get("State", ""),
        tags=tags if IDENTITY_TAG in tags or maker is None else own_tags(maker.tags),
        has_own_tags=IDENTITY_TAG in tags,
        kin=frozenset([maker.id] if maker else []),
    )
