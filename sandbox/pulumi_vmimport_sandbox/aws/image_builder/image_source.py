"""The source of DistributeImage: an AMI, a parameter of Systems Manager, or an image. Messages are assumed."""

import re
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ssm.models import ssm_backends

from pulumi_vmimport_sandbox.aws.core.builder_image import BuilderImage
from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.core.image_builder_state import ImageBuilderState
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.ec2.image_sharing import find_image
from pulumi_vmimport_sandbox.aws.image_builder.model_validation import invalid_value

_AMI = re.compile(r"ami-([0-9a-f]{8}|[0-9a-f]{17})")


def source_ami(here: AccountRegion, resources: ImageBuilderState, source: str) -> Any:
    """Moto's AMI of a source.

    Raises:
        ServiceError: The source is not an available AMI in the Region.
    """
    image_id = source
    if source.startswith("ssm:"):
        parameter = ssm_backends[here.account][here.region].get_parameter(source.removeprefix("ssm:"))
        if parameter is None:
            raise _invalid(f"The parameter {source.removeprefix('ssm:')} does not exist.")
        image_id = str(parameter.value)
    elif ":image/" in source:
        found = latest_available(resources, source)
        copies = [copy for copy in found.copies if (copy.account, copy.region) == (here.account, here.region)]
        if not copies:
            raise _invalid(f"The image {found.arn} has no AMI in {here.region}.")
        image_id = str(copies[0].ami.id)
    if not _AMI.fullmatch(image_id):
        raise _invalid(f"{image_id} is not an AMI id.")
    image = find_image(ec2_backends[here.account][here.region], here, image_id)
    if image is None or image.state != "available":
        why = "does not exist" if image is None else f"is {image.state}"
        raise _invalid(f"The AMI {image_id} {why}.")
    return image


def latest_available(resources: ImageBuilderState, arn: str) -> BuilderImage:
    """The image of a build version ARN, or the latest AVAILABLE one of a version ARN with or without wildcards.

    Raises:
        ServiceError: There is none.
    """
    if arn in resources.images:
        return resources.images[arn]
    pattern = re.compile(re.escape(arn).replace(r"\.x", r"\.\d+").replace("/x", r"/\d+") + r"/\d+")
    found = [image for key, image in resources.images.items() if pattern.fullmatch(key) and image.status == "AVAILABLE"]
    if not found:
        raise ServiceError("ResourceNotFoundException", f"The resource with the ARN '{arn}' does not exist.")
    return max(found, key=lambda image: [int(part) for part in re.split(r"[./]", image.version)])


def _invalid(reason: str) -> ServiceError:
    return invalid_value("sourceImage", reason)
