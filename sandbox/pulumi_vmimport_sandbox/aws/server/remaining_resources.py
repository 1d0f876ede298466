"""List the existing resources, for tests that assert that none are left."""

from collections.abc import Iterator
from typing import Any

from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.workspaces.models import workspaces_backends

from pulumi_vmimport_sandbox.aws.core.cloud import Cloud
from pulumi_vmimport_sandbox.aws.server.accounts import ROLE_OF_MEMBERS
from pulumi_vmimport_sandbox.aws.server.completion import complete
from pulumi_vmimport_sandbox.aws.workspaces.custom_workspace_image import CustomWorkspaceImage


def remaining_resources(cloud: Cloud, account: str) -> list[str]:
    """The resources of an account and of additional accounts, one line each. WorkSpaces are not included."""
    with cloud.lock:
        complete(cloud)
        others = [f"account {other}: {line}" for other in cloud.accounts for line in _of_account(cloud, other)]
        return [*_of_account(cloud, account), *others]


def _of_account(cloud: Cloud, account: str) -> Iterator[str]:
    yield from _active_tasks(cloud, account)
    yield from _images_and_snapshots(account)
    yield from _fast_launch(cloud, account)
    yield from _volumes(account)
    yield from _workspace_images(account)
    yield from _bundles(cloud, account)
    yield from _image_builder(cloud, account)
    yield from _buckets(account)
    yield from _roles(account)


def _active_tasks(cloud: Cloud, account: str) -> Iterator[str]:
    for account_region, tasks in cloud.tasks.items():
        for task in tasks.values() if account_region.account == account else ():
            task_status = task.status_at(cloud.now, cloud.settings)
            if task_status.status == "active":
                yield f"ec2 {account_region.region} {task.verb()} task {task.id} (active, {task_status.message})"


def _images_and_snapshots(account: str) -> Iterator[str]:
    for region, ec2 in _regions(ec2_backends, account):
        for image in list(ec2.amis.values()):
            if image.owner_id == account:
                yield f"ec2 {region} image {image.id} ({image.name})"
        for snapshot in list(ec2.snapshots.values()):
            if snapshot.owner_id == account:
                yield f"ec2 {region} snapshot {snapshot.id} ({snapshot.description})"


def _fast_launch(cloud: Cloud, account: str) -> Iterator[str]:
    for account_region, images in cloud.fast_launch.items():
        for image in images.values() if account_region.account == account else ():
            yield f"ec2 {account_region.region} fast launch of {image.image_id} ({image.state})"


def _volumes(account: str) -> Iterator[str]:
    for region, ec2 in _regions(ec2_backends, account):
        for volume in list(ec2.volumes.values()):
            yield f"ec2 {region} volume {volume.id} ({volume.size} GiB, {volume.status})"


def _workspace_images(account: str) -> Iterator[str]:
    for region, workspaces in _regions(workspaces_backends, account):
        for image in list(workspaces.workspace_images.values()):
            state = image.progress.state if isinstance(image, CustomWorkspaceImage) else image.state
            yield f"workspaces {region} image {image.image_id} ({image.name}, {state})"


def _bundles(cloud: Cloud, account: str) -> Iterator[str]:
    for account_region, bundles in cloud.bundles.items():
        for bundle in bundles.values() if account_region.account == account else ():
            yield f"workspaces {account_region.region} bundle {bundle.id} ({bundle.name}, {bundle.state})"


def _image_builder(cloud: Cloud, account: str) -> Iterator[str]:
    for account_region, resources in cloud.image_builder.items():
        for arn in resources.tagged if account_region.account == account else ():
            yield f"imagebuilder {account_region.region} {arn.partition(f':{account}:')[2]}"


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
            if role.name != ROLE_OF_MEMBERS:
                yield f"iam role {role.name}"
        for policy in list(iam.managed_policies.values()):
            if policy.arn.split(":")[4] == account:
                yield f"iam policy {policy.name}"


# Copies: threads that serve S3 and IAM may change the collections.
def _regions(backends: Any, account: str) -> list[tuple[str, Any]]:
    return list(backends[account].items())
