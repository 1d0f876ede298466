"""What AWS finishes on its own as time goes by."""

from moto.ec2.models import ec2_backends
from moto.workspaces.models import workspaces_backends

from pulumi_vmimport.sandbox.aws.cloud import Cloud
from pulumi_vmimport.sandbox.aws.imported_ami import ImportedAmi
from pulumi_vmimport.sandbox.aws.workspace_image import PendingWorkspaceImage


def complete(cloud: Cloud) -> None:
    """Look at the clock; make the AMIs of imports that are completed, and give WorkSpaces images their state."""
    now = cloud.now = cloud.clock.now()
    for place, tasks in cloud.tasks.items():
        for task in tasks.values():
            standing = task.standing(now, cloud.pace)
            if standing.status == "completed" and standing.ended_at is not None and task.image_id is None:
                ec2 = ec2_backends[place.account][place.region]
                ami = ImportedAmi(ec2, task, standing.ended_at)
                ec2.amis[ami.id] = ami
                task.image_id, task.snapshot_ids = ami.id, ami.snapshot_ids
    for _, _, workspaces in workspaces_backends.iter_backends():
        for image in workspaces.workspace_images.values():
            if isinstance(image, PendingWorkspaceImage):
                image.settle(now)
