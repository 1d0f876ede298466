"""The progress of imported images: PENDING, and AVAILABLE, FAILED or CANCELLED. Durations and reasons are assumed."""

from datetime import UTC, datetime
from typing import Any

from moto.ec2.models import ec2_backends

from pulumi_vmimport_sandbox.aws.core.builder_image import IN_PROGRESS, BuilderImage, ImageCopy
from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud
from pulumi_vmimport_sandbox.aws.image_builder.installed_ami import InstalledAmi
from pulumi_vmimport_sandbox.aws.s3.s3_objects import find_object
from pulumi_vmimport_sandbox.aws.vm_import.import_simulation import SimulatedImportTask


def advance_imports(cloud: Cloud) -> None:
    """Update the state of all images that are being imported."""
    for here, resources in list(cloud.image_builder.items()):
        for image in resources.images.values():
            if image.status in IN_PROGRESS and (image.import_task_id or image.iso_uri):
                _advance(cloud, here, image)


def _advance(cloud: Cloud, here: AccountRegion, image: BuilderImage) -> None:
    if image.cancelled_at is not None:
        if cloud.now >= image.cancelled_at + cloud.settings.cancel_image_seconds:
            image.status, image.reason = "CANCELLED", "The image creation was cancelled by a user."
    elif image.import_task_id:
        _follow_task(cloud, here, image, image.import_task_id)
    elif image.iso_uri:
        _install(cloud, here, image, image.iso_uri)


def _follow_task(cloud: Cloud, here: AccountRegion, image: BuilderImage, task_id: str) -> None:
    task = cloud.tasks[here][task_id]
    found = task.status_at(cloud.now, cloud.settings)
    if found.status == "active":
        return
    ami = ec2_backends[here.account][here.region].amis.get(getattr(task, "image_id", None))
    if not isinstance(task, SimulatedImportTask) or found.status != "completed":
        _fail(image, f"The import task {task_id} is {found.status}: {found.message}", "PENDING")
    elif ami is None:
        _fail(image, f"The AMI {task.image_id} of the import task {task_id} does not exist.", "PENDING")
    else:
        _complete(here, image, ami)


def _install(cloud: Cloud, here: AccountRegion, image: BuilderImage, uri: str) -> None:
    if cloud.now < image.started_at + cloud.settings.distribution_pending_seconds:
        return
    image.status = "BUILDING"
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    found = find_object(here, bucket, key)
    if found is None or found.region != here.region:
        _fail(image, f"Failed to download {uri}: the object does not exist in {here.region}.", "BUILDING")
    elif cloud.now >= image.started_at + cloud.settings.import_disk_image_seconds:
        ec2: Any = ec2_backends[here.account][here.region]
        at = datetime.fromtimestamp(cloud.now, UTC).strftime("%Y-%m-%dT%H-%M-%S.%fZ")
        ami = InstalledAmi(ec2, f"{image.name} {at}", image.arn)
        ec2.amis[ami.id] = ami
        _complete(here, image, ami)


def _complete(here: AccountRegion, image: BuilderImage, ami: Any) -> None:
    image.copies = [ImageCopy(region=here.region, account=here.account, distribution={}, ami=ami, is_done=True)]
    image.status, image.reason = "AVAILABLE", None


def _fail(image: BuilderImage, reason: str, during: str) -> None:
    image.status, image.reason, image.failed_at = "FAILED", reason, during
