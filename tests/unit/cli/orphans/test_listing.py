"""What is listed of each kind, and who owns it."""

from typing import Any

import pytest

from pulumi_vmimport.lifecycle.identity import IDENTITY_METADATA
from pulumi_vmimport.resources.disk_image_upload import object_upload
from pulumi_vmimport.resources.virtual_machine_export import export_destination
from pulumi_vmimport.transfer.multipart_upload import MultipartUpload
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

BUCKET = "images-of-web"


def upload(s3: Any, key: str, **values: str) -> str:
    """A multipart upload as VirtualMachineExport begins it, unless values say another way; its URI."""
    checksum = {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT", **values}
    s3.create_multipart_upload(Bucket=BUCKET, Key=key, **checksum)
    return f"s3://{BUCKET}/{key}"


def test_a_completed_task_is_listed_by_its_results(
    owners: Any, begin_import: Any, end_imports: Any, export: Any
) -> None:
    task = begin_import()
    image, snapshot = end_imports(task)
    assert owners(export=export()) == {image: "orphan", snapshot: "orphan"}


def test_results_of_an_owned_task_are_owned(
    owners: Any, begin_import: Any, end_imports: Any, export: Any, in_state: Any
) -> None:
    task = begin_import()
    image, snapshot = end_imports(task)
    assert owners(export=export(in_state(task))) == {image: "owned", snapshot: "owned"}


def test_a_task_without_results_is_not_listed(owners: Any, begin_import: Any, end_imports: Any, ec2: Any) -> None:
    ec2.cancel_import_task(ImportTaskId=begin_import())
    image, _ = end_imports(begin_import())
    ec2.deregister_image(ImageId=image, DeleteAssociatedSnapshots=True)
    assert owners() == {}


def test_an_ami_is_recognized_by_its_tags_when_ec2_no_longer_lists_its_task(
    owners: Any, begin_import: Any, end_imports: Any, own_tags: Any, aws: AwsSandbox, ec2: Any, export: Any
) -> None:
    image, snapshot = end_imports(begin_import())
    ec2.create_tags(Resources=[image], Tags=own_tags())
    aws.clock.advance(8 * 86400)
    assert ec2.describe_import_image_tasks()["ImportImageTasks"] == []
    assert owners(export=export()) == {image: "unknown", snapshot: "unknown"}


def test_a_retained_ami_without_tags_is_not_listed(owners: Any, begin_import: Any, end_imports: Any, ec2: Any) -> None:
    task = begin_import()
    end_imports(task)
    ec2.delete_tags(Resources=[task], Tags=[])
    assert owners() == {}


def test_a_snapshot_without_an_ami_is_listed(owners: Any, ec2: Any, own_tags: Any, export: Any) -> None:
    volume = ec2.create_volume(Size=1, AvailabilityZone="eu-west-1a")["VolumeId"]
    tags = [{"ResourceType": "snapshot", "Tags": own_tags("EbsDirectSnapshot::data")}]
    snapshot = ec2.create_snapshot(VolumeId=volume, TagSpecifications=tags)["SnapshotId"]
    ec2.create_snapshot(VolumeId=volume)
    assert owners(export=export()) == {snapshot: "unknown"}


def test_a_workspaces_image_is_listed(
    owners: Any, begin_import: Any, end_imports: Any, own_tags: Any, aws: AwsSandbox, export: Any, in_state: Any
) -> None:
    ami, _ = end_imports(begin_import(tags=[]))
    about = {"Ec2ImageId": ami, "IngestionProcess": "BYOL_REGULAR_WSP", "ImageDescription": "a desktop"}
    workspaces = aws.observer("workspaces")
    tags = own_tags("ImportWorkspaceImage::web")
    image = workspaces.import_workspace_image(**about, ImageName="ours", Tags=tags)["ImageId"]
    workspaces.import_workspace_image(**about, ImageName="theirs")
    assert owners(export=export()) == {image: "orphan"}
    assert owners(export=export(in_state(image, "ImportWorkspaceImage::web"))) == {image: "owned"}


def test_an_upload_is_recognized_by_its_key_and_checksum(owners: Any, aws: AwsSandbox, export: Any) -> None:
    s3 = aws.observer("s3")
    orphan, other = upload(s3, "shop/dev/web.ova"), upload(s3, "shop/prod/web.ova")
    elsewhere, disk = upload(s3, "images/web.ova"), upload(s3, "images/web.VHDX")
    upload(s3, "shop/dev/web.iso")
    upload(s3, "shop/dev/other.ova", ChecksumAlgorithm="CRC64NVME")
    assert owners(export=export()) == {orphan: "orphan", other: "other stack", elsewhere: "unknown", disk: "unknown"}


def test_an_upload_is_owned_by_the_resource_with_its_key(
    owners: Any, aws: AwsSandbox, export: Any, in_state: Any
) -> None:
    s3 = aws.observer("s3")
    named, started = upload(s3, "web.ova"), upload(s3, "shop/dev/new.ova")
    creating = in_state(resource="VirtualMachineExport::new")
    creating["inputs"] |= {"bucket": BUCKET, "key": "shop/dev/new.ova"}
    of_stack = export(in_state(named, "VirtualMachineExport::web"), creating=[creating])
    assert owners(export=of_stack) == {named: "owned", started: "pending"}


def test_an_upload_of_a_transfer_is_listed_until_it_completes(owners: Any, aws: AwsSandbox, export: Any) -> None:
    started = MultipartUpload.start(aws.client("s3"), BUCKET, "shop/dev/web.ova", metadata={})
    started.send(1, b"an OVA")
    assert owners(export=export()) == {f"s3://{BUCKET}/shop/dev/web.ova": "orphan"}
    started.complete()
    assert owners(export=export()) == {}


def test_an_ova_is_listed_in_named_buckets_only_and_is_never_an_orphan(
    owners: Any, aws: AwsSandbox, export: Any, in_state: Any
) -> None:
    s3, mark = aws.observer("s3"), {IDENTITY_METADATA: "1" * 32}
    s3.put_object(Bucket=BUCKET, Key="shop/dev/web.ova", Metadata=mark)
    s3.put_object(Bucket=BUCKET, Key="web.vmdk", Metadata=mark)
    s3.put_object(Bucket=BUCKET, Key="shop/dev/theirs.ova")
    id, disk = f"s3://{BUCKET}/shop/dev/web.ova", f"s3://{BUCKET}/web.vmdk"
    look = ("--bucket", BUCKET)
    assert owners(export=export()) == {}
    assert owners(*look, export=export()) == {id: "unknown", disk: "unknown"}
    in_stack = [in_state(id, "VirtualMachineExport::web"), in_state(disk, "DiskImageUpload::web")]
    assert owners(*look, export=export(*in_stack)) == {id: "owned", disk: "owned"}


def test_the_resources_write_the_metadata_that_the_search_reads() -> None:
    for module in (export_destination, object_upload):
        assert vars(module)["IDENTITY_METADATA"] is IDENTITY_METADATA
    assert IDENTITY_METADATA == "vmimport-identity"  # existing objects carry this name


def test_a_copied_ami_with_copied_tags_is_not_listed(
    owners: Any, begin_import: Any, end_imports: Any, own_tags: Any, ec2: Any
) -> None:
    image, snapshot = end_imports(begin_import())
    ec2.create_tags(Resources=[image], Tags=own_tags())
    ec2.copy_image(SourceImageId=image, SourceRegion="eu-west-1", Name="kept", CopyImageTags=True)
    assert set(owners()) == {image, snapshot}


def test_an_interrupted_create_is_pending(owners: Any, begin_import: Any, export: Any, in_state: Any) -> None:
    task, other = begin_import(), begin_import("ImportImage::old")
    assert owners(export=export(creating=[in_state()])) == {task: "pending", other: "orphan"}


@pytest.mark.parametrize("denied", ["DescribeImportImageTasks", "DescribeImages", "DescribeSnapshots"])
def test_nothing_is_an_orphan_when_ec2_cannot_be_listed_completely(
    owners: Any, begin_import: Any, end_imports: Any, own_tags: Any, aws: AwsSandbox, ec2: Any, denied: str, export: Any
) -> None:
    image, snapshot = end_imports(begin_import())
    ec2.create_tags(Resources=[image, snapshot], Tags=own_tags())
    aws.faults.deny(denied)
    assert set(owners(export=export()).values()) == {"unknown"}
