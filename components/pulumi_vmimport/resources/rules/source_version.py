"""The version of the disk images of an import: ETags of objects, ETags or modification times behind https URLs."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from pulumi_vmimport.lifecycle.contract import Run, is_known
from pulumi_vmimport.resources.rules.disk_container_rules import AnyContainer, s3_location
from pulumi_vmimport.transfer import s3_object
from pulumi_vmimport.transfer.remote_image import CachePolicy, RemoteImage
from pulumi_vmimport.transfer.s3_image import S3Image
from pulumi_vmimport.transfer.transfer_errors import TransferError

_HTTPS = "https://"
_ONE_BYTE = CachePolicy(1, max_chunks=1)


def containers_version(run: Run, containers: Sequence[AnyContainer] | None) -> str | None:
    """What changes with the content of any of the images; None if that of one is not known."""
    if not is_known(containers) or not containers:
        return None
    versions = [*_versions(run, containers)]
    if not any(versions) or None in versions:
        return None
    known = [str(version) for version in versions]
    return known[0] if len(known) == 1 else hashlib.sha256("\n".join(known).encode()).hexdigest()[:32]


def version_of(image: RemoteImage) -> str | None:
    """The version of an open image, as `containers_version` reports that of its container."""
    if not image.identity:
        return None
    return image.identity if isinstance(image, S3Image) else f"{image.identity} {image.size_bytes}"


def object_version(run: Run, bucket: str, key: str) -> str | None:
    """The ETag of an object; None if there is none."""
    found = s3_object.find_object(run.aws.client("s3"), bucket, key)
    return found.etag if found else None


def _versions(run: Run, containers: Sequence[AnyContainer]) -> Iterator[str | None]:
    for container in containers:
        url: Any = container.url if is_known(container) else None
        if (location := s3_location(container)) is not None:
            yield object_version(run, *location[1:])
        elif is_known(url) and url is not None and url.startswith(_HTTPS):
            yield _url_version(url)
        elif is_known(container) and is_known(getattr(container, "snapshot_id", None)) and url is None:
            yield "" if getattr(container, "snapshot_id", None) else None  # a snapshot does not change
        else:
            yield None


def _url_version(url: str) -> str | None:
    from pulumi_vmimport.transfer.url_image import UrlImage  # noqa: PLC0415 - urllib3, only for https URLs

    try:
        with UrlImage(url, _ONE_BYTE) as image:
            return version_of(image)
    except TransferError:
        return None  # such as an expired URL: the recorded version stays
