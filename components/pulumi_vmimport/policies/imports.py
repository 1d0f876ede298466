"""The buckets of the disk images that a stack imports. Pure."""

from collections.abc import Iterator
from typing import Any

from pulumi_vmimport.lifecycle.unknown import UNKNOWN, is_set
from pulumi_vmimport.policies.stack_facts import (
    BUCKET,
    DISK_IMAGE_UPLOAD,
    IMPORT_IMAGE,
    IMPORT_SNAPSHOT,
    VIRTUAL_MACHINE_EXPORT,
    StackFacts,
    StackResource,
    members,
    value_at,
)


def image_buckets(stack: StackFacts, resource: StackResource) -> list[StackResource]:
    """The buckets of the stack from which an import reads, or to which an upload writes, disk images."""
    if resource.type in {DISK_IMAGE_UPLOAD, VIRTUAL_MACHINE_EXPORT}:
        named = [("bucket", resource.get("bucket"))]
    else:
        named = [("diskContainers", _bucket(disk)) for disk in members(resource.get("diskContainers"))]
        named += [("diskContainer", _bucket(resource.get("diskContainer")))]
    found = [stack.supplier_of_value(resource, (BUCKET,), property, value) for property, value in named]
    return list({bucket.urn: bucket for bucket in found if bucket is not None}.values())


def import_buckets(stack: StackFacts) -> Iterator[StackResource]:
    """The buckets of the stack that hold disk images."""
    users = list(stack.of_type(IMPORT_IMAGE, IMPORT_SNAPSHOT, DISK_IMAGE_UPLOAD, VIRTUAL_MACHINE_EXPORT))
    holding = {bucket.urn for user in users for bucket in image_buckets(stack, user)}
    return (bucket for bucket in stack.of_type(BUCKET) if bucket.urn in holding)


def _bucket(disk: Any) -> Any:
    """The name of a disk's bucket; None if the disk is not in a bucket."""
    name, url = value_at(disk, "userBucket", "s3Bucket"), value_at(disk, "url")
    if is_set(url):
        return str(url).removeprefix("s3://").partition("/")[0] if str(url).startswith("s3://") else ""
    return UNKNOWN if url is UNKNOWN else name
