"""Whether two disk containers are the same disk in another spelling.

A program may write an object as `s3://bucket/key` or as bucket and key, and leave format and device name to EC2. EC2's
description of an import has one spelling, and what it detected.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_vmimport.aws.s3.s3_names import split_s3_uri

_DETECTED = ("format", "deviceName")


def same_containers(recorded: Any, given: Any) -> bool:
    """Whether lists of containers, as property bags write them, name the same disks."""
    if not (isinstance(recorded, Sequence) and isinstance(given, Sequence)):
        return False
    return len(recorded) == len(given) and all(map(same_container, recorded, given))


def same_container(recorded: Any, given: Any) -> bool:
    """Whether two containers name the same disk. What EC2 detected counts only if the second one sets it too."""
    if not (isinstance(recorded, Mapping) and isinstance(given, Mapping)):
        return False
    kept = {name: value for name, value in recorded.items() if name not in _DETECTED or given.get(name) is not None}
    return _spelled_alike(kept) == _spelled_alike(given)


def _spelled_alike(container: Mapping[str, Any]) -> dict[str, Any]:
    url = container.get("url")
    place = split_s3_uri(url) if isinstance(url, str) else None
    others = {name: value for name, value in container.items() if value is not None}
    if place is None:
        return others
    del others["url"]
    return {**others, "userBucket": {"s3Bucket": place[0], "s3Key": place[1]}}
