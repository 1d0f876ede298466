"""The disk image that a snapshot is written from: its location, its rules, and access to its content."""

from collections.abc import Iterator
from contextlib import contextmanager

from pulumi_vmimport.aws.ec2 import ebs_direct
from pulumi_vmimport.disk.disk_content import SECTOR_BYTES, DiskContent
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.image_format import open_image
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known, is_set
from pulumi_vmimport.resources.data_requests import RunRequests
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshotInputs
from pulumi_vmimport.resources.rules.bucket_rules import bucket_problems
from pulumi_vmimport.resources.rules.disk_container_rules import location_problems, missing_object_remedy
from pulumi_vmimport.resources.rules.source_version import object_version
from pulumi_vmimport.transfer import s3_object
from pulumi_vmimport.transfer.local_image import LocalImage
from pulumi_vmimport.transfer.s3_image import S3Image
from pulumi_vmimport.transfer.transfer_errors import TransferError, UnreadableSourceError

ImageSource = LocalImage | S3Image
_GIB = 1 << 30


def source_problems(inputs: DirectSnapshotInputs) -> Iterator[Problem]:
    """The problems of the inputs alone."""
    sources = (inputs.file, inputs.user_bucket)
    given = sum(map(is_set, sources))
    if given > 1 or (given == 0 and is_known(*sources)):
        yield Problem("file", f"expected exactly one of file and userBucket, got {given}")
    if is_known(inputs.file) and inputs.file is not None and not inputs.file:
        yield Problem("file", "expected the path of a disk image, got an empty string")
    bucket = inputs.user_bucket
    if is_known(bucket) and bucket is not None and is_known(bucket.s3_bucket, bucket.s3_key):
        yield from location_problems("userBucket", bucket.s3_bucket, bucket.s3_key)
    size = inputs.volume_size
    if is_known(size) and size is not None and not 1 <= size <= ebs_direct.MAX_GIB:
        yield Problem("volumeSize", f"expected 1 to {ebs_direct.MAX_GIB} GiB, got {size}")


def look_up_source(run: Run, inputs: DirectSnapshotInputs) -> Iterator[Problem]:
    """The problems that the beginning of the image shows. None while the stack has not created the image yet."""
    path = "file" if is_set(inputs.file) else "userBucket"
    source = getattr(inputs, "file" if path == "file" else "user_bucket")
    if not is_known(source, inputs.format) or source is None or run.supplied_by_resource(path):
        return
    bucket = inputs.user_bucket
    if path == "userBucket" and bucket is not None:
        if not is_known(bucket.s3_bucket, bucket.s3_key):
            return
        if not (yield from bucket_problems(run, path, bucket.s3_bucket, input_path=path, use=None)):
            return
    try:
        with open_source(run, inputs) as image:
            yield from content_problems(path, inputs, open_image(image, inputs.format))
    except (DiskImageError, TransferError) as error:
        yield Problem(path, str(error))


@contextmanager
def open_source(run: Run, inputs: DirectSnapshotInputs) -> Iterator[ImageSource]:
    """The image, open while the block runs. Raises: UnreadableSourceError."""
    if inputs.user_bucket is None or is_set(inputs.file):
        with LocalImage(str(inputs.file)) as file:
            yield file
        return
    bucket, key = inputs.user_bucket.s3_bucket, inputs.user_bucket.s3_key
    s3 = run.aws.client("s3")
    found = s3_object.find_object(s3, bucket, key)
    if found is None:
        raise UnreadableSourceError(f"s3://{bucket}/{key}", f"the object does not exist; {missing_object_remedy(key)}")
    with S3Image(RunRequests(run), found) as image:
        yield image


def source_version(run: Run, inputs: DirectSnapshotInputs) -> str | None:
    """The ETag of the object; None for a file, whose fingerprint the program sets, and while it is not known."""
    bucket = inputs.user_bucket
    if not is_known(inputs.file, bucket) or inputs.file is not None or bucket is None:
        return None
    known = is_known(bucket.s3_bucket, bucket.s3_key)
    return object_version(run, bucket.s3_bucket, bucket.s3_key) if known else None


def content_problems(path: str, inputs: DirectSnapshotInputs, disk: DiskContent) -> Iterator[Problem]:
    """Why the disk cannot become an EBS volume of the requested size."""
    if disk.sector_bytes != SECTOR_BYTES:
        yield Problem(
            path,
            f"expected a disk with {SECTOR_BYTES}-byte sectors, as EBS has, got {disk.sector_bytes}-byte sectors; in "
            f"the VM, copy the data to a disk with {SECTOR_BYTES}-byte sectors",
        )
    needed = volume_size(inputs, disk)
    if is_known(inputs.volume_size) and needed * _GIB < disk.capacity_bytes:
        least = -(-disk.capacity_bytes // _GIB)
        yield Problem("volumeSize", f"expected at least {least} GiB, the capacity of the disk, got {needed}")


def volume_size(inputs: DirectSnapshotInputs, disk: DiskContent) -> int:
    """The size of the snapshot's volumes, in GiB."""
    return inputs.volume_size if is_set(inputs.volume_size) else -(-disk.capacity_bytes // _GIB)
