"""Asynchronous work that completes with time."""

from collections.abc import Iterator
from typing import Any

from moto.ec2.models import ec2_backends

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud
from pulumi_vmimport_sandbox.aws.core.conversion_task import ConversionTask
from pulumi_vmimport_sandbox.aws.ebs.simulated_snapshot import SimulatedSnapshot
from pulumi_vmimport_sandbox.aws.ec2.copied_ami import CopiedAmi
from pulumi_vmimport_sandbox.aws.image_builder.distribution_run import advance
from pulumi_vmimport_sandbox.aws.image_builder.image_import_run import advance_imports
from pulumi_vmimport_sandbox.aws.image_builder.image_state_updates import advance_state_updates
from pulumi_vmimport_sandbox.aws.vm_import.export_simulation import SimulatedExportTask
from pulumi_vmimport_sandbox.aws.vm_import.exported_object import update_object
from pulumi_vmimport_sandbox.aws.vm_import.import_simulation import SimulatedImportTask
from pulumi_vmimport_sandbox.aws.vm_import.imported_ami import ImportedAmi
from pulumi_vmimport_sandbox.aws.vm_import.imported_snapshot import import_snapshot
from pulumi_vmimport_sandbox.aws.vm_import.snapshot_import_simulation import SimulatedSnapshotTask
from pulumi_vmimport_sandbox.aws.workspaces.shared_workspace_images import all_workspace_images


def complete(cloud: Cloud) -> None:
    """Update the current time, create the results of completed tasks, and update the state of all pending resources."""
    now = cloud.now = cloud.clock.now()
    for account_region, tasks in cloud.tasks.items():
        for task in tasks.values():
            task_status = task.status_at(now, cloud.settings)
            if isinstance(task, SimulatedExportTask):
                update_object(account_region, task, task_status)
            elif task_status.status == "completed" and task_status.ended_at is not None:
                _finish(account_region, task, task_status.ended_at)
    for resource in _time_dependent_resources(cloud):
        resource.update_state(now)
    advance(cloud)
    advance_imports(cloud)
    advance_state_updates(cloud)
    for images in cloud.fast_launch.values():
        for image_id in [id for id, image in images.items() if image.state == "disabled"]:
            del images[image_id]


def _time_dependent_resources(cloud: Cloud) -> Iterator[Any]:
    """The resources whose state depends on the time."""
    for _, _, ec2 in ec2_backends.iter_backends():
        yield from (snapshot for snapshot in ec2.snapshots.values() if isinstance(snapshot, SimulatedSnapshot))
        yield from (image for image in ec2.amis.values() if isinstance(image, CopiedAmi))
    for _, image in all_workspace_images():
        yield image
    for bundles in cloud.bundles.values():
        yield from bundles.values()
    for images in cloud.fast_launch.values():
        yield from images.values()
    yield from cloud.byol.values()


def _finish(account_region: AccountRegion, task: ConversionTask, ended_at: float) -> None:
    """Create the result of a completed import, once."""
    ec2: Any = ec2_backends[account_region.account][account_region.region]
    if isinstance(task, SimulatedImportTask) and task.image_id is None:
        ami = ImportedAmi(ec2, task, ended_at)
        ec2.amis[ami.id] = ami
        task.image_id, task.snapshot_ids = ami.id, ami.snapshot_ids
    elif isinstance(task, SimulatedSnapshotTask) and task.snapshot_id is None:
        task.snapshot_id = import_snapshot(ec2, task, ended_at)
