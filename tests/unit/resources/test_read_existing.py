"""`X.get`: the outputs of a resource that no stack manages, by its id alone."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.resources.catalog import lifecycle_of
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.transfer import s3_object
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION = "eu-west-1"


@pytest.fixture
def existing(run: Any) -> Callable[..., Any]:
    """Reads a resource by its id, as the host does."""

    def read(resource: str, id: str) -> Any:
        lifecycle = lifecycle_of(resource)()
        state, _ = read_bag(lifecycle.state_type, {"region": REGION})
        found: Any = lifecycle.read_existing(run, id, state)
        return found and found.state

    return read


def test_an_image_import(existing: Any, new_run: Any, image_inputs: ImportImageInputs) -> None:
    lifecycle = lifecycle_of("ImportImage")()
    created = lifecycle.create(new_run(), image_inputs)
    found = existing("ImportImage", created.id)
    outputs = {f.name for f in fields(lifecycle.state_type)} - {f.name for f in fields(lifecycle.inputs_type)}
    reported = outputs - {"post_import_report", "detected_guest"}  # a refresh of a managed resource reads the guest
    assert {name: getattr(found, name) for name in reported} == {
        name: getattr(created.state, name) for name in reported
    }
    assert found.tags == {"team": "blue"}


def test_a_running_image_import(existing: Any, aws: AwsSandbox, byol_ami: str, raw_disk: Any) -> None:
    disk: Any = {"Format": "RAW", "UserBucket": {"S3Bucket": raw_disk.s3_bucket, "S3Key": raw_disk.s3_key}}
    task = aws.observer("ec2").import_image(DiskContainers=[disk], Platform="Windows", LicenseType="BYOL")
    found = existing("ImportImage", task["ImportTaskId"])
    assert (found.task_status, found.image_id) == ("active", None)


def test_an_export(
    existing: Any, new_run: Any, aws: AwsSandbox, byol_ami: str, export_bucket: str, export_role: str
) -> None:
    lifecycle = lifecycle_of("ExportImage")()
    bag = {
        "region": REGION,
        "imageId": byol_ami,
        "diskImageFormat": "VMDK",
        "s3Bucket": export_bucket,
        "s3Prefix": "a/",
    }
    inputs, _ = read_bag(lifecycle.inputs_type, bag)
    created = lifecycle.create(new_run(), inputs)
    found = existing("ExportImage", created.id)
    names = ("s3_bucket", "s3_prefix", "s3_key", "etag", "size_bytes", "task_status")
    assert [getattr(found, name) for name in names] == [getattr(created.state, name) for name in names]


def test_an_ebs_snapshot(existing: Any, aws: AwsSandbox) -> None:
    ec2 = aws.observer("ec2")
    volume = ec2.create_volume(Size=3, AvailabilityZone="eu-west-1a")["VolumeId"]
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "team", "Value": "blue"}]}]
    snapshot = ec2.create_snapshot(VolumeId=volume, TagSpecifications=tags)["SnapshotId"]
    found = existing("DirectSnapshot", snapshot)
    assert (found.snapshot_id, found.status, found.volume_size_gib) == (snapshot, "completed", 3)
    assert found.tags == {"team": "blue"}


@pytest.mark.parametrize("resource", ["DiskImageUpload", "VirtualMachineExport"])
def test_an_object(existing: Any, aws: AwsSandbox, bucket: str, resource: str) -> None:
    s3 = aws.observer("s3")
    s3.put_object(Bucket=bucket, Key="ova/web.ova", Body=b"an OVA")
    found = existing(resource, f"s3://{bucket}/ova/web.ova")
    written = s3_object.find_object(s3, bucket, "ova/web.ova")
    assert written is not None
    assert (found.bucket, found.key, found.etag, found.size_bytes) == (bucket, "ova/web.ova", written.etag, 6)
    assert existing(resource, f"s3://{bucket}/ova/gone.ova") is None


@pytest.mark.parametrize(
    ("resource", "id"),
    [
        ("ImportImage", "import-ami-0123456789abcdef0"),
        ("ImportSnapshot", "import-snap-0123456789abcdef0"),
        ("ExportImage", "export-ami-0123456789abcdef0"),
        ("InstanceExport", "export-i-0123456789abcdef0"),
        ("DirectSnapshot", "snap-0123456789abcdef0"),
        ("ImportWorkspaceImage", "wsi-0123456ab"),
        ("WorkspaceImagePermissions", "wsi-0123456ab"),
        ("WorkspaceBundle", "wsb-0123456ab"),
    ],
)
def test_fails_for_an_id_that_does_not_exist(existing: Any, resource: str, id: str) -> None:
    assert existing(resource, id) is None
