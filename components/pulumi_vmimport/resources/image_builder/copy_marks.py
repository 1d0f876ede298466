"""The tags of distributed AMIs that say what they are: whether Sysprep ran, and where they come from.

Image Builder gives the AMIs the `amiTags` of the configuration and tags of its own, not those of their source.
Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_AmiDistributionConfiguration.html
"""

from collections.abc import Mapping

from pulumi_vmimport.aws.ec2 import ec2_tags, image_copies, images
from pulumi_vmimport.aws.ec2.sysprep import SYSPREP_TAG
from pulumi_vmimport.aws.image_builder.builder_images import BuilderImage
from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.lifecycle.provenance import image_fact, provenance_of, source_tags
from pulumi_vmimport.resources.image_builder.distribution_rules import ami_of_source


def marks_of(run: Run, source: str) -> dict[str, str]:
    """The tags for the copies of a source; none if its AMI does not exist."""
    image_id, _ = ami_of_source(run, source)
    image = images.find(run.aws, image_id) if image_id else None
    if image is None:
        return {}
    facts = provenance_of(image.tags)
    fact = image_fact(image.id, str(run.aws.region), facts.get("image"))
    sysprep = {SYSPREP_TAG: image.tags[SYSPREP_TAG]} if SYSPREP_TAG in image.tags else {}
    return {**source_tags({**facts, "image": fact}), **sysprep, **run.identity.names}


def mark_copies(run: Run, image: BuilderImage, marks: Mapping[str, str]) -> None:
    """Tag the AMIs of the image's account. AWS lets no account tag those of another."""
    for region, ids in image.own_amis.items() if marks else ():
        for id in ids:
            ec2_tags.tag_existing(run.aws.in_region(region), [id], marks)  # an AMI that is gone is drift


def release_copies(run: Run, image: BuilderImage) -> None:
    """Remove the names of stack and resource, which no longer manage the AMIs."""
    for region, ids in image.own_amis.items():
        aws = run.aws.in_region(region)
        ec2_tags.untag(aws, image_copies.describe(aws, ids), run.identity.names)
