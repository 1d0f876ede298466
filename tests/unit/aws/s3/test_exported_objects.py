from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.s3 import exported_objects
from pulumi_vmimport.aws.s3.exported_objects import ExportedObject

Stub = Callable[..., Stubber]
REQUEST = {"Bucket": "exports", "Prefix": "vms/export-1.", "MaxKeys": 1}
VERSIONS = {"Bucket": "exports", "Prefix": "vms/export-1."}


def test_the_object_of_a_task_is_found_by_its_key_stem(aws: AwsConnection, stub: Stub) -> None:
    content = {"Key": "vms/export-1.vmdk", "ETag": '"abc"', "Size": 7}
    stub("s3").add_response("list_objects_v2", {"Contents": [content]}, REQUEST)
    assert exported_objects.find(aws, "exports", "vms/export-1") == ExportedObject("vms/export-1.vmdk", "abc", 7)


def test_no_object_is_none(aws: AwsConnection, stub: Stub) -> None:
    stub("s3").add_response("list_objects_v2", {}, REQUEST)
    assert exported_objects.find(aws, "exports", "vms/export-1") is None


@pytest.mark.parametrize("code", ["404", "NoSuchBucket"])
def test_a_bucket_that_does_not_exist_has_no_object(aws: AwsConnection, stub: Stub, code: str) -> None:
    stub("s3").add_client_error("list_objects_v2", code)
    stub("s3").add_client_error("list_object_versions", code)
    assert exported_objects.find(aws, "exports", "vms/export-1") is None
    exported_objects.delete(aws, "exports", "vms/export-1")


def test_fails_for_every_other_error(aws: AwsConnection, stub: Stub) -> None:
    stub("s3").add_client_error("list_objects_v2", "AccessDenied")
    stub("s3").add_client_error("list_object_versions", "AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        exported_objects.find(aws, "exports", "vms/export-1")
    with pytest.raises(ClientError, match="AccessDenied"):
        exported_objects.delete(aws, "exports", "vms/export-1")


def test_every_version_and_delete_marker_is_deleted(aws: AwsConnection, stub: Stub) -> None:
    key = "vms/export-1.vmdk"
    first: Any = {
        "Versions": [{"Key": key, "VersionId": "v1"}],
        "DeleteMarkers": [{"Key": key, "VersionId": "m1"}],
        "IsTruncated": True,
        "NextKeyMarker": key,
        "NextVersionIdMarker": "m1",
    }
    stub("s3").add_response("list_object_versions", first, VERSIONS)
    stub("s3").add_response(
        "list_object_versions",
        {"Versions": [{"Key": key, "VersionId": "null"}]},
        {**VERSIONS, "KeyMarker": key, "VersionIdMarker": "m1"},
    )
    for version in ({"VersionId": "v1"}, {"VersionId": "m1"}, {}):
        stub("s3").add_response("delete_object", {}, {"Bucket": "exports", "Key": key, **version})
    exported_objects.delete(aws, "exports", "vms/export-1")
