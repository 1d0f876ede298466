"""The tags of distributed AMIs that say what they are: whether Sysprep ran, and where they come from.

Image Builder gives the AMIs the `amiTags` of the configuration and tags of its own, not those of their source.
Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_AmiDistributionConfiguration.html
"""

from collections.abc import Mapping

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.ec2 import ec2_tags, image_copies, images
from pulumi_vmimport.aws.ec2.sysprep import SYSPREP_TAG
from pulumi_vmimport.aws.image_builder.builder_images import BuilderImage
from pulumi_vmimport.aws.service_errors import error_code, error_message
from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.lifecycle.provenance import image_fact, provenance_of, source_tags
from pulumi_vmimport.resources.image_builder.distribution_rules import ami_of_source

# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
_TOO_MANY_TAGS = "TagLimitExceeded"


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
    """Tag the AMIs of the image's account. AWS lets no account tag those of another.

    The AMIs are complete without these tags, so one whose `amiTags` leave no room for them is only a warning.
    """
    for region, ids in image.own_amis.items() if marks else ():
        for id in ids:
            try:
                ec2_tags.tag_existing(run.aws.in_region(region), [id], marks)  # an AMI that is gone is drift
            except ClientError as error:
                if error_code(error) != _TOO_MANY_TAGS:
                    raise
                run.warn(
                    f"AMI {id} in {region} has no tags of its source: {error_message(error)}; an AMI has at most 50 "
                    "tags, so set no more than 40 in amiTags"
                )


def release_copies(run: Run, image: BuilderImage) -> None:
    """Remove the names of stack and resource, which no longer manage the AMIs."""
    for region, ids in image.own_amis.items():
        aws = run.aws.in_region(region)
        ec2_tags.untag(aws, image_copies.describe(aws, ids), run.identity.names)
