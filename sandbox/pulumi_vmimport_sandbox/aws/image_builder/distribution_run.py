"""The progress of images: PENDING, DISTRIBUTING, and AVAILABLE, FAILED or CANCELLED.

The durations and the order of the work are assumed. The words of failures are those of public reports
(aws-samples/cdk-image-pipeline#76, aws-deepracer-community/deepracer-on-the-spot#106).
"""

from moto.ec2.models import ec2_backends

from pulumi_vmimport_sandbox.aws.core.builder_image import IN_PROGRESS, BuilderImage, ImageCopy, RegionFailure
from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.image_builder.ami_copies import CopyError, share, start_copy
from pulumi_vmimport_sandbox.aws.image_builder.copy_configuration import STEPS, has_ended
from pulumi_vmimport_sandbox.aws.image_builder.distribution_access import (
    AccessError,
    ActingRole,
    distribution_role,
    execution_role,
)

_REJECTED = (AccessError, CopyError)


def advance(cloud: Cloud) -> None:
    """Update the state of all images that are being distributed."""
    for here, resources in list(cloud.image_builder.items()):
        for image in resources.images.values():
            if image.status in IN_PROGRESS and image.copies:
                _advance(cloud, here, image)


def _advance(cloud: Cloud, here: AccountRegion, image: BuilderImage) -> None:
    now = cloud.now
    if image.cancelled_at is not None:
        if now >= image.cancelled_at + cloud.settings.cancel_image_seconds:
            image.status, image.reason = "CANCELLED", "The image creation was cancelled by a user."  # assumed
        return
    if now < image.started_at + cloud.settings.distribution_pending_seconds:
        return
    image.status = "DISTRIBUTING"
    for copy in image.copies:
        if not copy.is_done and copy.failure is None:
            _advance_copy(cloud, here, image, copy)
    if all(copy.is_done or copy.failure for copy in image.copies):
        _end(image)


def _advance_copy(cloud: Cloud, here: AccountRegion, image: BuilderImage, copy: ImageCopy) -> None:
    step = "EXPORT_AMI" if copy.export else None
    try:
        own = _own_role(cloud, here, image)
        role = distribution_role(own, AccountRegion(copy.account, copy.region))
        if copy.ami is None:
            _raise_injected(cloud, copy, None)
            start_copy(cloud, here, image, copy, role)
        copy.ami.update_state(cloud.now)
        if copy.ami.state == "pending":
            return
        if copy.ami.state == "failed":
            # EC2's reason is not part of the message.
            raise CopyError(f"AMI Copy Reported Failure For {copy.ami.id}")
        if copy.export is None:
            share(cloud, copy, role)
            for step, configure in STEPS.items():
                _raise_injected(cloud, copy, step)
                configure(cloud, here, copy, role)
        copy.is_done = has_ended(cloud, copy)
    except _REJECTED as error:
        where = f"source account (ID: {here.account}) to the destination account (ID: {copy.account})"
        text = f"{error} when distributing the image from the {where} in Region {copy.region}."
        copy.failure = RegionFailure(copy.region, copy.account, "FAILED", step, text)


def _raise_injected(cloud: Cloud, copy: ImageCopy, step: str | None) -> None:
    failure = cloud.faults.distributions.next(copy.region, copy.account, step)
    if failure is not None:
        raise CopyError(failure)


def _own_role(cloud: Cloud, here: AccountRegion, image: BuilderImage) -> ActingRole:
    try:
        return execution_role(cloud, here, str(image.execution_role))
    except ServiceError as error:  # the role was deleted meanwhile
        raise AccessError(f"STS Client Error: '{error.message}'") from error


def _end(image: BuilderImage) -> None:
    if not image.failures:
        image.status, image.reason = "AVAILABLE", None
        return
    numbered = " ".join(f"{number}) {failure.message}" for number, failure in enumerate(image.failures, 1))
    image.reason = f"Not all distribution jobs are completed. {numbered}"
    image.status, image.failed_at = "FAILED", "DISTRIBUTING"


def retry(image: BuilderImage, now: float) -> None:
    """Return a failed or cancelled image to its distribution. Copies that are done stay."""
    for copy in image.copies:
        copy.failure, copy.export = None, None
        if copy.ami is not None and copy.ami.state == "failed":
            ec2_backends[copy.account][copy.region].amis.pop(copy.ami.id, None)
            copy.ami = None
    image.status, image.reason, image.started_at, image.cancelled_at = "PENDING", None, now, None
