"""The AMI of an import that no stack manages: its task, and the inputs that the AMI itself shows."""

from dataclasses import fields, replace
from typing import Any

from pulumi_vmimport.aws.ec2 import ebs_snapshots, images
from pulumi_vmimport.aws.ec2.import_options import Architecture, BootMode, Platform, UsageOperation
from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError, Run, is_known
from pulumi_vmimport.lifecycle.identity import NAME_TAG
from pulumi_vmimport.resources.ec2_tasks import named_image
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs, ImportImageState
from pulumi_vmimport.resources.ec2_tasks.import_image_state import with_image

# EC2 gives the AMI its own name and description where the import sets none.
_SHOWN_BY_IMAGE = ("image_name", "description", "imds_support")


def task_of(run: Run, image_id: str) -> str | None:
    """The id of the import task of an AMI, or of the AMI that this one is a named copy of; None without such an AMI.

    Raises: CleanFailureError if no import made the AMI.
    """
    image = images.find(run.aws, image_id)
    if image is None:
        return None
    task_id, _, name = image.tags.get(NAME_TAG, "").partition(" ")
    if task_id and name == image.name:
        return task_id
    if images.is_imported_name(image.name):
        return image.name
    raise CleanFailureError(
        f"AMI {image_id} ({image.name}) is not the AMI of an import, whose name is that of its import task; a copy or "
        "any other AMI can be imported as aws:ec2/ami:Ami of pulumi-aws"
    )


def with_copy(run: Run, state: ImportImageState) -> ImportImageState:
    """The state with the copy that has the AMI's name, if the AMI that the import made was replaced by one."""
    copies = named_image.find_copies(run, str(state.import_task_id))
    if not copies or images.find(run.aws, str(state.image_id)) is not None:
        return state
    return replace(state, image_id=copies[0].id, snapshot_ids=copies[0].snapshot_ids)


def described(run: Run, state: ImportImageState, image: images.Image) -> ImportImageState:
    """The state with the outputs of the AMI, and the inputs that it shows where the task did not report them."""
    inputs = {field.name for field in fields(ImportImageInputs)}
    unread: dict[str, Any] = {name: None for name, value in vars(state).items() if not is_known(value)}
    known = replace(state, **unread)
    shown = vars(with_image(known, image))
    outputs = {name: value for name, value in shown.items() if name not in inputs or name in _SHOWN_BY_IMAGE}
    of_image = {name: value for name, value in _inputs_of(run, known, image).items() if getattr(known, name) is None}
    return replace(state, **outputs, **of_image)


def _inputs_of(run: Run, known: ImportImageState, image: images.Image) -> dict[str, Any]:
    encrypted = any(disk.encrypted for disk in image.disks)
    keys = ebs_snapshots.key_arns(run.aws, image.snapshot_ids) if encrypted else ()
    platform = (image.platform or Platform.LINUX).lower()
    is_unlicensed = known.license_type is None
    return {
        "architecture": _member(Architecture, image.architecture),
        "boot_mode": _member(BootMode, image.boot_mode),
        "platform": _member(Platform, next((p.value for p in Platform if p.lower() == platform), None)),
        "encrypted": encrypted,
        "kms_key_id": keys[0] if len(keys) == 1 else UNKNOWN if keys else None,
        # The AMI shows the usage operation of either input.
        "license_type": UNKNOWN,
        "usage_operation": _member(UsageOperation, image.usage_operation) if is_unlicensed else UNKNOWN,
        "hypervisor": UNKNOWN,
        # A task without them is listed; an AMI does not show them.
        **({"license_specifications": UNKNOWN} if not known.disk_containers else {}),
    }


def _member(of: Any, value: str | None) -> Any:
    return of(value) if value in set(of) else UNKNOWN
