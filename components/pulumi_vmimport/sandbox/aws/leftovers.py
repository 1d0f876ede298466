"""What still exists: for tests that claim that nothing does."""

from collections.abc import Iterator
from typing import Any

from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.workspaces.models import workspaces_backends

from pulumi_vmimport.sandbox.aws.cloud import Cloud
from pulumi_vmimport.sandbox.aws.completion import complete


def leftovers(cloud: Cloud, account: str) -> list[str]:
    """Everything of an account that costs money or is in the way, one line each; WorkSpaces themselves are not told."""
    with cloud.lock:
        complete(cloud)
        return [
            *_active_tasks(cloud),
            *_images_and_snapshots(account),
            *_volumes(account),
            *_workspace_images(account),
            *_buckets(account),
            *_roles(account),
        ]


def _active_tasks(cloud: Cloud) -> Iterator[str]:
    for place, tasks in cloud.tasks.items():
        for task in tasks.values():
            standing = task.standing(cloud.now, cloud.pace)
            if standing.status == "active":
                yield f"ec2 {place.region} {task.verb()} task {task.id} (active, {standing.message})"


def _images_and_snapshots(account: str) -> Iterator[str]:
    for region, ec2 in _regions(ec2_backends, account):
        for image in list(ec2.amis.values()):
            if image.owner_id == account:
                yield f"ec2 {region} image {image.id} ({image.name})"
        for snapshot in list(ec2.snapshots.values()):
            if snapshot.owner_id == account:
                yield f"ec2 {region} snapshot {snapshot.id} ({snapshot.description})"


def _volumes(account: str) -> Iterator[str]:
    for region, ec2 in _regions(ec2_backends, account):
        for volume in list(ec2.volumes.values()):
            yield f"ec2 {region} volume {volume.id} ({volume.size} GiB, {volume.status})"


def _workspace_images(account: str) -> Iterator[str]:
    for region, workspaces in _regions(workspaces_backends, account):
        for image in list(workspaces.workspace_images.values()):
            yield f"workspaces {region} image {image.image_id} ({image.name}, {image.state})"


def _buckets(account: str) -> Iterator[str]:
    for _, s3 in _regions(s3_backends, account):
        for bucket in list(s3.buckets.values()):
            yield f"s3 bucket {bucket.name}"
            for key in list(bucket.keys):
                yield f"s3 object {bucket.name}/{key}"
            for upload in list(bucket.multiparts.values()):
                yield f"s3 multipart upload {bucket.name}/{upload.key_name}"


def _roles(account: str) -> Iterator[str]:
    for _, iam in _regions(iam_backends, account):
        for role in list(iam.roles.values()):
            yield f"iam role {role.name}"
        for policy in list(iam.managed_policies.values()):
            if policy.arn.split(":")[4] == account:
                yield f"iam policy {policy.name}"


# Lists: threads that serve S3 and IAM may change what is read here.
def _regions(backends: Any, account: str) -> list[tuple[str, Any]]:
    return list(backends[account].items())
