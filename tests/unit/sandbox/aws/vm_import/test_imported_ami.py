from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account, Samples

    from pulumi_vmimport_sandbox.aws import AwsSandbox


def _image(account: Account, image_id: str) -> dict[str, Any]:
    image: dict[str, Any] = account.ec2.describe_images(ImageIds=[image_id])["Images"][0]
    return image


def test_describe_images_describes_the_imported_image(ready: Account, aws: AwsSandbox) -> None:
    completed_at = aws.clock.now() + aws.settings.import_seconds
    task = ready.imported(BootMode="uefi", Description="of the task")
    aws.clock.advance(1000)
    image = _image(ready, task["ImageId"])
    created = datetime.fromtimestamp(completed_at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    expected = {
        "Architecture": "x86_64",
        "BootMode": "uefi",
        "CreationDate": created,
        "Description": "AWS-VMImport service: Microsoft Windows 10",
        "EnaSupport": True,
        "ImageLocation": f"123456789012/{task['ImportTaskId']}",
        "Name": task["ImportTaskId"],
        "OwnerId": "123456789012",
        "Platform": "windows",
        "PlatformDetails": "Windows BYOL",
        "Public": False,
        "RootDeviceName": "/dev/sda1",
        "RootDeviceType": "ebs",
        "State": "available",
        "Tags": [],
        "UsageOperation": "RunInstances:0800",
        "VirtualizationType": "hvm",
    }
    assert {name: image.get(name) for name in expected} == expected


def test_each_volume_has_its_size_and_snapshot(ready: Account, samples: type[Samples]) -> None:
    ready.put("vm.ova", samples.ova(capacities=(70, 3, 2)))
    task = ready.imported()
    mappings = _image(ready, task["ImageId"])["BlockDeviceMappings"]
    assert [(m["DeviceName"], m["Ebs"]["VolumeSize"]) for m in mappings] == [
        ("/dev/sda1", 70),
        ("/dev/sdg", 3),
        ("/dev/sdh", 2),
    ]
    ids = [m["Ebs"]["SnapshotId"] for m in mappings]
    assert [d["SnapshotId"] for d in task["SnapshotDetails"]] == ids
    snapshots = ready.ec2.describe_snapshots(SnapshotIds=ids)["Snapshots"]
    assert sorted(s["VolumeSize"] for s in snapshots) == [2, 3, 70]
    assert {s["Description"] for s in snapshots} == {f"Created by AWS-VMImport service for {task['ImportTaskId']}"}


@pytest.mark.parametrize("way", ["requested", "default", "none"])
def test_volumes_are_encrypted_on_request_or_by_default(ready: Account, way: str) -> None:
    if way == "default":
        ready.ec2.enable_ebs_encryption_by_default()
    parameters: dict[str, Any] = {"Encrypted": True} if way == "requested" else {}
    [mapping] = _image(ready, ready.imported(**parameters)["ImageId"])["BlockDeviceMappings"]
    assert mapping["Ebs"]["Encrypted"] is (way != "none")


def test_a_completed_import_creates_its_image_without_a_describe_call(ready: Account, aws: AwsSandbox) -> None:
    ready.start()
    aws.clock.advance(aws.settings.import_seconds)
    assert len(ready.ec2.describe_images(Owners=["self"])["Images"]) == 1


def test_an_image_can_be_tagged_and_found_by_its_tag(ready: Account) -> None:
    image_id = ready.imported()["ImageId"]
    ready.ec2.create_tags(Resources=[image_id], Tags=[{"Key": "vmimport:identity", "Value": "x"}])
    found = ready.ec2.describe_images(Filters=[{"Name": "tag:vmimport:identity", "Values": ["x"]}])["Images"]
    assert [image["ImageId"] for image in found] == [image_id]


def test_description_and_permissions_can_be_changed(ready: Account) -> None:
    image_id = ready.imported()["ImageId"]
    modify = ready.ec2.modify_image_attribute
    modify(ImageId=image_id, Description={"Value": "mine"})
    assert _image(ready, image_id)["Description"] == "mine"
    modify(ImageId=image_id, Attribute="description", Value="")
    assert _image(ready, image_id).get("Description", "") == ""
    modify(ImageId=image_id, ImdsSupport={"Value": "v2.0"})
    assert _image(ready, image_id)["ImdsSupport"] == "v2.0"
    modify(ImageId=image_id, LaunchPermission={"Add": [{"UserId": "210987654321"}]})
    shown = ready.ec2.describe_image_attribute(ImageId=image_id, Attribute="launchPermission")
    assert shown["LaunchPermissions"] == [{"UserId": "210987654321"}]


@pytest.mark.parametrize("deregistered", [True, False])
def test_fails_to_change_an_image_that_does_not_exist(ready: Account, deregistered: bool) -> None:
    image_id, code = "ami-0123456789abcdef0", "InvalidAMIID.NotFound"
    if deregistered:
        image_id, code = ready.imported()["ImageId"], "InvalidAMIID.Unavailable"
        ready.ec2.deregister_image(ImageId=image_id)
    modify, describe = ready.ec2.modify_image_attribute, ready.ec2.describe_image_attribute
    assert ready.refused(modify, ImageId=image_id, Description={"Value": "d"})[0] == code
    assert ready.refused(describe, ImageId=image_id, Attribute="launchPermission")[0] == code
    tags = [{"Key": "k", "Value": "v"}]
    assert ready.refused(ready.ec2.create_tags, Resources=[image_id], Tags=tags)[0] == "InvalidAMIID.NotFound"


def test_deregistering_keeps_the_snapshots(ready: Account, aws: AwsSandbox) -> None:
    task = ready.imported()
    assert "DeleteSnapshotResults" not in ready.ec2.deregister_image(ImageId=task["ImageId"])
    snapshot_id = task["SnapshotDetails"][0]["SnapshotId"]
    assert [line for line in aws.remaining_resources() if line.startswith("ec2")] == [
        f"ec2 eu-west-1 snapshot {snapshot_id} (Created by AWS-VMImport service for {task['ImportTaskId']})"
    ]
    ready.ec2.delete_snapshot(SnapshotId=snapshot_id)


def test_deregistering_deletes_the_snapshots_on_request(
    ready: Account, aws: AwsSandbox, samples: type[Samples]
) -> None:
    ready.put("vm.ova", samples.ova(capacities=(1, 2)))
    task = ready.imported()
    answer = ready.ec2.deregister_image(ImageId=task["ImageId"], DeleteAssociatedSnapshots=True)
    assert answer["DeleteSnapshotResults"] == [
        {"SnapshotId": d["SnapshotId"], "ReturnCode": "success"} for d in task["SnapshotDetails"]
    ]
    assert [line for line in aws.remaining_resources() if line.startswith("ec2")] == []


def test_a_dry_run_deregisters_nothing(ready: Account) -> None:
    image_id = ready.imported()["ImageId"]
    code, _ = ready.refused(ready.ec2.deregister_image, ImageId=image_id, DryRun=True)
    assert (code, _image(ready, image_id)["State"]) == ("DryRunOperation", "available")


def test_fails_to_delete_a_snapshot_of_an_image(ready: Account, samples: type[Samples]) -> None:
    ready.put("vm.ova", samples.ova(capacities=(1, 2)))
    for detail in ready.imported()["SnapshotDetails"]:
        code, _ = ready.refused(ready.ec2.delete_snapshot, SnapshotId=detail["SnapshotId"])
        assert code == "InvalidSnapshot.InUse"


def test_a_deregistered_image_gives_an_empty_list_and_later_an_error(ready: Account, aws: AwsSandbox) -> None:
    image_id = ready.imported()["ImageId"]
    ready.ec2.deregister_image(ImageId=image_id)
    assert ready.ec2.describe_images(ImageIds=[image_id])["Images"] == []
    aws.clock.advance(aws.settings.deregistered_image_seconds)
    assert ready.refused(ready.ec2.describe_images, ImageIds=[image_id])[0] == "InvalidAMIID.NotFound"


def test_fails_to_deregister_twice(ready: Account) -> None:
    image_id = ready.imported()["ImageId"]
    ready.ec2.deregister_image(ImageId=image_id)
    assert ready.refused(ready.ec2.deregister_image, ImageId=image_id)[0] == "InvalidAMIID.Unavailable"
    assert ready.refused(ready.ec2.deregister_image, ImageId="ami-0123456789abcdef0")[0] == "InvalidAMIID.NotFound"


def test_a_task_outlives_its_image(ready: Account) -> None:
    task = ready.imported()
    ready.ec2.deregister_image(ImageId=task["ImageId"], DeleteAssociatedSnapshots=True)
    assert ready.task(task["ImportTaskId"])["ImageId"] == task["ImageId"]
    assert ready.ec2.describe_images(Owners=["self"])["Images"] == []
