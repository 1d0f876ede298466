"""The rules for the disk containers of image and snapshot imports: source, format, location.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImageDiskContainer.html and
API_SnapshotDiskContainer.html.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from pulumi_vmimport.aws.ec2 import ebs_snapshots
from pulumi_vmimport.aws.ec2.import_options import SnapshotFormat
from pulumi_vmimport.aws.ec2.import_request import ImageDiskContainer, SnapshotDiskContainer
from pulumi_vmimport.aws.s3 import presigned_urls, s3_locations, s3_names
from pulumi_vmimport.aws.s3.s3_names import bucket_name_problem, key_problem
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known, is_set
from pulumi_vmimport.resources.rules.bucket_rules import bucket_problems
from pulumi_vmimport.shown_value import shown_value

# EC2 reads the image during the conversion: most conversions take hours, none takes minutes.
SHORTEST_VALIDITY = timedelta(hours=1)
SAFE_VALIDITY = timedelta(hours=6)
_SUFFIXES = {"OVA": ".ova", "VHD": ".vhd", "VHDX": ".vhdx", "VMDK": ".vmdk"}

AnyContainer = ImageDiskContainer | SnapshotDiskContainer


def container_problems(path: str, container: AnyContainer) -> Iterator[Problem]:
    """The problems of one container alone."""
    sources = {"userBucket": container.user_bucket, "url": container.url}
    if isinstance(container, ImageDiskContainer):
        sources["snapshotId"] = container.snapshot_id
    given = sum(map(is_set, sources.values()))
    if given > 1 or (given == 0 and is_known(*sources.values())):
        yield Problem(path, f"expected exactly one of {_enumerated(list(sources))}, got {given}")
    url = container.url
    if is_known(url) and url is not None and not _is_url(url):
        yield Problem(f"{path}.url", f"expected s3://bucket/key or an https URL, got {shown_value(url)}")
    location = s3_location(container)
    if location is None:
        return
    yield from location_problems(f"{path}.{location[0]}", *location[1:])
    if is_known(container.format):
        yield from _format_problems(path, container, location[2])


def location_problems(path: str, bucket: str, key: str) -> Iterator[Problem]:
    """The problems of a bucket name and a key."""
    for name, reason in (("s3Bucket", bucket_name_problem(bucket)), ("s3Key", key_problem(key))):
        if reason:
            yield Problem(f"{path}.{name}" if path.endswith("userBucket") else path, reason)


def _is_url(url: str) -> bool:
    if url.startswith("s3://"):
        return s3_names.split_s3_uri(url) is not None
    try:
        return url.startswith("https://") and bool(urlsplit(url).hostname)
    except ValueError:
        return False


def _format_problems(path: str, container: AnyContainer, key: str) -> Iterator[Problem]:
    suffix = next((s for s in _SUFFIXES.values() if key.lower().endswith(s)), None)
    is_snapshot = not isinstance(container, ImageDiskContainer)
    if container.format is not None and suffix not in {None, _SUFFIXES.get(container.format.value)}:
        remedy = "leave format out for a VHDX" if is_snapshot and suffix == _SUFFIXES["VHDX"] else "correct one of them"
        yield Problem(f"{path}.format", f"{container.format} does not match the key {shown_value(key)}; {remedy}")
    elif container.format is None and is_snapshot and suffix == _SUFFIXES["OVA"]:
        remedy = SnapshotFormat.remedies()["OVA"]
        yield Problem(
            path, f"expected a disk of the format {', '.join(SnapshotFormat)}, got the OVA {shown_value(key)}; {remedy}"
        )


def look_up_container(run: Run, top: str, path: str, container: AnyContainer) -> Iterator[Problem]:
    """The problems of one container that AWS shows before the import; `top` is the input that path starts with."""
    if is_known(container) and is_known(container.url) and container.url is not None:
        yield from _validity_problems(run, f"{path}.url", container.url)
    if (
        isinstance(container, ImageDiskContainer)
        and is_known(container.snapshot_id)
        and container.snapshot_id is not None
    ):
        if not run.supplied_by_resource(top) and ebs_snapshots.find(run.aws, container.snapshot_id) is None:
            yield Problem(
                f"{path}.snapshotId",
                f"snapshot {shown_value(container.snapshot_id)} does not exist in {run.aws.region}",
            )
        return
    location = s3_location(container)
    if location is None:
        return
    path, bucket, key = f"{path}.{location[0]}", *location[1:]
    if not (yield from bucket_problems(run, path, bucket, input_path=top, use="import")):
        return
    if not run.supplied_by_resource(top) and not s3_locations.object_exists(run.aws, bucket, key):
        missing = f"object {shown_value(key)} does not exist in bucket {shown_value(bucket)}"
        yield Problem(path, f"{missing}; {missing_object_remedy(key)}")


def missing_object_remedy(key: str) -> str:
    """What to do about an object that does not exist. Keys are often written like the paths of files."""
    plain = key.lstrip("/")
    return "upload it first" if plain == key else f"upload it first, or set the key to {shown_value(plain)}"


def objects_of(containers: Sequence[AnyContainer]) -> list[tuple[str, str]]:
    """Bucket and key of the containers that are known objects in S3."""
    return [location[1:] for container in containers if (location := s3_location(container))]


def s3_location(container: AnyContainer) -> tuple[str, str, str] | None:
    """(input, bucket, key) of a container that is a known object in S3."""
    source = container.user_bucket if is_known(container) else None
    if source is not None and is_known(source) and is_known(source.s3_bucket, source.s3_key):
        return "userBucket", source.s3_bucket, source.s3_key
    if is_known(container) and is_known(container.url) and container.url is not None:
        split = s3_names.split_s3_uri(container.url)
        return ("url", *split) if split else None
    return None


def _validity_problems(run: Run, path: str, url: str) -> Iterator[Problem]:
    """EC2 must be able to read a presigned URL until the conversion ends."""
    until = presigned_urls.expires_at(url)
    if until is None:
        return
    left = until - datetime.now(UTC)
    if left < SHORTEST_VALIDITY:
        yield Problem(
            path,
            f"expected a URL that is valid for at least {_hours(SHORTEST_VALIDITY)}, got one that expires at "
            f"{until:%Y-%m-%d %H:%M} UTC; EC2 reads the image during the conversion; presign the URL again, for up to "
            "7 days",
        )
    elif left < SAFE_VALIDITY:
        run.warn(
            f"{path} expires at {until:%Y-%m-%d %H:%M} UTC; the import of a large disk may take longer; presign the "
            f"URL for at least {_hours(SAFE_VALIDITY)}"
        )


def _hours(validity: timedelta) -> str:
    hours = validity // timedelta(hours=1)
    return "1 hour" if hours == 1 else f"{hours} hours"


def _enumerated(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
