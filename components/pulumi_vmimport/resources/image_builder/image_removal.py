"""The deletion of an Image Builder image with everything that it distributed."""

from collections.abc import Iterable, Mapping, Sequence

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.aws.image_builder import builder_images, image_deletions
from pulumi_vmimport.aws.image_builder.builder_images import BuilderImage
from pulumi_vmimport.aws.image_builder.image_deletions import LIFECYCLE_ROLE, ImageDeletion
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.lifecycle.call_retries import retry_while_unavailable
from pulumi_vmimport.lifecycle.contract import PartialFailureError, Run
from pulumi_vmimport.lifecycle.task_waiting import wait_for_end

# The work has ended meanwhile, or an interrupted run has cancelled it. The model lists no code of its own for either.
_CANNOT_CANCEL = frozenset({"ClientException", "InvalidRequestException", "ResourceInUseException"})


def wait_while_in_progress(run: Run, image: BuilderImage) -> BuilderImage | None:
    """Cancel the work on an image, and wait for its end; None if the image no longer exists."""
    try:
        builder_images.cancel(run.aws, image.arn)
    except ClientError as error:
        if error_code(error) not in _CANNOT_CANCEL:
            raise
    return wait_for_end(
        run,
        builder_images.POLLERS,
        image.arn,
        lambda found: not found.is_in_progress,
        _cancelling,
    )


def remove_image(run: Run, image: BuilderImage, execution_role: str) -> None:
    """Delete an image with its AMIs and snapshots in all Regions and accounts.

    Raises: PartialFailureError with the AMIs that were not deleted.
    """
    if image.amis:
        _remove_amis(run, image, execution_role)
    # A complete deletion has deleted the image too.
    builder_images.delete(run.aws, image.arn)


def existing_amis(run: Run, arn: str, amis: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """The recorded AMIs that exist, without those of other accounts, which cannot be described."""
    return [
        ami
        for ami in amis
        if ami["account"] == _account_of(arn) and images.find(run.aws.in_region(ami["region"]), ami["id"]) is not None
    ]


def remove_recorded_amis(run: Run, arn: str, amis: Sequence[Mapping[str, str]]) -> None:
    """Delete the AMIs of an image that was deleted outside Pulumi, so that Image Builder cannot delete them."""
    for ami in amis:
        if ami["account"] != _account_of(arn):
            run.warn(
                f"{arn} was deleted outside Pulumi, so AMI {ami['id']} in {ami['region']} of account {ami['account']} "
                "was not deleted; deregister it in that account"
            )
            continue
        aws = run.aws.in_region(ami["region"])
        found = images.find(aws, ami["id"])
        if found is not None:
            run.status(f"deregistering {found.id} in {ami['region']}")
            images.delete(aws, found.id, found.snapshot_ids)


def _account_of(arn: str) -> str:
    return arn.split(":")[4]


def _remove_amis(run: Run, image: BuilderImage, execution_role: str) -> None:
    running = _running_deletion(run, image)
    id = running or retry_while_unavailable(
        run, "StartResourceStateUpdate", lambda: image_deletions.start(run.aws, image.arn, execution_role)
    )
    ended = wait_for_end(
        run,
        image_deletions.POLLERS,
        id,
        lambda deletion: deletion.is_over,
        _deleting,
    )
    if ended is None or ended.succeeded:
        return
    left = image_deletions.failures(run.aws, id)
    reasons = "; ".join(left) or ended.reason or "no reason"
    amis = ", ".join(f"{ami.id} in {ami.region} (account {ami.account})" for ami in image.amis)
    result = "everything else was deleted" if left else f"AMIs that may remain: {amis}"
    accounts = sorted({ami.account for ami in image.amis} - {image.account_id})
    remedy = f"check the permissions of role {execution_role}"
    if accounts:
        remedy += f", and that account {' and '.join(accounts)} has the role {LIFECYCLE_ROLE}"
    raise PartialFailureError(
        f"image {image.arn}: deletion {id} ended {ended.status}: {reasons}; {remedy}, then run the command again; "
        f"{result}; to keep the AMIs, set retain_on_delete first"
    )


def _running_deletion(run: Run, image: BuilderImage) -> str | None:
    """The id of the deletion that an interrupted run started, if it has not ended."""
    id = image.lifecycle_execution_id
    found: ImageDeletion | None = image_deletions.describe(run.aws, [id]).get(id) if id else None
    return id if found is not None and not found.is_over else None


def _cancelling(image: BuilderImage) -> str:
    return f"cancelling, {image.status.lower()}"


def _deleting(deletion: ImageDeletion) -> str:
    return f"deleting AMIs, {deletion.status.lower()}"
