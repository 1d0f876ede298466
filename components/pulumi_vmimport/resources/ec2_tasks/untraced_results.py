"""AMIs and snapshots that a killed run may have left more than seven days ago.

A run that is killed between the call that starts an import task and the first write of the state leaves the task to the
next run, which finds it by its tags. EC2 lists a task for seven days after its end. The result has neither the tags nor
the ClientToken of the task, so that later nothing connects it with its resource. The object of an export does not even
show whether a run has completed it: no object of an export task has tags.
"""

from collections.abc import Iterable
from typing import Any

from pulumi_vmimport.aws.ec2 import ebs_snapshots, images
from pulumi_vmimport.aws.ec2.ec2_tasks import TaskKind
from pulumi_vmimport.aws.ec2.import_options import DiskFormat, Platform
from pulumi_vmimport.aws.ec2.import_tasks import IMAGE_IMPORTS, SNAPSHOT_IMPORTS
from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_snapshot import ImportSnapshotInputs
from pulumi_vmimport.resources.ec2_tasks.listed_tasks import listed_tasks
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error

_SHOWN = 3


def warn_of_untraced_images(run: Run, inputs: ImportImageInputs) -> None:
    """Warn of the AMIs without tags that fit the inputs and whose import task EC2 no longer lists."""
    found: list[tuple[str, str]] = []
    with warn_on_aws_error(run, "AMIs that an earlier run may have left"):
        candidates = (image for image in images.imported_without_tags(run.aws) if _fits(image, inputs))
        found += _unlisted(run, IMAGE_IMPORTS, ((image.id, image.name) for image in candidates))
    _warn(run, found, "an AMI", "ImportImage")


def warn_of_untraced_snapshots(run: Run, inputs: ImportSnapshotInputs) -> None:
    """Warn of the snapshots without tags that fit the inputs and whose import task EC2 no longer lists."""
    found: list[tuple[str, str]] = []
    with warn_on_aws_error(run, "snapshots that an earlier run may have left"):
        imported = ebs_snapshots.imported_without_tags(run.aws)
        candidates = ((each.id, task) for task, each in imported if each.encrypted or not inputs.encrypted)
        found += _unlisted(run, SNAPSHOT_IMPORTS, candidates)
    _warn(run, found, "a snapshot", "ImportSnapshot")


def _unlisted(run: Run, kind: TaskKind[Any], results: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The results, each with the id of its task, whose task EC2 no longer lists."""
    found = list(results)
    listed = {task.id for task in listed_tasks(run, kind)} if found else set()
    return [(id, task) for id, task in found if task not in listed]


def _warn(run: Run, found: list[tuple[str, str]], noun: str, operation: str) -> None:
    if not found:
        return
    shown = ", ".join(f"{id} ({task})" for id, task in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    run.warn(
        f"{shown}{more}: {noun} without tags, whose import task EC2 no longer lists; if a run of this resource "
        "that was killed more than seven days ago started that task, this run imports again: compare with "
        f"{operation} in CloudTrail, and remove one of the two {noun.split()[1]}s with `vmimport orphans --remove ID`"
    )


def _fits(image: images.Image, inputs: ImportImageInputs) -> bool:
    """Whether the AMI can be the result of the inputs, as far as both say."""
    formats = [container.format for container in inputs.disk_containers]
    has_known_disks = not {None, DiskFormat.OVA} & {*formats}
    platform = Platform.WINDOWS if image.platform else Platform.LINUX
    return (not has_known_disks or len(image.disks) == len(formats)) and inputs.platform in (None, platform)
