"""Gives an imported AMI a name: copies it in its Region under that name, and removes the AMI that EC2 named."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from pulumi_vmimport.aws.ec2 import image_copies, images
from pulumi_vmimport.aws.ec2.image_copies import VALID_NAME, CopyRequest
from pulumi_vmimport.lifecycle.contract import PartialFailureError, Problem, Progress, Run, is_known
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG, NAME_TAG
from pulumi_vmimport.lifecycle.task_waiting import until_visible, wait_for_end
from pulumi_vmimport.shown_value import shown_value

_PATH = "imageName"


@dataclass(frozen=True)
class NamedImage:
    """The AMI of an import, and the one that it replaces until that one is removed."""

    image_id: str
    snapshot_ids: tuple[str, ...]
    replaced_image_id: str | None = None
    replaced_snapshot_ids: tuple[str, ...] = ()


def name_problems(name: str | None) -> Iterator[Problem]:
    """The problems of the name alone."""
    if is_known(name) and name is not None and not VALID_NAME.fullmatch(name):
        allowed = "3 to 128 letters, digits, spaces and ( ) [ ] . / - ' @ _ characters"
        yield Problem(_PATH, f"expected {allowed}, got {shown_value(name)}")


def look_up_name(run: Run, name: str | None) -> Iterator[Problem]:
    """The AMI of another resource that has the name: EC2 accepts a name once per account and Region."""
    if not is_known(name) or name is None or not VALID_NAME.fullmatch(name):
        return
    image = image_copies.find_by_name(run.aws, name)
    if image is not None and not _is_own(run, image):
        yield Problem(
            _PATH,
            f"AMI {image.id} in {run.aws.region} has the name {shown_value(name)} already; choose another name, or "
            "deregister that AMI",
        )


def find_copies(run: Run, task_id: str) -> tuple[images.Image, ...]:
    """The copies that earlier runs made of the AMI of this import task.

    A copy that a user made of one, with its tags, has another name than its tag says.
    """
    found = image_copies.find_by_tag(run.aws, NAME_TAG, f"{task_id} ")
    return tuple(image for image in found if image.tags[NAME_TAG] == f"{task_id} {image.name}")


def _find_copy(run: Run, task_id: str, name: str) -> images.Image | None:
    return next((image for image in find_copies(run, task_id) if image.name == name), None)


def named_image(
    run: Run,
    task_id: str,
    current: NamedImage,
    request: CopyRequest,
    *,
    tags: Mapping[str, str],
    record: Callable[[NamedImage], None],
) -> NamedImage | None:
    """The AMI with the name of the request, complete, with nothing left of the AMI that it replaces.

    A run that was interrupted is resumed: the copy of the same token or with the same tags is used again. None if
    neither the AMI nor its copy exists.

    Raises: PartialFailureError when EC2 cannot copy the AMI, which then still exists.
    """
    image = until_visible(
        run,
        current.image_id,
        lambda: images.find(run.aws, current.image_id) or _find_copy(run, task_id, request.name),
    )
    if image is None:
        return None
    if image.name != request.name or image.id != current.image_id:
        copy = image if image.name == request.name else _find_copy(run, task_id, request.name)
        copy_id = copy.id if copy else _start(run, task_id, request, tags)
        current = NamedImage(copy_id, (), current.image_id, current.snapshot_ids)
        record(current)
    current = _completed(run, current, request.name, record)
    if current.replaced_image_id is not None:
        images.delete(run.aws, current.replaced_image_id, current.replaced_snapshot_ids)
        current = NamedImage(current.image_id, current.snapshot_ids)
        record(current)
    return current


def _start(run: Run, task_id: str, request: CopyRequest, tags: Mapping[str, str]) -> str:
    """Start the copy. Its name is unique, so an earlier run's copy that EC2 does not show yet is never made twice."""
    run.status(f"copying {request.source_image_id} to {shown_value(request.name)}")
    if copy_id := image_copies.start(run.aws, request, {**tags, NAME_TAG: f"{task_id} {request.name}"}):
        return copy_id
    if earlier := until_visible(run, request.name, lambda: _find_copy(run, task_id, request.name)):
        return earlier.id
    raise PartialFailureError(
        f"AMI {request.source_image_id} could not be copied: another AMI in {run.aws.region} has the name "
        f"{shown_value(request.name)}; change image_name, or deregister that AMI, and run `pulumi up` again; the "
        "imported AMI was kept"
    )


def _completed(run: Run, current: NamedImage, name: str, record: Callable[[NamedImage], None]) -> NamedImage:
    """The AMI once its copy has ended. A failed copy is removed, and the AMI that it was to replace is kept."""
    image = wait_for_end(
        run,
        image_copies.POLLERS,
        current.image_id,
        lambda image: image.state != "pending",
        lambda _: Progress(f"copying to {shown_value(name)}"),
    )
    if image is not None and not image.is_failed:
        return replace(current, snapshot_ids=image.snapshot_ids)
    if current.replaced_image_id is None:
        return current
    images.delete(run.aws, current.image_id, image.snapshot_ids if image else ())
    record(NamedImage(current.replaced_image_id, current.replaced_snapshot_ids))
    words = (image.state_reason if image else None) or "EC2 gives no reason"
    raise PartialFailureError(
        f'AMI {current.replaced_image_id} could not be copied to {shown_value(name)}: "{words}"; the copy was removed '
        "and the AMI was kept; run `pulumi up` again to copy it again"
    )


def _is_own(run: Run, image: images.Image) -> bool:
    return image.tags.get(IDENTITY_TAG) == run.identity.key


def delete_image(run: Run, image_id: str | None, snapshot_ids: tuple[str, ...]) -> None:
    """Delete an AMI and its snapshots. A copy that has not ended is waited for, because EC2 cannot cancel one."""
    image = images.find(run.aws, image_id) if image_id else None
    if image_id and image is not None and image.state == "pending":
        image = wait_for_end(
            run,
            image_copies.POLLERS,
            image_id,
            lambda image: image.state != "pending",
            lambda _: "waiting for the copy",
        )
    images.delete(run.aws, image_id, dict.fromkeys([*snapshot_ids, *(image.snapshot_ids if image else ())]))
