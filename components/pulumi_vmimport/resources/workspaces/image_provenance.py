"""The tags of a WorkSpaces image that lead to its source: an AMI, an import task, a build, or another image."""

from collections.abc import Mapping

from pulumi_vmimport.aws.ec2 import images, import_tasks
from pulumi_vmimport.aws.image_builder import builder_images
from pulumi_vmimport.aws.workspaces import workspaces_tags
from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.lifecycle.provenance import image_fact, provenance_of, source_tags


def tags_of_ami(run: Run, image_id: str) -> dict[str, str]:
    """The tags for an image made of an AMI."""
    image = images.find(run.aws, image_id)
    return _tags_of(run, image_id, image.tags if image else {})


def tags_of_task(run: Run, task_id: str) -> dict[str, str]:
    """The tags for an image made of the AMI of an import task, which may still be running."""
    task = import_tasks.IMAGE_IMPORTS.find(run.aws, task_id)
    return source_tags({**provenance_of(task.tags if task else {}), "importTask": task_id})


def tags_of_build(run: Run, arn: str) -> dict[str, str]:
    """The tags for an image made of an Image Builder image; none if its AMI is not one of the account."""
    image = builder_images.find(run.aws, arn)
    own = image.own_amis.get(str(run.aws.region), []) if image and image.account_id == run.aws.account_id else []
    return tags_of_ami(run, own[0]) if own else {}


def tags_of_workspace_image(
    run: Run, image_id: str, region: str | None = None, owner: str | None = None
) -> dict[str, str]:
    """The tags for an image made of another WorkSpaces image. Those of another account's images cannot be read."""
    aws = run.aws.in_region(region) if region else run.aws
    is_own = owner in (None, run.aws.account_id)
    return _tags_of(run, image_id, workspaces_tags.list_tags(aws, image_id) if is_own else {}, region)


def _tags_of(run: Run, image_id: str, tags: Mapping[str, str], region: str | None = None) -> dict[str, str]:
    facts = provenance_of(tags)
    fact = image_fact(image_id, region or str(run.aws.region), facts.get("image"))
    return source_tags({**facts, "image": fact})
