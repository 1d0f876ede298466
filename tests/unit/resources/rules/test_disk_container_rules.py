from typing import Any

import pytest

from pulumi_vmimport.aws.ec2.import_options import DiskFormat
from pulumi_vmimport.aws.ec2.import_request import ImageDiskContainer, SnapshotDiskContainer, UserBucket, api_members
from pulumi_vmimport.resources.rules.disk_container_rules import container_problems

PRESIGNED = "https://images.s3.eu-west-1.amazonaws.com/web.vmdk?X-Amz-Date=20261128T120000Z&X-Amz-Signature=feed"
SOURCES = [
    pytest.param({"user_bucket": UserBucket("images", "web.vmdk")}, id="bucket"),
    pytest.param({"url": "s3://images/web.vmdk"}, id="s3"),
    pytest.param({"url": "https://example.com/web.vmdk"}, id="https"),
    pytest.param({"url": PRESIGNED}, id="presigned"),
]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("container", [ImageDiskContainer, SnapshotDiskContainer])
def test_every_documented_source_is_accepted(container: Any, source: dict[str, Any]) -> None:
    assert list(container_problems("disk", container(**source))) == []


@pytest.mark.parametrize(
    ("container", "path", "reason"),
    [
        ({}, "disk", "got 0"),
        ({"url": "s3://images/web.vmdk", "user_bucket": UserBucket("images", "web.vmdk")}, "disk", "got 2"),
        ({"url": "http://example.com/web.vmdk"}, "disk.url", "got 'http://example.com/web.vmdk'"),
        ({"url": "s3://images"}, "disk.url", "got 's3://images'"),
        ({"url": "https:///web.vmdk"}, "disk.url", "got 'https:///web.vmdk'"),
        ({"user_bucket": UserBucket("No", "web.vmdk")}, "disk.userBucket.s3Bucket", "'No'"),
        ({"url": "s3://No/web.vmdk"}, "disk.url", "'No'"),
        ({"url": "s3://images/web.vmdk", "format": DiskFormat.VHD}, "disk.format", "'web.vmdk'"),
    ],
)
def test_fails_for_an_invalid_source(container: dict[str, Any], path: str, reason: str) -> None:
    ((found, text),) = [(p.path, p.reason) for p in container_problems("disk", ImageDiskContainer(**container))]
    assert found == path
    assert reason in text


@pytest.mark.parametrize("source", SOURCES)
def test_the_source_reaches_ec2_unchanged(source: dict[str, Any]) -> None:
    class Inputs:
        disk_containers = (ImageDiskContainer(**source),)

    (sent,) = api_members(Inputs(), ["disk_containers"])["DiskContainers"]
    bucket = source.get("user_bucket")
    expected = {"UserBucket": {"S3Bucket": "images", "S3Key": "web.vmdk"}} if bucket else {"Url": source["url"]}
    assert sent == expected
