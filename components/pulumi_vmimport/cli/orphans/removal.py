"""The removal of things, one after the other: what one refuses stops none of the others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import ebs_snapshots, images
from pulumi_vmimport.aws.ec2.ec2_tasks import Ec2Task
from pulumi_vmimport.aws.ec2.export_tasks import Ec2ExportTask
from pulumi_vmimport.aws.ec2.import_tasks import ImageImportTask, SnapshotImportTask
from pulumi_vmimport.aws.s3 import exported_objects
from pulumi_vmimport.aws.s3.s3_locations import split_s3_uri
from pulumi_vmimport.aws.service_errors import error_code, error_message
from pulumi_vmimport.aws.workspaces import workspace_images
from pulumi_vmimport.cli.orphans.ec2_things import TASKS
from pulumi_vmimport.cli.orphans.ownership import Judged, Owner
from pulumi_vmimport.cli.orphans.s3_things import IDENTITY_METADATA
from pulumi_vmimport.cli.orphans.thing import Kind, Thing
from pulumi_vmimport.cli.trouble import Trouble
from pulumi_vmimport.transfer import s3_object
from pulumi_vmimport.transfer.transfer_errors import ObjectNotOwnedError

_REASON = "removed with vmimport orphans"
_NO_SUCH_UPLOAD = frozenset({"NoSuchUpload", "NoSuchBucket"})


@dataclass(frozen=True)
class Removal:
    """What became of the wish to remove something: `trouble` is why it is still there, in the service's own words."""

    thing: Thing
    done: str
    trouble: str | None = None


def chosen(found: Sequence[Judged], ids: Iterable[str]) -> list[Judged]:
    """What is to be removed: the things of these ids, or every orphan. Raises: Trouble for an id that will not do."""
    wanted = set(ids)
    if not wanted:
        return [each for each in found if each.owner is Owner.ORPHAN]
    if unknown := sorted(wanted - {each.thing.id for each in found}):
        raise Trouble(f"{', '.join(unknown)}: nothing of that id carries the library's tags here; nothing was removed")
    # An AMI takes its snapshots along.
    wanted |= {
        part for each in found if each.thing.id in wanted and each.thing.kind is Kind.IMAGE for part in each.thing.kin
    }
    named = [each for each in found if each.thing.id in wanted]
    if owned := [each for each in named if each.owner is Owner.OWNED]:
        listed = ", ".join(each.thing.id for each in owned)
        raise Trouble(f"{listed}: {owned[0].reason}; leave it to `pulumi destroy`; nothing was removed")
    return named


def remove(aws: AwsConnection, thing: Thing) -> Removal:
    """Remove one thing; one that is gone already is fine."""
    try:
        return _remove(aws, thing)
    except (ClientError, BotoCoreError) as error:
        return Removal(thing, "not removed", error_message(error))
    except ObjectNotOwnedError as error:
        return Removal(thing, "not removed", str(error))


def _remove(aws: AwsConnection, thing: Thing) -> Removal:
    match thing.kind:
        case Kind.IMAGE:
            images.delete(aws, thing.id, ())
            return Removal(thing, "deregistered")
        case Kind.SNAPSHOT:
            ebs_snapshots.delete(aws, thing.id)
        case Kind.WORKSPACE_IMAGE:
            workspace_images.delete(aws, thing.id)
        case Kind.UPLOAD:
            _abort(aws, thing)
            return Removal(thing, "aborted")
        case Kind.EXPORTED_OBJECT:
            bucket, key = _place(thing)
            exported_objects.delete(aws, bucket, key.rpartition(".")[0])
        case Kind.IMAGE_OBJECT:
            mark = {IDENTITY_METADATA: str(thing.identity)}
            s3_object.delete_if_owned(aws.client("s3"), *_place(thing), mark)
        case _:
            return _cancelled(aws, thing)
    return Removal(thing, "deleted")


def _cancelled(aws: AwsConnection, thing: Thing) -> Removal:
    """Cancel a task; one that was quicker and has completed loses what it made."""
    tasks = TASKS[thing.kind]
    tasks.cancel(aws, thing.id, _REASON)
    task: Ec2Task | None = tasks.find(aws, thing.id)
    if task is not None and task.completed:
        if isinstance(task, ImageImportTask):
            images.delete(aws, task.image_id, task.snapshot_ids)
        elif isinstance(task, SnapshotImportTask):
            ebs_snapshots.delete(aws, str(task.snapshot_id))
        elif isinstance(task, Ec2ExportTask) and task.bucket and task.key_stem:
            exported_objects.delete(aws, task.bucket, task.key_stem)
        return Removal(thing, "removed with what it made")
    if task is not None and not task.is_failing:
        return Removal(thing, "not cancelled", f"EC2 no longer cancels it, it is {task.summary}; run the command again")
    return Removal(thing, "cancelled")


def _abort(aws: AwsConnection, thing: Thing) -> None:
    bucket, key = _place(thing)
    try:
        aws.client("s3").abort_multipart_upload(Bucket=bucket, Key=key, UploadId=str(thing.upload_id))
    except ClientError as error:
        if error_code(error) not in _NO_SUCH_UPLOAD:
            raise


def _place(thing: Thing) -> tuple[str, str]:
    place = split_s3_uri(thing.id)
    if place is None:
        raise ValueError(f"expected s3://bucket/key, got {thing.id!r}")
    return place
