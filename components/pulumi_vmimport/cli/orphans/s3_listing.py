"""What is in S3: incomplete multipart uploads, the objects of export tasks, OVAs and disk images.

S3 shows neither tags nor metadata of a multipart upload, only its key and checksum. An upload of VirtualMachineExport
or DiskImageUpload has a key with the extension of a disk image and a CRC-32 of the full object, which few programs
request. Its key identifies the stack: ByolWorkspaceImage writes `project/stack/name.ova`, and every other key is in the
state of its stack. A complete object has the library's metadata, which takes one request for each object to read.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial

from pulumi_vmimport.aws.ec2.export_tasks import EXPORTED_KEY, Ec2ExportTask
from pulumi_vmimport.cli.orphans.found_resource import FoundResource, RegionSearch, own_tags
from pulumi_vmimport.cli.orphans.stack_export import ExportPrefix
from pulumi_vmimport.lifecycle.identity import IDENTITY_METADATA, IDENTITY_TAG, STACK_TAG
from pulumi_vmimport.resources.orphan_kinds import OrphanKind
from pulumi_vmimport.transfer import s3_object

KINDS = frozenset({OrphanKind.UPLOAD, OrphanKind.IMAGE_OBJECT})
# .mf is the manifest of disks that are exported as separate objects.
_SUFFIXES = (".ova", ".vmdk", ".vhd", ".vhdx", ".raw", ".img", ".mf")
_KEY_OF_STACK = re.compile(r"(?P<stack>[^/]+/[^/]+)/[^/]+\.ova")


def uploads(search: RegionSearch, buckets: Sequence[str] | None) -> Iterator[FoundResource]:
    """The uploads of images to these buckets; None searches all buckets of the account in the Region."""
    if buckets is None:
        buckets = search.all("s3", "buckets", lambda: _buckets(search))
    for bucket in buckets:
        yield from search.all("s3", f"multipart uploads to bucket {bucket}", partial(_uploads, search, bucket))


def image_objects(search: RegionSearch, buckets: Sequence[str]) -> Iterator[FoundResource]:
    """The OVAs and disk images in these buckets that have the library's metadata."""
    for bucket in buckets:
        yield from search.all("s3", f"objects of bucket {bucket}", partial(_image_objects, search, bucket))


def exported_objects(search: RegionSearch, task: Ec2ExportTask) -> Iterator[FoundResource]:
    """The objects of an export task that still exist."""
    s3 = search.aws.client("s3")
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=str(task.bucket), Prefix=f"{task.key_stem}."):
            for found in page.get("Contents", []):
                yield FoundResource(
                    kind=OrphanKind.EXPORTED_OBJECT,
                    id=f"s3://{task.bucket}/{found['Key']}",
                    region=search.region,
                    state=_gib(found["Size"]),
                    tags=own_tags(task.tags),
                    has_own_tags=False,
                    created=found["LastModified"],
                    related_ids=frozenset({task.id}),
                )
    except s3.exceptions.NoSuchBucket:
        return


def forgotten_exports(
    search: RegionSearch, prefixes: Iterable[ExportPrefix], listed: Collection[str]
) -> Iterator[FoundResource]:
    """The objects under these prefixes whose export task EC2 no longer lists; `listed` are the ids that it lists."""
    s3 = search.aws.client("s3")
    for place in prefixes:
        if place.region not in {None, search.region}:
            continue
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=place.prefix)
        try:
            for found in (found for page in pages for found in page.get("Contents", [])):
                match = EXPORTED_KEY.search(found["Key"])
                if match and match["task"] not in listed:
                    yield FoundResource(
                        kind=OrphanKind.EXPORTED_OBJECT,
                        id=f"s3://{place.bucket}/{found['Key']}",
                        region=search.region,
                        state=_gib(found["Size"]),
                        has_own_tags=False,
                        created=found["LastModified"],
                        related_ids=frozenset({match["task"]}),
                    )
        except s3.exceptions.NoSuchBucket:
            continue


def _buckets(search: RegionSearch) -> Iterator[str]:
    pages = search.aws.client("s3").get_paginator("list_buckets").paginate(BucketRegion=search.region)
    return (bucket["Name"] for page in pages for bucket in page.get("Buckets", []))


def _uploads(search: RegionSearch, bucket: str) -> Iterator[FoundResource]:
    for page in search.aws.client("s3").get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", []):
            checksum = (upload.get("ChecksumAlgorithm"), upload.get("ChecksumType"))
            if upload["Key"].lower().endswith(_SUFFIXES) and checksum == ("CRC32", "FULL_OBJECT"):
                yield FoundResource(
                    kind=OrphanKind.UPLOAD,
                    id=f"s3://{bucket}/{upload['Key']}",
                    region=search.region,
                    state="incomplete",
                    tags=_stack_of(upload["Key"]),
                    created=upload.get("Initiated"),
                    upload_id=upload["UploadId"],
                )


def _image_objects(search: RegionSearch, bucket: str) -> Iterator[FoundResource]:
    s3 = search.aws.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for found in page.get("Contents", []):
            if not found["Key"].lower().endswith(_SUFFIXES):
                continue
            image = s3_object.find_object(s3, bucket, found["Key"])
            if image is not None and IDENTITY_METADATA in image.metadata:
                yield FoundResource(
                    kind=OrphanKind.IMAGE_OBJECT,
                    id=f"s3://{bucket}/{found['Key']}",
                    region=search.region,
                    state=_gib(found["Size"]),
                    tags={**_stack_of(found["Key"]), IDENTITY_TAG: image.metadata[IDENTITY_METADATA]},
                    created=found["LastModified"],
                )


def _stack_of(key: str) -> dict[str, str]:
    """The tag of the stack that the key names."""
    match = _KEY_OF_STACK.fullmatch(key)
    return {STACK_TAG: match["stack"]} if match else {}


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / 2**30:.1f} GiB"
