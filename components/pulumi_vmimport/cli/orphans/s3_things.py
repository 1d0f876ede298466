"""What is in S3: uploads that were not completed, the objects of export tasks, OVAs and disk images.

S3 shows neither tags nor metadata of a multipart upload, only its key and its checksum. What VirtualMachineExport and
DiskImageUpload send is known by a key that ends as a disk image does and a CRC-32 of the whole object, which few
programs ask for; whose it is, by the key: `project/stack/name.ova` is what ByolWorkspaceImage writes, and other keys
stand in the stack's state. An image that is complete carries the library's mark as metadata, which only a request for
each object shows.
"""

import re
from collections.abc import Iterator, Sequence
from functools import partial

from pulumi_vmimport.aws.ec2.export_tasks import Ec2ExportTask
from pulumi_vmimport.cli.orphans.thing import Kind, Search, Thing, own_tags
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG, STACK_TAG
from pulumi_vmimport.transfer import s3_object

# The metadata that the resources give an image: the identity, under a name that HTTP takes.
IDENTITY_METADATA = "vmimport-identity"
# .mf: the manifest of disks that were exported one by one.
_SUFFIXES = (".ova", ".vmdk", ".vhd", ".vhdx", ".raw", ".img", ".mf")
_KEY_OF_STACK = re.compile(r"(?P<stack>[^/]+/[^/]+)/[^/]+\.ova")


def uploads(search: Search, buckets: Sequence[str] | None) -> Iterator[Thing]:
    """The uploads of images to these buckets, or to all of the account's in the Region."""
    if buckets is None:
        buckets = search.all("s3", "buckets", lambda: _buckets(search))
    for bucket in buckets:
        yield from search.all("s3", f"multipart uploads to bucket {bucket}", partial(_uploads, search, bucket))


def images(search: Search, buckets: Sequence[str]) -> Iterator[Thing]:
    """The OVAs and disk images of the library in these buckets."""
    for bucket in buckets:
        yield from search.all("s3", f"objects of bucket {bucket}", partial(_images, search, bucket))


def exported_objects(search: Search, task: Ec2ExportTask) -> Iterator[Thing]:
    """The objects that an export task has written and that are still there."""
    s3 = search.aws.client("s3")
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=str(task.bucket), Prefix=f"{task.key_stem}."):
            for found in page.get("Contents", []):
                yield Thing(
                    kind=Kind.EXPORTED_OBJECT,
                    id=f"s3://{task.bucket}/{found['Key']}",
                    region=search.region,
                    state=_gib(found["Size"]),
                    tags=own_tags(task.tags),
                    has_own_tags=False,
                    created=found["LastModified"],
                    kin=frozenset({task.id}),
                )
    except s3.exceptions.NoSuchBucket:
        return


def _buckets(search: Search) -> Iterator[str]:
    pages = search.aws.client("s3").get_paginator("list_buckets").paginate(BucketRegion=search.region)
    return (bucket["Name"] for page in pages for bucket in page.get("Buckets", []))


def _uploads(search: Search, bucket: str) -> Iterator[Thing]:
    for page in search.aws.client("s3").get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", []):
            checksum = (upload.get("ChecksumAlgorithm"), upload.get("ChecksumType"))
            if upload["Key"].lower().endswith(_SUFFIXES) and checksum == ("CRC32", "FULL_OBJECT"):
                yield Thing(
                    kind=Kind.UPLOAD,
                    id=f"s3://{bucket}/{upload['Key']}",
                    region=search.region,
                    state="not completed",
                    tags=_stack_of(upload["Key"]),
                    created=upload.get("Initiated"),
                    upload_id=upload["UploadId"],
                )


def _images(search: Search, bucket: str) -> Iterator[Thing]:
    s3 = search.aws.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for found in page.get("Contents", []):
            if not found["Key"].lower().endswith(_SUFFIXES):
                continue
            image = s3_object.find_object(s3, bucket, found["Key"])
            if image is not None and IDENTITY_METADATA in image.metadata:
                yield Thing(
                    kind=Kind.IMAGE_OBJECT,
                    id=f"s3://{bucket}/{found['Key']}",
                    region=search.region,
                    state=_gib(found["Size"]),
                    tags={**_stack_of(found["Key"]), IDENTITY_TAG: image.metadata[IDENTITY_METADATA]},
                    created=found["LastModified"],
                )


def _stack_of(key: str) -> dict[str, str]:
    """The tag of the stack that a key names."""
    by_key = _KEY_OF_STACK.fullmatch(key)
    return {STACK_TAG: by_key["stack"]} if by_key else {}


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / 2**30:.1f} GiB"
