"""The S3 object of a disk container and its content."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.core.conversion_task import TaskFailure
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.core.simulation_settings import VALIDATED_PERCENT
from pulumi_vmimport_sandbox.aws.s3.s3_objects import S3Object, find_object
from pulumi_vmimport_sandbox.aws.vm_import import url_source
from pulumi_vmimport_sandbox.aws.vm_import.disk_examination import ExaminedDisk, UnusableDisk, examine
from pulumi_vmimport_sandbox.aws.vm_import.url_source import is_public, is_read_by_url


def locate(account_region: AccountRegion, container: Mapping[str, Any]) -> S3Object:
    """The object of a disk container.

    Raises:
        ServiceError: The object does not exist or is not readable.
    """
    by_url = url_source.parse(container["Url"]) if is_read_by_url(container) else None
    bucket, key = (by_url.bucket, by_url.key) if by_url else _location(container)
    if not bucket or not key:
        raise ServiceError("InvalidParameter", "Invalid S3 source location")  # TR-09
    owner = AccountRegion(by_url.account, account_region.region) if by_url and by_url.account else account_region
    s3_object = find_object(owner, bucket, key)
    if s3_object is None or (by_url and not by_url.is_signed and not is_public(s3_object)):
        # gardenlinux/gardenlinux#3206; assumed for missing objects and unsigned URLs.
        raise ServiceError("InvalidParameter", f"User does not have access to the S3 object ({bucket}/{key}).")
    if s3_object.region != account_region.region:
        text = "The given S3 object is not local to the region. The object must be located in "
        raise ServiceError(
            "InvalidParameter", f"{text}{account_region.region}."
        )  # confidential-containers cloud-api-adaptor#587
    return s3_object


def declared_format(container: Mapping[str, Any], s3_object: S3Object) -> str:
    """The format in the request or, without one, the suffix of the key."""
    return str(container.get("Format") or s3_object.key.rpartition(".")[2]).upper()


def examine_source(
    container: Mapping[str, Any], s3_object: S3Object, *, boots: bool
) -> tuple[ExaminedDisk, TaskFailure | None]:
    """The content of a disk and, if VM Import rejects it, the failure of its task."""
    with s3_object.open() as file:
        try:
            return examine(declared_format(container, s3_object), file, s3_object.size, boots=boots), None
        except UnusableDisk as unusable:
            return ExaminedDisk((s3_object.size,)), TaskFailure(str(unusable), VALIDATED_PERCENT)


def _location(container: Mapping[str, Any]) -> tuple[str, str]:
    """The bucket and the key of a UserBucket or an s3:// URL."""
    if not container.get("Url"):
        named = container.get("UserBucket") or {}
        return named.get("S3Bucket", ""), named.get("S3Key", "")
    url = urlsplit(container["Url"])
    return (url.netloc, unquote(url.path.lstrip("/"))) if url.scheme == "s3" else ("", "")
