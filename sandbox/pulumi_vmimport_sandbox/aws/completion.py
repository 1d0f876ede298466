"""What AWS finishes on its own as time goes by."""

from collections.abc import Iterator
from typing import Any

from moto.ec2.models import ec2_backends

from pulumi_vmimport_sandbox.aws.cloud import Cloud, Place
from pulumi_vmimport_sandbox.aws.conversion_task import ConversionTask
from pulumi_vmimport_sandbox.aws.copied_ami import CopiedAmi
from pulumi_vmimport_sandbox.aws.direct_snapshot import DirectSnapshot
from pulumi_vmimport_sandbox.aws.export_tasks import ExportTask
from pulumi_vmimport_sandbox.aws.exported_object import settle
from pulumi_vmimport_sandbox.aws.import_tasks import ImportTask
from pulumi_vmimport_sandbox.aws.imported_ami import ImportedAmi
from pulumi_vmimport_sandbox.aws.imported_snapshot import import_snapshot
from pulumi_vmimport_sandbox.aws.shared_images import all_images
from pulumi_vmimport_sandbox.aws.snapshot_tasks import SnapshotTask


def complete(cloud: Cloud) -> None:
    """Look at the clock; make the results of completed tasks, give all that is in the making its state."""
    now = cloud.now = cloud.clock.now()
    for place, tasks in cloud.tasks.items():
        for task in tasks.values():
            standing = task.standing(now, cloud.pace)
            if isinstance(task, ExportTask):
                settle(place, task, standing)
            elif standing.status == "completed" and standing.ended_at is not None:
                _finish(place, task, standing.ended_at)
    for thing in _settling(cloud):
        thing.settle(now)


def _settling(cloud: Cloud) -> Iterator[Any]:
    """What takes its state from the time."""
    for _, _, ec2 in ec2_backends.iter_backends():
        yield from (snapshot for snapshot in ec2.snapshots.values() if isinstance(snapshot, DirectSnapshot))
        yield from (image for image in ec2.amis.values() if isinstance(image, CopiedAmi))
    for _, image in all_images():
        yield image
    for bundles in cloud.bundles.values():
        yield from bundles.values()
    yield from cloud.byol.values()


def _finish(place: Place, task: ConversionTask, ended_at: float) -> None:
    """Make what an import has led to, once."""
    ec2: Any = ec2_backends[place.account][place.region]
    if isinstance(task, ImportTask) and task.image_id is None:
        ami = ImportedAmi(ec2, task, ended_at)
        ec2.amis[ami.id] = ami
        task.image_id, task.snapshot_ids = ami.id, ami.snapshot_ids
    elif isinstance(task, SnapshotTask) and task.snapshot_id is None:
        task.snapshot_id = import_snapshot(ec2, task, ended_at)
