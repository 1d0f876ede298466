"""AMIs that a killed run may have left more than seven days ago.

A run that is killed between the call of ImportImage and the first write of the state leaves its task to the next run,
which finds it by its tags. EC2 lists a task for seven days after its end. The AMI has neither the tags nor the
ClientToken of the task, so that later nothing connects it with its resource.
"""

from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.aws.ec2.import_options import DiskFormat, Platform
from pulumi_vmimport.aws.ec2.import_tasks import IMAGE_IMPORTS
from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.listed_tasks import listed_tasks
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error

_SHOWN = 3


def warn_of_untraced_images(run: Run, inputs: ImportImageInputs) -> None:
    """Warn of the AMIs without tags that fit the inputs and whose import task EC2 no longer lists."""
    found: list[str] = []
    with warn_on_aws_error(run, "AMIs that an earlier run may have left"):
        candidates = [image for image in images.imported_without_tags(run.aws) if _fits(image, inputs)]
        listed = {task.id for task in listed_tasks(run, IMAGE_IMPORTS)} if candidates else set()
        found += [f"{image.id} ({image.name})" for image in candidates if image.name not in listed]
    if not found:
        return
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    run.warn(
        f"{', '.join(found[:_SHOWN])}{more}: an AMI without tags, whose import task EC2 no longer lists; if a run of "
        "this resource that was killed more than seven days ago started that task, this run imports again: compare "
        "with ImportImage in CloudTrail, and remove one of the two AMIs with `vmimport orphans --remove ID`"
    )


def _fits(image: images.Image, inputs: ImportImageInputs) -> bool:
    """Whether the AMI can be the result of the inputs, as far as both say."""
    formats = [container.format for container in inputs.disk_containers]
    has_known_disks = not {None, DiskFormat.OVA} & {*formats}
    platform = Platform.WINDOWS if image.platform else Platform.LINUX
    return (not has_known_disks or len(image.disks) == len(formats)) and inputs.platform in (None, platform)
