"""The image behind a disk container, if this machine can read it."""

from collections.abc import Callable
from dataclasses import dataclass

from pulumi_vmimport.aws.ec2.import_request import ImageDiskContainer, SnapshotDiskContainer
from pulumi_vmimport.lifecycle.contract import Run, is_known
from pulumi_vmimport.resources.data_requests import RunRequests
from pulumi_vmimport.resources.rules.disk_container_rules import s3_location
from pulumi_vmimport.transfer import s3_object
from pulumi_vmimport.transfer.s3_image import S3Image
from pulumi_vmimport.transfer.url_image import UrlImage, url_without_credentials

_HTTPS = "https://"


@dataclass(frozen=True)
class ImageSource:
    """An object in S3, or a file behind an https URL."""

    input: str
    """The input of the container that names it"""
    name: str
    """Its address, without credentials"""
    open: Callable[[], S3Image | UrlImage]
    """Raises: TransferError, botocore's errors"""


def image_source(run: Run, container: ImageDiskContainer | SnapshotDiskContainer) -> ImageSource | None:
    """The image of a container; None if it is not known yet, or is an EBS snapshot."""
    if (location := s3_location(container)) is not None:
        input, bucket, key = location
        name = s3_object.uri(bucket, key)
        return ImageSource(input, name, lambda: S3Image.open(RunRequests(run), bucket, key))
    url = container.url if is_known(container) else None
    if is_known(url) and url is not None and url.startswith(_HTTPS):
        return ImageSource("url", url_without_credentials(url), lambda: UrlImage(url))
    return None


def snapshot_of(container: ImageDiskContainer | SnapshotDiskContainer) -> str | None:
    """The id of the EBS snapshot that a container names; None if it names another source, or is not known yet."""
    found = getattr(container, "snapshot_id", None) if is_known(container) else None
    return found if is_known(found) and found is not None else None
