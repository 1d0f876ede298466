"""The removal of resources one after the other; an error of one does not stop the others."""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import ebs_snapshots, images
from pulumi_vmimport.aws.ec2.ec2_tasks import Ec2Task
from pulumi_vmimport.aws.ec2.export_tasks import Ec2ExportTask
from pulumi_vmimport.aws.ec2.import_tasks import ImageImportTask, SnapshotImportTask
from pulumi_vmimport.aws.image_builder import builder_images, distribution_configurations, image_deletions
from pulumi_vmimport.aws.s3 import exported_objects
from pulumi_vmimport.aws.s3.s3_names import split_s3_uri
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.workspaces import image_permissions, workspace_bundles, workspace_images
from pulumi_vmimport.cli.aws_error_text import aws_error_text
from pulumi_vmimport.cli.command_error import CommandError
from pulumi_vmimport.cli.orphans.ec2_listing import TASKS
from pulumi_vmimport.cli.orphans.found_resource import FoundResource
from pulumi_vmimport.cli.orphans.ownership import Assessment, Owner
from pulumi_vmimport.cli.orphans.vsphere_listing import delete_answer_iso, delete_machine
from pulumi_vmimport.lifecycle.identity import IDENTITY_METADATA
from pulumi_vmimport.resources.orphan_kinds import OrphanKind
from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.transfer.object_versions import delete_owned_versions
from pulumi_vmimport.vsphere.vsphere_errors import MachineNotFoundError, VSphereError

_CANCEL_REASON = "removed with vmimport orphans"
_NO_SUCH_UPLOAD = frozenset({"NoSuchUpload", "NoSuchBucket"})


@dataclass(frozen=True)
class Removal:
    """The outcome of one removal: what was done, or in `error` why the resource still exists, in AWS's words."""

    resource: FoundResource
    done: str
    error: str | None = None


def selected(found: Sequence[Assessment], ids: Iterable[str]) -> list[Assessment]:
    """What to remove: the resources of these ids, or every orphan.

    Raises: CommandError for an id that was not found, or that a stack owns.
    """
    wanted = set(ids)
    if not wanted:
        return [each for each in found if each.owner is Owner.ORPHAN]
    if unknown := sorted(wanted - {each.resource.id for each in found}):
        raise CommandError(f"{', '.join(unknown)}: not found among the listed resources; nothing was removed")
    wanted |= {id for each in found if each.resource.id in wanted for id in _dependents(each.resource, found)}
    named = [each for each in found if each.resource.id in wanted]
    if owned := [each for each in named if each.owner is Owner.OWNED]:
        listed = ", ".join(each.resource.id for each in owned)
        raise CommandError(f"{listed}: {owned[0].reason}; remove it with `pulumi destroy`; nothing was removed")
    return named


def _dependents(resource: FoundResource, found: Sequence[Assessment]) -> Iterable[str]:
    """What is removed together with a resource: the snapshots of an AMI, the permissions of a WorkSpaces image."""
    if resource.kind is OrphanKind.IMAGE:
        return resource.related_ids
    if resource.kind is OrphanKind.WORKSPACE_IMAGE:
        return (each.resource.id for each in found if each.resource.id.startswith(f"{resource.id}/"))
    return ()


def remove(aws: AwsConnection, resource: FoundResource) -> Removal:
    """Remove one resource; one that no longer exists counts as removed."""
    try:
        return REMOVERS[resource.kind](aws, resource)
    except (ClientError, BotoCoreError) as error:
        return Removal(resource, "not removed", aws_error_text(error))
    except VSphereError as error:
        return Removal(resource, "not removed", str(error))


def _remove_task(aws: AwsConnection, resource: FoundResource) -> Removal:
    """Cancel a task; when it has completed meanwhile, remove what it created."""
    tasks = TASKS[resource.kind]
    tasks.cancel(aws, resource.id, _CANCEL_REASON)
    task: Ec2Task | None = tasks.find(aws, resource.id)
    if task is not None and task.completed:
        if isinstance(task, ImageImportTask):
            images.delete(aws, task.image_id, task.snapshot_ids)
        elif isinstance(task, SnapshotImportTask):
            ebs_snapshots.delete(aws, str(task.snapshot_id))
        elif isinstance(task, Ec2ExportTask) and task.bucket and task.key_stem:
            exported_objects.delete(aws, task.bucket, task.key_stem)
        return Removal(resource, "removed with its results")
    if task is not None and not task.is_failing:
        message = f"EC2 can no longer cancel the task, its status is {task.state}; rerun when it has ended"
        return Removal(resource, "not cancelled", message)
    return Removal(resource, "cancelled")


def _deregister_image(aws: AwsConnection, resource: FoundResource) -> Removal:
    images.delete(aws, resource.id, ())
    return Removal(resource, "deregistered")


def _delete_snapshot(aws: AwsConnection, resource: FoundResource) -> Removal:
    ebs_snapshots.delete(aws, resource.id)
    return Removal(resource, "deleted")


def _delete_bundle(aws: AwsConnection, resource: FoundResource) -> Removal:
    workspace_bundles.delete(aws, resource.id)
    return Removal(resource, "deleted")


def _revoke_permission(aws: AwsConnection, resource: FoundResource) -> Removal:
    image_id, _, account_id = resource.id.partition("/")
    try:
        image_permissions.stop_sharing(aws, image_id, account_id)
    except ClientError as error:
        if error_code(error) not in workspace_images.NOT_FOUND:
            raise
    return Removal(resource, "revoked")


def _delete_workspace_image(aws: AwsConnection, resource: FoundResource) -> Removal:
    workspace_images.delete(aws, resource.id)
    return Removal(resource, "deleted")


def _delete_builder_image(aws: AwsConnection, resource: FoundResource) -> Removal:
    """Delete an image with its AMIs. Image Builder cancels and deletes asynchronously."""
    image = builder_images.find(aws, resource.id)
    if image is None:
        return Removal(resource, "deleted")
    if image.is_in_progress:
        builder_images.cancel(aws, image.arn)
        message = "it is being cancelled; rerun to delete its AMIs when it is CANCELLED"
        return Removal(resource, "cancelled", message)
    if image.amis and image.build_type != builder_images.VM_IMPORT:  # whose AMI is that of the import task
        execution = image_deletions.start(aws, image.arn, str(image.execution_role))
        return Removal(resource, f"deletion of its AMIs and snapshots started as {execution}")
    builder_images.delete(aws, image.arn)
    return Removal(resource, "deleted")


def _delete_configuration(aws: AwsConnection, resource: FoundResource) -> Removal:
    distribution_configurations.delete(aws, resource.id)
    return Removal(resource, "deleted")


def _abort_upload(aws: AwsConnection, resource: FoundResource) -> Removal:
    bucket, key = _bucket_and_key(resource)
    try:
        aws.client("s3").abort_multipart_upload(Bucket=bucket, Key=key, UploadId=str(resource.upload_id))
    except ClientError as error:
        if error_code(error) not in _NO_SUCH_UPLOAD:
            raise
    return Removal(resource, "aborted")


def _delete_exported_object(aws: AwsConnection, resource: FoundResource) -> Removal:
    bucket, key = _bucket_and_key(resource)
    exported_objects.delete(aws, bucket, key.rpartition(".")[0])
    return Removal(resource, "deleted")


def _delete_image_object(aws: AwsConnection, resource: FoundResource) -> Removal:
    identity = {IDENTITY_METADATA: str(resource.identity)}
    remaining = [*delete_owned_versions(aws.client("s3"), *_bucket_and_key(resource), identity)]
    return Removal(resource, "not removed", "; ".join(remaining)) if remaining else Removal(resource, "deleted")


def _delete_role(aws: AwsConnection, resource: FoundResource) -> Removal:
    iam, name = aws.client("iam"), resource.id.rpartition("/")[2]
    try:
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)
    except ClientError as error:
        if error_code(error) != "NoSuchEntity":
            raise
    return Removal(resource, "deleted")


def _delete_policy(aws: AwsConnection, resource: FoundResource) -> Removal:
    """Delete a policy with its versions. IAM deletes no policy that is attached."""
    iam = aws.client("iam")
    try:
        for version in iam.list_policy_versions(PolicyArn=resource.id)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=resource.id, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=resource.id)
    except ClientError as error:
        if error_code(error) != "NoSuchEntity":
            raise
    return Removal(resource, "deleted")


def _delete_bucket(aws: AwsConnection, resource: FoundResource) -> Removal:
    """Delete a bucket. S3 deletes only an empty one."""
    try:
        aws.client("s3").delete_bucket(Bucket=resource.id.rpartition(":")[2])
    except ClientError as error:
        if error_code(error) != "NoSuchBucket":
            raise
    return Removal(resource, "deleted")


def _delete_virtual_machine(aws: AwsConnection, resource: FoundResource) -> Removal:
    del aws
    with contextlib.suppress(MachineNotFoundError):
        delete_machine(resource.id)
    return Removal(resource, "deleted")


def _delete_answer_iso(aws: AwsConnection, resource: FoundResource) -> Removal:
    del aws
    delete_answer_iso(resource.id)
    return Removal(resource, "deleted")


def _bucket_and_key(resource: FoundResource) -> tuple[str, str]:
    location = split_s3_uri(resource.id)
    if location is None:
        raise ValueError(f"expected s3://bucket/key, got {shown_value(resource.id)}")
    return location


REMOVERS: Mapping[OrphanKind, Callable[[AwsConnection, FoundResource], Removal]] = {
    **dict.fromkeys(TASKS, _remove_task),
    OrphanKind.BUNDLE: _delete_bundle,
    OrphanKind.IMAGE_PERMISSION: _revoke_permission,
    OrphanKind.WORKSPACE_IMAGE: _delete_workspace_image,
    OrphanKind.BUILDER_IMAGE: _delete_builder_image,
    OrphanKind.DISTRIBUTION_CONFIGURATION: _delete_configuration,
    OrphanKind.IMAGE: _deregister_image,
    OrphanKind.SNAPSHOT: _delete_snapshot,
    OrphanKind.UPLOAD: _abort_upload,
    OrphanKind.EXPORTED_OBJECT: _delete_exported_object,
    OrphanKind.IMAGE_OBJECT: _delete_image_object,
    OrphanKind.ROLE: _delete_role,
    OrphanKind.MANAGED_POLICY: _delete_policy,
    OrphanKind.BUCKET: _delete_bucket,
    OrphanKind.VIRTUAL_MACHINE: _delete_virtual_machine,
    OrphanKind.ANSWER_ISO: _delete_answer_iso,
}
"""How each kind is removed."""
